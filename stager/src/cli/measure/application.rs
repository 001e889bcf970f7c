//! An application: staged, measured, its profile beside it.

use buildpacks::application::Application;

use super::super::Failure;
use super::super::args::ChoiceArgs;
use super::super::environment::Environment;
use super::super::problem::{Code, Problem};
use super::super::settings;
use super::{Archive, MeasureArgs, Outcome, Session};
use crate::image::MediaTypes;
use crate::layer::Compression;
use crate::measure::LeastLimits;
use crate::pipeline;
use crate::profile;
use crate::report::Silent;
use crate::settings::StageSettings;

/// The application changed while it was measured.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` was changed while it was measured; nothing was stored")]
struct Changed(String);

impl Problem for Changed {
    fn code(&self) -> Code {
        Code::InputChanged
    }
}

pub(super) fn measure(args: &MeasureArgs, environment: &Environment, session: &Session) -> Result<Outcome, Failure> {
    let place = match &args.choice.memory_profile {
        None => Some(profile::beside(&args.measured)),
        Some(path) if path.as_os_str() == "none" => None,
        Some(path) => Some(path.clone()),
    };
    let identity = || -> Result<String, Failure> { Ok(Application::open(&args.measured)?.identity()?) };
    let before = identity()?;
    let archive = Archive::new()?;
    // What it needs is to be seen, not what an earlier measurement lets it have.
    let choice = ChoiceArgs { memory_profile: Some("none".into()), ..args.choice.clone() };
    let settings = StageSettings {
        plan: settings::for_plan(args.measured.clone(), &choice, &args.cache, environment)?,
        outputs: vec![archive.sink.clone()],
        compression: Compression::default(),
        media_types: MediaTypes::default(),
        created: settings::created(environment)?,
        expected: None,
        threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    };
    session.tell("staging ...");
    pipeline::stage(&settings, &Silent)?;
    let plan = pipeline::plan(&settings.plan)?;
    let measured = session.measure(&archive.sink, &archive.open()?)?;
    if identity()? != before {
        return Err(Changed(args.measured.display().to_string()).into());
    }
    let profile = measured.profile();
    if let Some(place) = &place {
        profile::write(place, &before, &profile)?;
    }
    let least_limits = LeastLimits::of(&plan.memory, &profile);
    let name = args.measured.display().to_string();
    Ok(Outcome::new(
        name,
        &session.measuring,
        measured,
        place.map(|place| place.display().to_string()),
        Some(least_limits),
    ))
}
