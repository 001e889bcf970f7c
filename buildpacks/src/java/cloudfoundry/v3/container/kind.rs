//! The kinds of containers.

use super::super::class_name;
use super::super::phase::Phase;
use super::super::staging::{Failure, Work};
use super::java_main::{self, JavaMain};
use super::{distribution, groovy};

/// A container.
#[derive(Debug)]
pub(in super::super) enum Container {
    /// A main class.
    JavaMain {
        /// As the settings name it.
        class: String,
        /// The class that is run.
        main: JavaMain,
    },
    /// One that is not built in.
    Other {
        /// As the settings name it.
        class: String,
        /// Whether the application is of its kind.
        is_it: fn(&Phase<'_>) -> Result<bool, Failure>,
    },
}

impl Container {
    /// The container of a class that the settings name.
    pub(in super::super) fn of(phase: &Phase<'_>, class: &str) -> Result<Self, Failure> {
        let settings = phase.settings(&class_name::snaked(class))?;
        let is_it: fn(&Phase<'_>) -> Result<bool, Failure> = match class.rsplit("::").next().unwrap_or_default() {
            "JavaMain" => return Ok(Self::JavaMain { class: class.to_owned(), main: JavaMain::of(phase, &settings) }),
            "DistZip" => distribution::is_dist_zip,
            "Ratpack" => |phase| Ok(distribution::is_ratpack(phase)),
            "SpringBoot" => |phase| Ok(distribution::is_spring_boot(phase)),
            "PlayFramework" => distribution::is_play,
            "Groovy" => |phase| Ok(groovy::is_groovy(phase)),
            "SpringBootCLI" => |phase| Ok(groovy::is_spring_boot_cli(phase)),
            "Tomcat" => is_web_application,
            _ => return Err(Failure(format!("`{class}` of `config/components.yml` is no container that is known"))),
        };
        Ok(Self::Other { class: class.to_owned(), is_it })
    }

    /// As the settings name it.
    pub(in super::super) fn class(&self) -> &str {
        let (Self::JavaMain { class, .. } | Self::Other { class, .. }) = self;
        class
    }

    /// Whether it runs the application.
    pub(in super::super) fn applies(&self, phase: &Phase<'_>) -> Result<bool, Failure> {
        match self {
            Self::JavaMain { main, .. } => Ok(main.class().is_some()),
            Self::Other { is_it, .. } => is_it(phase),
        }
    }

    /// What detection says of it.
    pub(in super::super) fn tag(&self) -> String {
        class_name::dashed(self.class())
    }

    /// Ends staging for a kind that is not built in.
    pub(in super::super) fn refuse(&self) -> Result<(), Failure> {
        match self {
            Self::JavaMain { .. } => Ok(()),
            Self::Other { class, .. } => Err(Failure(format!(
                "{} applications are not built in; stage this one with the buildpack's own scripts",
                class_name::spaced(class)
            ))),
        }
    }

    /// What it needs in the application's folder.
    pub(in super::super) fn compile(&self, phase: &Phase<'_>, work: &mut Work) -> Result<(), Failure> {
        match self {
            Self::JavaMain { .. } if phase.is_spring_boot() => phase.link_libraries(work),
            Self::JavaMain { .. } => Ok(()),
            Self::Other { .. } => self.refuse(),
        }
    }

    /// Its part of the start command.
    pub(in super::super) fn command(&self, phase: &Phase<'_>, work: &mut Work, java: &str) -> Result<String, Failure> {
        match self {
            Self::JavaMain { main, .. } => Ok(main.command(phase, work, java)),
            Self::Other { .. } => self.refuse().map(|()| String::new()),
        }
    }
}

/// A folder `WEB-INF` and no main class.
fn is_web_application(phase: &Phase<'_>) -> Result<bool, Failure> {
    if !phase.staging.bits.exists("WEB-INF") {
        return Ok(false);
    }
    Ok(java_main::class(phase, &phase.settings("java_main")?).is_none())
}
