//! What is known of a dependency: the catalogue says it, the cache keeps it beside the archive.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::redact::redact;
use super::{MavenCoordinates, Platform, Version};

/// What a dependency is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A Java runtime.
    Jre,
    /// A Java or native agent.
    Agent,
    /// A jar for the class path.
    Library,
    /// A server that runs applications.
    Container,
    /// Anything else.
    #[default]
    Tool,
}

/// How a dependency is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Format {
    /// A tar compressed with gzip.
    #[serde(rename = "tar.gz", alias = "tgz")]
    TarGz,
    /// A plain tar.
    #[serde(rename = "tar")]
    Tar,
    /// A zip, a wheel among them, used expanded.
    #[serde(rename = "zip")]
    Zip,
    /// A jar, used as the one file it is.
    #[serde(rename = "jar")]
    Jar,
    /// One file of any sort, used as it is.
    #[serde(rename = "file")]
    File,
}

/// How a dependency's files come out of its archive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Archive {
    /// How it is packed.
    pub format: Format,
    /// Only what lies below this folder of the archive is taken, without the folder. No `/` at either end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// How many leading folders are taken off; every entry must lie below one and the same.
    #[serde(default)]
    pub strip: u32,
    /// Name of the single file of a `jar` or `file`; `<id>-<version>.<extension>` when not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// What is known of a dependency, apart from its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Description {
    /// Its id, such as `openjdk`: letters, digits, `.`, `-`, `_`.
    pub id: String,
    /// Its name for people; the id when the catalogue gives none.
    pub name: String,
    /// What it is.
    #[serde(default)]
    pub kind: Kind,
    /// Its version.
    pub version: Version,
    /// Where it runs.
    #[serde(default)]
    pub platform: Platform,
    /// Where it is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its Maven coordinates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maven: Option<MavenCoordinates>,
    /// How it was made, when it is not published anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Its licence as an SPDX expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// How its files come out of the archive.
    pub archive: Archive,
}

impl Kind {
    /// As written in a catalogue.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jre => "jre",
            Self::Agent => "agent",
            Self::Library => "library",
            Self::Container => "container",
            Self::Tool => "tool",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Format {
    /// The format a file name tells: `.tar.gz`, `.tgz`, `.tar`, `.zip`, `.whl`, `.jar`; else a single file.
    pub fn of_file_name(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        if ends(&[".tar.gz", ".tgz"]) {
            Self::TarGz
        } else if ends(&[".tar"]) {
            Self::Tar
        } else if ends(&[".zip", ".whl"]) {
            Self::Zip
        } else if ends(&[".jar"]) {
            Self::Jar
        } else {
            Self::File
        }
    }

    /// As written in a catalogue.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TarGz => "tar.gz",
            Self::Tar => "tar",
            Self::Zip => "zip",
            Self::Jar => "jar",
            Self::File => "file",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is not a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a format: `tar.gz`, `tar`, `zip`, `jar` or `file`")]
pub struct FormatError(String);

impl FromStr for Format {
    type Err = FormatError;
    fn from_str(text: &str) -> Result<Self, FormatError> {
        [Self::TarGz, Self::Tar, Self::Zip, Self::Jar, Self::File]
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| FormatError(text.to_owned()))
    }
}

impl Archive {
    /// A plain archive in `format`.
    pub fn new(format: Format) -> Self {
        Self { format, prefix: None, strip: 0, file: None }
    }
}

impl Description {
    /// The description of a file at hand: a `kind` called `id` in `version`, in the format its name tells.
    pub fn new(id: &str, version: Version, kind: Kind, archive: Archive) -> Self {
        let version = if kind == Kind::Jre { version.java() } else { version };
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            kind,
            version,
            platform: Platform::default(),
            uri: None,
            maven: None,
            note: None,
            licence: None,
            archive,
        }
    }

    /// Whether `id` can be a dependency's: a letter, then letters, digits, `.`, `-`, `_`.
    pub fn is_id(id: &str) -> bool {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
        id.starts_with(|c: char| c.is_ascii_alphabetic()) && id.bytes().all(plain)
    }

    /// `id@version`, as commands take it.
    pub fn coordinates(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// Where it comes from: its URI without credentials, else its Maven coordinates, else how it was made.
    pub fn origin(&self) -> String {
        match (&self.uri, &self.maven, &self.note) {
            (Some(uri), _, _) => redact(uri),
            (None, Some(maven), _) => maven.to_string(),
            (None, None, Some(note)) => note.clone(),
            (None, None, None) => "added from a file".into(),
        }
    }

    /// The name of the single file of a `jar` or `file`.
    pub fn file_name(&self) -> String {
        if let Some(file) = &self.archive.file {
            return file.clone();
        }
        let extension = match self.archive.format {
            Format::Jar => Some("jar".to_owned()),
            _ => self.uri.as_deref().and_then(extension),
        };
        match extension {
            Some(extension) => format!("{}-{}.{extension}", self.id, self.version),
            None => format!("{}-{}", self.id, self.version),
        }
    }

    /// The same without credentials in the URI.
    #[must_use]
    pub(super) fn redacted(mut self) -> Self {
        self.uri = self.uri.map(|uri| redact(&uri));
        self
    }
}

/// What stands behind the last dot of a URI's last part.
fn extension(uri: &str) -> Option<String> {
    let name = redact(uri).split('?').next()?.rsplit('/').next()?.to_owned();
    let (stem, extension) = name.rsplit_once('.')?;
    let plain = extension.len() <= 5 && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    (plain && !stem.is_empty()).then(|| extension.to_owned())
}
