//! Runs an image once, under load, and tells what its JVM used: the profile that memory is sized by.
//!
//! The flow: `runner` starts it, `ready` waits until it answers, `observed` asks JVM and kernel, `load` works on it,
//! `observed` asks again. What was seen most becomes the [`Profile`].

mod agents;
mod error;
mod interruption;
mod jvm;
mod least_limit;
mod load;
mod observed;
mod process_facts;
mod ready;
pub mod runner;

use std::path::Path;
use std::time::Duration;

use memcalc::fit::Profile;
use schemars::JsonSchema;
use serde::Serialize;

pub use error::MeasureError;
pub use interruption::Interruption;
pub use least_limit::LeastLimits;
pub use load::{Answers, Load};
pub use observed::Observed;

use crate::image::base::Base;
pub use jvm::AttachError;
use jvm::Jvm;
use process_facts::ProcessFacts;
use runner::{Container, Engine, Process, Running, Start};

/// Where it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runner {
    /// In a container.
    Container(Engine),
    /// As a process of this machine; nothing enforces the limit then.
    Process,
}

/// How to measure.
#[derive(Clone, Debug)]
pub struct Measuring {
    /// Where it runs.
    pub runner: Runner,
    /// Memory limit, bytes.
    pub limit: i64,
    /// Environment beside the image's own; `JAVA_TOOL_OPTIONS` is added to.
    pub environment: Vec<(String, String)>,
    /// What is put on it.
    pub load: Load,
    /// How long it may take to start.
    pub ready_within: Duration,
}

/// What was seen.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Measured {
    /// Seconds from its start until it was ready.
    pub ready_seconds: f64,
    /// The port it listens on; none for an application without.
    pub port: Option<u16>,
    /// How requests were answered; none with a load command or without port.
    pub answers: Option<Answers>,
    /// When it was ready.
    pub start: Observed,
    /// After the load.
    pub loaded: Observed,
    /// Heap in use after a full collection, bytes.
    pub live_heap: i64,
    /// Feature release of Java.
    pub java: i64,
    /// Bytes of the agents that are not the image's.
    pub agents: i64,
}

impl Measured {
    /// The most that was seen of everything.
    pub fn profile(&self) -> Profile {
        let most = |of: fn(&Observed) -> i64| of(&self.start).max(of(&self.loaded));
        let native = most(|seen| seen.native);
        let without_compilers = most(|seen| seen.native - seen.compilers.unwrap_or(0));
        Profile {
            java: self.java,
            classes: most(|seen| seen.classes),
            metaspace: most(|seen| seen.metaspace),
            code: most(|seen| seen.code),
            live: self.live_heap,
            direct: most(|seen| seen.direct),
            threads: most(|seen| seen.threads),
            stacks: most(|seen| seen.stacks),
            native,
            files: most(|seen| seen.files),
            compiler: self.loaded.compilers.map(|_| native - without_compilers),
            agents: self.agents,
        }
    }
}

/// Tracking of native memory, which costs some percent of speed.
const TRACKING: &str = "-XX:NativeMemoryTracking=summary";
/// What is held softly lives no longer than it is in use, as in a small heap; the plenty of this one would keep it. Comes
/// first, for an option of the user's to win.
const NO_CACHES: &str = "-XX:SoftRefLRUPolicyMSPerMB=1";

/// Runs the image in the OCI archive and measures it. `tell` hears how it goes on.
///
/// # Errors
/// [`MeasureError`]. Nothing that was started is left.
pub fn measure(
    archive: &Path,
    image: &Base,
    measuring: &Measuring,
    interruption: &Interruption,
    tell: &dyn Fn(String),
) -> Result<Measured, MeasureError> {
    if interruption.came() {
        return Err(MeasureError::Interrupted);
    }
    let start = Start { limit: measuring.limit, environment: environment(measuring, image)? };
    let running = match &measuring.runner {
        Runner::Container(engine) => Running::Container(Container::start(engine, archive, &start)?),
        Runner::Process => Running::Process(Process::start(image, &start)?),
    };
    let ready = ready::wait(&running, measuring.ready_within, interruption)?;
    let port = ready.port;
    let at = port.map_or_else(|| "it listens on no port".to_owned(), |port| format!("port {port}"));
    tell(format!("ready after {:.1} s ({at})", ready.seconds));
    let jvm = Jvm::attach(ready.process.pid())?;
    let start = Observed::of(ready.process, &jvm)?;
    let agents = agents::bytes(&running, ready.process);
    let answers = work(measuring, &running, ready.process, port, interruption, tell)?;
    let gone = |error| ended(&running, interruption).unwrap_or(error);
    let loaded = Observed::of(ready.process, &jvm).map_err(gone)?;
    // The first says when everything was used last, by which the second tells what is held softly and not in use.
    jvm.ask("GC.run")?;
    jvm.ask("GC.run")?;
    let heap_info = jvm.ask("GC.heap_info")?;
    let live_heap =
        jvm::used_heap(&heap_info).ok_or(MeasureError::Unknown { what: "GC.heap_info", said: heap_info })?;
    let version = jvm.ask("VM.version")?;
    let java = jvm::feature(&version).ok_or(MeasureError::Unknown { what: "VM.version", said: version })?;
    if interruption.came() {
        return Err(MeasureError::Interrupted);
    }
    Ok(Measured { ready_seconds: ready.seconds, port, answers, start, loaded, live_heap, java, agents })
}

/// The user's variables, a free port for applications that take one, and our options beside those of the image.
fn environment(measuring: &Measuring, image: &Base) -> Result<Vec<(String, String)>, MeasureError> {
    let mut variables = measuring.environment.clone();
    if variables.iter().all(|(name, _)| name != "PORT") {
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        variables.push(("PORT".to_owned(), free.map_err(MeasureError::Port)?.port().to_string()));
    }
    if let Some((_, options)) = variables.iter_mut().find(|(name, _)| name == "JAVA_TOOL_OPTIONS") {
        *options = format!("{NO_CACHES} {options} {TRACKING}");
    } else {
        let of_image = image.config["config"]["Env"].as_array().into_iter().flatten();
        let of_image = of_image.filter_map(|entry| entry.as_str()?.strip_prefix("JAVA_TOOL_OPTIONS="));
        let options = [NO_CACHES].into_iter().chain(of_image).chain([TRACKING]).collect::<Vec<_>>().join(" ");
        variables.push(("JAVA_TOOL_OPTIONS".to_owned(), options));
    }
    Ok(variables)
}

/// Puts the load on it.
fn work(
    measuring: &Measuring,
    running: &Running,
    process: ProcessFacts,
    port: Option<u16>,
    interruption: &Interruption,
    tell: &dyn Fn(String),
) -> Result<Option<Answers>, MeasureError> {
    let answers = match (&measuring.load, port) {
        (Load::Command(command), _) => {
            tell(format!("load: {command}"));
            let goes_on = || !interruption.came() && runner::is_alive(process.pid());
            let status = load::run_command(command, port, goes_on).map_err(MeasureError::LoadStart)?;
            if let Some(status) = status.filter(|status| !status.success()) {
                return Err(
                    ended(running, interruption).unwrap_or(MeasureError::Load { command: command.clone(), status })
                );
            }
            None
        }
        (Load::Requests { paths, connections, time }, Some(port)) => {
            tell(format!("load: {connections} connections for {} s", time.as_secs()));
            let runs = || runner::is_alive(process.pid());
            Some(load::request(port, (paths, *connections, *time), interruption, runs))
        }
        (Load::Requests { time, .. }, None) => {
            tell(format!("watching it for {} s", time.as_secs()));
            ready::idle(*time, interruption, || runner::is_alive(process.pid()));
            None
        }
    };
    if let Some(error) = ended(running, interruption) {
        return Err(error);
    }
    match &answers {
        Some(seen) if seen.answered == 0 || seen.failed > seen.answered / 100 => {
            Err(MeasureError::Failing { answers: seen.clone(), log: running.log() })
        }
        _ => Ok(answers),
    }
}

/// Why there is nothing more to see, if it has ended or the user wants no more.
fn ended(running: &Running, interruption: &Interruption) -> Option<MeasureError> {
    if interruption.came() {
        return Some(MeasureError::Interrupted);
    }
    running.ended().map(|ended| MeasureError::Ended { ended, log: running.log() })
}
