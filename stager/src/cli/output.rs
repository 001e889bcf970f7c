//! What `-o` names: an image's place, or a droplet's.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{Exit, Failure};
use crate::sink::{Sink, SinkSyntaxError};

/// One output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// An image.
    Image(Sink),
    /// `droplet:FILE`: a Cloud Foundry droplet.
    Droplet(PathBuf),
}

impl FromStr for Output {
    type Err = SinkSyntaxError;

    fn from_str(text: &str) -> Result<Self, SinkSyntaxError> {
        match text.strip_prefix("droplet:") {
            Some("") => Err(SinkSyntaxError::new(text)),
            Some(path) => Ok(Self::Droplet(path.into())),
            None => text.parse().map(Self::Image),
        }
    }
}

/// An output in the application's own place, which it would replace.
#[derive(Debug, thiserror::Error)]
#[error("The output `{}` is the application itself: name another file", .0.display())]
struct ApplicationError(PathBuf);

/// Refuses to write a file over the application that it is made of.
pub(super) fn refuse_application(outputs: &[Output], application: &Path) -> Result<(), Failure> {
    let Ok(application) = application.canonicalize() else { return Ok(()) };
    for output in outputs {
        let (Output::Image(Sink::Oci { path, .. } | Sink::OciArchive { path, .. }) | Output::Droplet(path)) = output;
        if path.canonicalize().is_ok_and(|path| path == application) {
            let error = Box::new(ApplicationError(path.clone()));
            return Err(Failure { error, hint: None, exit: Exit::Usage });
        }
    }
    Ok(())
}

/// Images apart from droplets.
pub(super) fn divide(outputs: Vec<Output>) -> (Vec<Sink>, Vec<PathBuf>) {
    let (mut images, mut droplets) = (Vec::new(), Vec::new());
    for output in outputs {
        match output {
            Output::Image(sink) => images.push(sink),
            Output::Droplet(path) => droplets.push(path),
        }
    }
    (images, droplets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn droplets_are_told_from_images() {
        assert_eq!("droplet:a:b".parse(), Ok(Output::Droplet("a:b".into())));
        assert!(matches!("oci:out".parse(), Ok(Output::Image(_))));
        for wrong in ["droplet:", "droplet", "x:y"] {
            assert!(wrong.parse::<Output>().is_err(), "{wrong}");
        }
    }
}
