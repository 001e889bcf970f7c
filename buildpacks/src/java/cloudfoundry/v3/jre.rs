//! The Java runtime: its archive, files of the buildpack beside it, the memory calculator.

use super::archive::{self, Unpack};
use super::memory::Memory;
use super::phase::Phase;
use super::repository::Item;
use super::settings::Settings;
use super::staging::{Failure, Work};
use super::{class_name, duration};
use crate::java::cloudfoundry::deposit::Unpacked;

/// What detection calls every runtime.
const TAG: &str = "open-jdk-like-jre";
/// Runtimes that are installed alike.
const CLASSES: [&str; 2] = ["OpenJdkJRE", "OracleJRE"];
/// Ends a virtual machine that has run out of memory.
const KILL: &str = "bin/killjava.sh";
/// Ours, where the buildpack's folder brings none.
const OWN_KILL: &str = include_str!("killjava.sh");

/// A kind of runtime.
#[derive(Debug)]
pub(super) struct Jre {
    name: String,
    id: String,
    settings: Settings,
    memory: Memory,
}

/// A runtime that has been chosen.
#[derive(Debug)]
pub(super) struct Chosen<'j> {
    jre: &'j Jre,
    item: Item,
}

impl Jre {
    /// The runtime of a class that the settings name.
    pub(super) fn of(phase: &Phase<'_>, class: &str) -> Result<Self, Failure> {
        if !CLASSES.contains(&class.rsplit("::").next().unwrap_or_default()) {
            return Err(Failure(format!("`{class}` is not built in: of runtimes, {} are", CLASSES.join(" and "))));
        }
        let id = class_name::snaked(class);
        let settings = phase.settings(&id)?;
        let memory = Memory::find(phase, &id, settings.part("memory_calculator"))?;
        Ok(Self { name: class_name::spaced(class), settings: settings.part("jre"), memory, id })
    }

    /// For people.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Looks it up in its repository.
    pub(super) fn choose(&self, phase: &Phase<'_>) -> Result<Chosen<'_>, Failure> {
        Ok(Chosen { jre: self, item: phase.item(&self.name, &self.settings)? })
    }

    /// Where it lies, below the application's folder.
    fn folder(&self) -> String {
        format!(".java-buildpack/{}", self.id)
    }
}

impl Chosen<'_> {
    /// What detection says of it.
    pub(super) fn tags(&self) -> impl Iterator<Item = String> {
        std::iter::once(format!("{TAG}={}", self.item.version.as_str())).chain(self.jre.memory.tag())
    }

    /// Where `java` lies, as the start command names it.
    pub(super) fn program(&self, work: &Work) -> String {
        format!("{}/bin/java", work.layout.command(&work.layout.join(&self.jre.folder())))
    }

    /// Installs it.
    pub(super) fn compile(&self, phase: &Phase<'_>, work: &mut Work) -> Result<(), Failure> {
        let (Jre { name, id, memory, .. }, folder) = (self.jre, self.jre.folder());
        let path = phase.download(name, &self.item)?;
        let clock = phase.staging.clock;
        let start = clock();
        let dependency = archive::resolve(id, &self.item, &path, Unpack::WithoutTop)?;
        let at = work.layout.entry(&work.layout.join(&folder)).map_err(|error| Failure(error.to_string()))?;
        work.deposit.app.archives.push(Unpacked { at, dependency });
        let time = duration::text(clock().saturating_sub(start));
        phase.staging.log.info(&format!("Expanding {name} to {folder} ({time})"));
        work.deposit.app.files.script(&format!("{folder}/{KILL}"), OWN_KILL);
        phase.copy_resources(id, work)?;
        memory.compile(phase, work, &self.item.version)
    }

    /// Adds its options.
    pub(super) fn release(&self, work: &mut Work) {
        let kill = work.layout.command(&work.layout.join(&format!("{}/{KILL}", self.jre.folder())));
        work.java_opts.extend(["-Djava.io.tmpdir=$TMPDIR".to_owned(), format!("-XX:OnOutOfMemoryError={kill}")]);
        work.java_opts.extend(self.jre.memory.option().map(str::to_owned));
    }

    /// The part of the start command that calculates memory, where something does: once all options are known.
    pub(super) fn memory_command(&self, phase: &Phase<'_>, work: &Work) -> Result<Option<String>, Failure> {
        self.jre.memory.command(phase, work, &self.item.version)
    }
}
