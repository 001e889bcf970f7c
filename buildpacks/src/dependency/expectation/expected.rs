//! What an id stands for.

use std::sync::Arc;

use super::found::{Found, sniffed};
use super::{Mismatch, is_vendors_runtime, place, vendor};
use crate::application::{Entry, Source};
use crate::dependency::jre::{self, JreFacts};
use crate::dependency::{Catalogue, Description, Format, Kind};

/// What a file is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// A Java runtime, of the vendor that the id stands for.
    Runtime,
    /// A Tomcat.
    Tomcat,
    /// A memory calculator, packed or as the program it is.
    Calculator,
    /// A native library that a JVM loads.
    Library,
    /// Something that a JVM loads when it starts: a jar, a native library, an archive of such.
    Agent,
    /// A jar.
    Jar,
    /// Whatever it is; a runtime is one if it is there.
    Anything,
    /// Whatever it is, as it is.
    AsItIs,
}

impl Expectation {
    /// What `id` stands for; `kind` is what was said of it.
    pub fn of(id: &str, kind: Option<Kind>, catalogue: &Catalogue) -> Self {
        if kind.is_some_and(|kind| kind != Kind::Jre) {
            return Self::AsItIs;
        }
        let listed = catalogue.of(id).next().map(|entry| entry.description.kind);
        match (id, kind.or(listed)) {
            ("jre", _) | (_, Some(Kind::Jre)) => Self::Runtime,
            _ if is_vendors_runtime(id) => Self::Runtime,
            ("tomcat", _) => Self::Tomcat,
            ("memory-calculator", _) => Self::Calculator,
            ("jvmkill", _) => Self::Library,
            (_, Some(Kind::Agent)) => Self::Agent,
            (_, Some(Kind::Library)) => Self::Jar,
            (_, Some(_)) => Self::AsItIs,
            (_, None) => Self::Anything,
        }
    }

    /// How the file is packed, where its name says nothing.
    pub(in crate::dependency) fn format(self, source: &Source, told: Format) -> Format {
        let is_packed = !matches!(self, Self::Library | Self::Agent | Self::Jar | Self::AsItIs);
        sniffed(source).filter(|_| is_packed && told == Format::File).unwrap_or(told)
    }

    /// Whether the file is what it should be, and in which of its folders; none where all of it is taken or `description`
    /// names a part.
    ///
    /// # Errors
    /// See [`Mismatch`].
    pub(in crate::dependency) fn locate(
        self,
        source: &Arc<Source>,
        entries: &[Entry],
        description: &Description,
        file: &str,
    ) -> Result<Option<String>, Mismatch> {
        if self == Self::AsItIs {
            return Ok(None);
        }
        let found = Found::of(source, entries, description.archive.format);
        let places = match (self, &found) {
            (Self::Runtime | Self::Anything, Found::Runtimes(folders)) | (Self::Tomcat, Found::Tomcats(folders)) => {
                folders
            }
            (Self::Anything, _)
            | (Self::Calculator, Found::Calculator | Found::Native)
            | (Self::Library, Found::Native | Found::Archive { is_of_jars: true, .. })
            | (Self::Agent, Found::Native | Found::Jar(None) | Found::Archive { is_of_jars: true, .. }) => {
                return Ok(None);
            }
            (Self::Jar, Found::Jar(id)) if id.is_none_or(|id| id == description.id) => return Ok(None),
            _ => return Err(self.mismatch(&found, description, file)),
        };
        let archive = &description.archive;
        if archive.prefix.is_some() || archive.strip > 0 {
            return Ok(None);
        }
        match &places[..] {
            [only] => Ok(Some(only.clone()).filter(|folder| !folder.is_empty())),
            _ => Err(Mismatch::Several { file: file.to_owned(), places: places.clone() }),
        }
    }

    /// Whether the runtime that was found is the one that `description` tells of; `entries` are its files.
    ///
    /// # Errors
    /// [`Mismatch::Other`] for another feature version or another vendor, and for one that does not say what it is.
    pub(in crate::dependency) fn check(
        self,
        facts: Option<&JreFacts>,
        entries: &[Entry],
        description: &Description,
        file: &str,
    ) -> Result<(), Mismatch> {
        let Some(facts) = facts.filter(|_| self != Self::AsItIs) else { return Ok(()) };
        let Description { id, version, .. } = description;
        let other = |expected: String, found: String, hint: Option<String>| {
            Err(Mismatch::Other { file: file.to_owned(), id: id.clone(), expected, found, hint })
        };
        if self == Self::Runtime && !place::has(entries, "", "release") {
            let found = "a runtime without the file `release`, which says what it is".to_owned();
            return other("`bin/java`, a class library and `release` in one folder".to_owned(), found, None);
        }
        let told = jre::feature(&version.clone().java());
        let (feature, of_itself) = (facts.feature, &facts.java_version);
        if told != feature {
            let hint = Some(format!("Say its own version: `--version {of_itself}`"));
            return other(
                format!("Java {told}, by its version {version}"),
                format!("Java {feature} ({of_itself})"),
                hint,
            );
        }
        let implementor = facts.implementor.as_deref().unwrap_or_default();
        match vendor::other_vendor(id, implementor) {
            Some(looks_like) => {
                let hint = Some(format!("It looks like `{looks_like}`: `--id {looks_like}`"));
                other(format!("a runtime of `{id}`"), format!("one by `{implementor}`"), hint)
            }
            None => Ok(()),
        }
    }

    fn mismatch(self, found: &Found, description: &Description, file: &str) -> Mismatch {
        let looks_like = found.id().filter(|id| *id != description.id);
        Mismatch::Other {
            file: file.to_owned(),
            id: description.id.clone(),
            expected: self.words().to_owned(),
            found: found.to_string(),
            hint: looks_like.map(|id| format!("It looks like `{id}`: `--id {id}`")),
        }
    }

    /// What it is, for people.
    fn words(self) -> &'static str {
        match self {
            Self::Runtime => {
                "an archive with `bin/java` and a class library (`lib/modules`, `lib/rt.jar`) in one folder"
            }
            Self::Tomcat => "an archive with `lib/catalina.jar`",
            Self::Calculator => "its program, or an archive with `java-buildpack-memory-calculator`",
            Self::Library => "a native library, or an archive with a `.so`",
            Self::Agent => "a jar, a native library, or an archive with one",
            Self::Jar => "its jar",
            Self::Anything | Self::AsItIs => "anything",
        }
    }
}
