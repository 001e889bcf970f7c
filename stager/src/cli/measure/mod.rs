//! `stage measure APP|IMAGE`.

mod application;
mod args;
mod image;
mod print;

use crate::image::Image;
use crate::image::base::{Base, BaseChoice, BaseRequest, HostRoot, Platform};
use crate::measure::{self, Interruption, Measured, Measuring, Runner};
use crate::sink::Sink;

use super::environment::Environment;
use super::problem::{Code, Place, Problem};
use super::{Failure, Reply, Schema, printer};
pub(super) use args::{MeasureArgs, image_named};
pub(super) use print::Outcome;

/// Name of the image while it is measured: nobody else's.
fn temporary_name() -> String {
    format!("stage-measure-{}", std::process::id())
}

pub(super) fn run(args: &MeasureArgs, environment: &Environment) -> Result<Reply, Failure> {
    let interruption = Interruption::watch()?;
    let image = args.image()?;
    let (runner, note) = args.runner(environment)?;
    let measuring = Measuring {
        runner,
        limit: args.limit.bytes,
        environment: args.env.clone(),
        load: args.load(),
        ready_within: args.ready_within(),
    };
    let session = Session { measuring, interruption, is_quiet: args.print.quiet };
    if let Some(note) = note {
        session.tell(note);
    }
    let outcome = match image {
        Some(name) => image::measure(name, &session)?,
        None => application::measure(args, environment, &session)?,
    };
    outcome.warnings().for_each(|warning| printer::note(format_args!("warning: {warning}")));
    let text = outcome.human();
    Reply::new(Schema::Measure, &outcome, text)
}

/// How to measure, and whom to tell.
struct Session {
    measuring: Measuring,
    interruption: Interruption,
    is_quiet: bool,
}

impl Session {
    fn tell(&self, text: &str) {
        if !self.is_quiet {
            printer::note(text);
        }
    }

    /// Runs the image in the archive.
    fn measure(&self, archive: &Sink, image: &Base) -> Result<Measured, Failure> {
        self.tell(&match &self.measuring.runner {
            Runner::Container(engine) => format!("starting it in a container of {} ...", engine.name()),
            Runner::Process => "starting it ...".to_owned(),
        });
        let tell = |text: String| self.tell(&text);
        Ok(measure::measure(archive.path(), image, &self.measuring, &self.interruption, &tell)?)
    }
}

/// There is no place for the image on its way.
#[derive(Debug, thiserror::Error)]
#[error("Could not make a temporary folder")]
struct TemporaryError(#[source] std::io::Error);

impl Problem for TemporaryError {
    fn code(&self) -> Code {
        Place::Temporary.code(&self.0)
    }
}

/// An archive of the image in a folder that lasts as long as the value.
struct Archive {
    sink: Sink,
    _folder: tempfile::TempDir,
}

impl Archive {
    fn new() -> Result<Self, TemporaryError> {
        let folder = tempfile::Builder::new().prefix("stage-measure-").tempdir().map_err(TemporaryError)?;
        let sink = Sink::OciArchive { path: folder.path().join("image.tar"), tag: temporary_name() };
        Ok(Self { sink, _folder: folder })
    }

    fn of(image: &Image) -> Result<Self, Failure> {
        let archive = Self::new()?;
        archive.sink.publish(image, None)?;
        Ok(archive)
    }

    fn open(&self) -> Result<Base, Failure> {
        open(&BaseChoice::OciArchive { file: self.sink.path().to_owned(), tag: None })
    }
}

fn open(choice: &BaseChoice) -> Result<Base, Failure> {
    let (host, platform) = (HostRoot::system(), Platform::default());
    Ok(crate::image::base::open(Some(choice), &BaseRequest { jre: &[], host: &host, platform: &platform })?)
}
