//! The memory calculator: run at staging to show what comes of the limit, and again when the container starts.

use super::archive::{self, Unpack};
use super::class_name;
use super::phase::Phase;
use super::repository::Item;
use super::settings::Settings;
use super::staging::{Failure, Work};
use super::version::Version;
use crate::application::{Entry, EntryPath};
use memcalc::outcome::{Compat, Outcome};

pub(super) const CLASS: &str = "OpenJDKLikeMemoryCalculator";
/// The program's name in its archive.
const PROGRAM: &str = "java-buildpack-memory-calculator-linux";
/// The only line of the calculator that takes weights and is built in.
const MAJOR: &str = "2";
/// Switches of the calculator and the settings they hold.
const SWITCHES: [(&str, &str); 3] =
    [("memorySizes", "memory_sizes"), ("memoryWeights", "memory_heuristics"), ("memoryInitials", "memory_initials")];

/// The calculator of a runtime.
#[derive(Debug)]
pub(super) struct Calculator {
    item: Item,
    settings: Settings,
    /// The runtime's folder below `.java-buildpack`.
    id: String,
}

impl Calculator {
    /// Looks it up in its repository.
    pub(super) fn find(phase: &Phase<'_>, id: &str, settings: Settings) -> Result<Self, Failure> {
        let item = phase.item(&class_name::spaced(CLASS), &settings)?;
        Ok(Self { item, settings, id: id.to_owned() })
    }

    /// What detection says of it.
    pub(super) fn tag(&self) -> String {
        format!("{}={}", class_name::dashed(CLASS), self.item.version.as_str())
    }

    /// Installs the program beside the runtime and shows what it calculates for the limit of the staging.
    pub(super) fn compile(&self, phase: &Phase<'_>, work: &mut Work, java: &Version) -> Result<(), Failure> {
        let path = phase.download(&class_name::spaced(CLASS), &self.item)?;
        if self.item.version.major() != MAJOR {
            return Err(Failure(format!(
                "Memory calculator {} is not built in: {MAJOR}.x is",
                self.item.version.as_str()
            )));
        }
        let dependency = archive::resolve("memory_calculator", &self.item, &path, Unpack::AsIs)?;
        let refused =
            |reason: &dyn std::fmt::Display| Failure(format!("Could not unpack `{}`: {reason}", path.display()));
        let entries = dependency.open(phase.staging.scratch).map_err(|error| refused(&error))?;
        let program = entries.iter().find(|entry| entry.path.as_str() == PROGRAM).and_then(Entry::content);
        let program = program.ok_or_else(|| refused(&format!("there is no `{PROGRAM}` in it")))?;
        let bin = format!(".java-buildpack/{}/bin", self.id);
        for entry in entries.iter().filter(|entry| entry.path.as_str() != PROGRAM) {
            let name = EntryPath::new(&format!("{bin}/{}", entry.path)).map_err(|error| refused(&error))?;
            work.deposit.app.files.insert(name.as_str(), entry.kind.clone());
        }
        work.deposit.app.files.executable(&self.program(), program.clone());
        self.show(phase, work, java)
    }

    /// Where the program lies, below the application's folder.
    fn program(&self) -> String {
        format!(".java-buildpack/{}/bin/java-buildpack-memory-calculator-{}", self.id, self.item.version.as_str())
    }

    /// The first part of the start command.
    pub(super) fn command(&self, work: &Work, java: &Version) -> String {
        let program = work.layout.command(&work.layout.join(&self.program()));
        format!("CALCULATED_MEMORY=$({program} {} -totMemory=$MEMORY_LIMIT)", self.arguments(JavaLine::of(java)))
    }

    fn show(&self, phase: &Phase<'_>, work: &Work, java: &Version) -> Result<(), Failure> {
        let limit = phase.staging.variable("MEMORY_LIMIT").unwrap_or_default();
        let arguments = format!("{} -totMemory={limit}", self.arguments(JavaLine::of(java)));
        let words: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        let outcome = memcalc::v2::run(&work.layout.join(&self.program()), &words, Compat::Exact);
        show(phase, &self.id, limit, &outcome)
    }

    fn arguments(&self, java: JavaLine) -> String {
        let values = |part: &Settings| {
            let regions = part.iter().filter(|(region, _)| *region != java.region_it_lacks());
            regions.map(|(region, value)| format!("{region}:{value}")).collect::<Vec<_>>().join(",")
        };
        let mut arguments: Vec<String> =
            SWITCHES.iter().map(|(switch, part)| format!("-{switch}={}", values(&self.settings.part(part)))).collect();
        if self.settings.is_on("stack_threads") {
            let threads = self.settings.text("stack_threads").unwrap_or_default();
            arguments.push(format!("-stackThreads={threads}"));
        }
        arguments.join(" ")
    }
}

/// Shows what comes of the limit at staging.
pub(super) fn show(phase: &Phase<'_>, id: &str, limit: &str, outcome: &Outcome) -> Result<(), Failure> {
    let log = phase.staging.log;
    if !outcome.stderr.is_empty() {
        let newline = if outcome.stderr.ends_with('\n') { "" } else { "\n" };
        log.raw(&format!("       {}{newline}", outcome.stderr));
    }
    if outcome.code != 0 {
        return Err(Failure(format!(
            "The memory calculator failed for a limit of `{limit}`: give the application more memory, or change \
             `memory_calculator` in `JBP_CONFIG_{}`",
            id.to_uppercase()
        )));
    }
    log.raw(&format!("       Memory Settings: {}\n", outcome.stdout));
    Ok(())
}

/// Which memory regions a runtime has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JavaLine {
    /// Before Java 8.
    PermGen,
    /// From Java 8 on.
    Metaspace,
}

impl JavaLine {
    fn of(java: &Version) -> Self {
        if java.is_java_8_or_later() { Self::Metaspace } else { Self::PermGen }
    }

    fn region_it_lacks(self) -> &'static str {
        match self {
            Self::PermGen => "metaspace",
            Self::Metaspace => "permgen",
        }
    }
}
