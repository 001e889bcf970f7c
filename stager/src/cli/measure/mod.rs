//! `stage measure APP|IMAGE`.

mod application;
mod args;
mod image;
mod print;

use crate::image::Image;
use crate::image::base::{Base, BaseChoice, BaseRequest, HostRoot, Platform};
use crate::measure::{self, Interruption, Measured, Measuring, Runner};
use crate::sink::{Sink, SinkError};

use super::environment::Environment;
use super::{Failure, printer};
pub(super) use args::MeasureArgs;
use print::Outcome;

/// Name of the image while it is measured: nobody else's.
fn temporary_name() -> String {
    format!("stage-measure-{}", std::process::id())
}

pub(super) fn run(args: &MeasureArgs, environment: &Environment) -> Result<(), Failure> {
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
    if args.print.json {
        printer::json(&outcome)?;
    } else if !args.print.quiet {
        printer::data(&outcome.human())?;
    }
    Ok(())
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
        measure::measure(archive.path(), image, &self.measuring, &self.interruption, &tell)
            .map_err(|error| Failure { hint: error.hint().map(str::to_owned), ..error.into() })
    }
}

/// An archive of the image in a folder that lasts as long as the value.
struct Archive {
    sink: Sink,
    _folder: tempfile::TempDir,
}

impl Archive {
    fn new() -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("stage-measure-").tempdir()?;
        let sink = Sink::OciArchive { path: folder.path().join("image.tar"), tag: temporary_name() };
        Ok(Self { sink, _folder: folder })
    }

    fn of(image: &Image) -> Result<Self, Failure> {
        let archive = Self::new()?;
        archive.sink.publish(image, None).map_err(|error: SinkError| Failure::from(error))?;
        Ok(archive)
    }

    fn open(&self) -> Result<Base, Failure> {
        open(&BaseChoice::OciArchive { file: self.sink.path().to_owned(), tag: None })
    }
}

fn open(choice: &BaseChoice) -> Result<Base, Failure> {
    let (host, platform) = (HostRoot::system(), Platform::default());
    crate::image::base::open(Some(choice), &BaseRequest { jre: &[], host: &host, platform: &platform })
        .map_err(|error| Failure { hint: error.hint(), ..error.into() })
}
