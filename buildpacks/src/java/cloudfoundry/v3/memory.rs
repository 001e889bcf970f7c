//! How a runtime's memory is sized: by the generation's calculator, by one that is chosen by name, or not at all.

use memcalc::limit::Read;
use memcalc::named::{self, Machine};

use super::calculator::{self, Calculator};
use super::class_name;
use super::phase::Phase;
use super::settings::Settings;
use super::staging::{Failure, Work};
use super::version::Version;
use crate::java::cloudfoundry::named_calculator::{self, NamedCalculator};

/// What is calculated, among the options.
const CALCULATED: &str = "$CALCULATED_MEMORY";

/// Who sizes it.
#[derive(Debug)]
pub(super) enum Memory {
    /// The calculator that the buildpack brings.
    Own(Calculator),
    /// One of our own.
    Named {
        /// Which one.
        calculator: memcalc::Calculator,
        /// The settings of the buildpack's.
        settings: Settings,
        /// The runtime's folder below `.java-buildpack`.
        id: String,
    },
    /// Nobody: the virtual machine decides.
    Off,
}

impl Memory {
    /// What the staging's variables choose; the buildpack's own is looked up in its repository.
    pub(super) fn find(phase: &Phase<'_>, id: &str, settings: Settings) -> Result<Self, Failure> {
        let chosen = named_calculator::chosen(phase.staging.environment, memcalc::Calculator::V2).map_err(Failure)?;
        Ok(match chosen {
            None => Self::Own(Calculator::find(phase, id, settings)?),
            Some(memcalc::Calculator::Off) => Self::Off,
            Some(calculator) => Self::Named { calculator, settings, id: id.to_owned() },
        })
    }

    /// What detection says of it.
    pub(super) fn tag(&self) -> Option<String> {
        match self {
            Self::Own(calculator) => Some(calculator.tag()),
            Self::Named { calculator, .. } => Some(format!("{}={calculator}", class_name::dashed(calculator::CLASS))),
            Self::Off => None,
        }
    }

    /// Installs the program beside the runtime and shows what it calculates for the limit of the staging.
    pub(super) fn compile(&self, phase: &Phase<'_>, work: &mut Work, java: &Version) -> Result<(), Failure> {
        match self {
            Self::Own(calculator) => calculator.compile(phase, work, java),
            Self::Named { calculator, settings, id } => {
                if !java.is_java_8_or_later() {
                    return Err(Failure(format!(
                        "The memory calculator {calculator} is for Java 8 and later, and this is Java {}",
                        java.as_str()
                    )));
                }
                let named = given(phase, *calculator, settings, java)?;
                let program = phase.staging.programs.javaexec.clone();
                work.deposit.app.files.executable(&place(id, &named), program);
                let limit = phase.staging.variable("MEMORY_LIMIT").unwrap_or_default();
                let words: Vec<String> = named.arguments(limit).split_whitespace().map(str::to_owned).collect();
                let path = work.layout.join(&place(id, &named));
                // The limit is that of the application, whatever limits staging.
                let machine = Machine { read: &|_| Read::Missing, size_of: &|_| None };
                calculator::show(phase, id, limit, &named::run(*calculator, &path, &words, machine))
            }
            Self::Off => Ok(()),
        }
    }

    /// What stands among the options for what is calculated.
    pub(super) fn option(&self) -> Option<&'static str> {
        (!matches!(self, Self::Off)).then_some(CALCULATED)
    }

    /// The first part of the start command; `work` has the options that the command gives.
    pub(super) fn command(&self, phase: &Phase<'_>, work: &Work, java: &Version) -> Result<Option<String>, Failure> {
        match self {
            Self::Own(calculator) => Ok(Some(calculator.command(work, java))),
            Self::Named { calculator, settings, id } => {
                let named = given(phase, *calculator, settings, java)?;
                let program = work.layout.command(&work.layout.join(&place(id, &named)));
                let arguments = named.arguments("$MEMORY_LIMIT");
                let options: Vec<&str> =
                    work.java_opts.iter().map(String::as_str).filter(|option| *option != CALCULATED).collect();
                // As they stand in the command itself, in the same quotes.
                let options = options.join(" ");
                Ok(Some(format!("CALCULATED_MEMORY=$({program} {arguments} --jvm-options=\"{options}\")")))
            }
            Self::Off => Ok(None),
        }
    }
}

fn given(
    phase: &Phase<'_>,
    calculator: memcalc::Calculator,
    settings: &Settings,
    java: &Version,
) -> Result<NamedCalculator, Failure> {
    let java = java.feature();
    let (classes, loaded) = NamedCalculator::counts(phase.staging.bits, java);
    let threads = settings.text("stack_threads").filter(|_| settings.is_on("stack_threads"));
    let threads = threads.unwrap_or_else(|| memcalc::libjvm::DEFAULT_THREADS.to_string());
    if threads.parse::<u32>().is_err() {
        return Err(Failure(format!("`stack_threads` is no number of threads: `{threads}`")));
    }
    let likely = NamedCalculator::likely(calculator, phase.staging.bits);
    Ok(NamedCalculator { calculator, classes: Some(classes), likely, loaded, threads, head_room: 0, java })
}

/// Where the program lies, below the application's folder.
fn place(id: &str, named: &NamedCalculator) -> String {
    format!(".java-buildpack/{id}/bin/{}", named.program())
}
