//! The frameworks.

use super::super::class_name;
use super::super::phase::Phase;
use super::super::staging::{Failure, Work};
use super::{debug::Debug, jar, java_opts::JavaOpts, jmx::Jmx, missing};

/// A framework.
pub(in super::super) trait Framework: std::fmt::Debug {
    /// What detection says of it; none when it does not apply.
    fn detect(&self) -> Option<String>;
    /// Installs it.
    fn compile(&self, phase: &Phase<'_>, work: &mut Work) -> Result<(), Failure>;
    /// Adds its options.
    fn release(&self, phase: &Phase<'_>, work: &mut Work) -> Result<(), Failure>;
}

/// The framework of a class that the settings name.
pub(in super::super) fn of(phase: &Phase<'_>, class: &str) -> Result<Box<dyn Framework>, Failure> {
    let settings = phase.settings(&class_name::snaked(class))?;
    Ok(match class.rsplit("::").next().unwrap_or_default() {
        "Debug" => Box::new(Debug::of(settings)),
        "Jmx" => Box::new(Jmx::of(settings)),
        "JavaOpts" => Box::new(JavaOpts::of(phase, &settings)),
        name => match jar::of(phase, name, &settings)? {
            Some(jar) => Box::new(jar),
            None => Box::new(missing::of(phase, name, &settings)?),
        },
    })
}
