//! What `-o` names: an image's place, or a droplet's.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use buildpacks::application::default_outputs;

use super::Failure;
use super::problem::{Code, Problem};
use crate::image::base::BaseChoice;
use crate::sink::{Destination, Input, OverlapError, Sink, SinkSyntaxError, is_stdout, refuse_overlaps, refuse_twice};

/// What inputs are called in messages.
const APPLICATION: &str = "application";
const BASE: &str = "base";

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

/// What an output may not touch.
pub(super) struct Inputs<'a> {
    /// The application.
    pub(super) application: &'a Path,
    /// What lies below it.
    pub(super) base: Option<&'a BaseChoice>,
    /// Catalogues, buildpacks, profiles.
    pub(super) others: Vec<Input<'a>>,
}

/// An option whose result goes to standard output when that is taken.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` and the output `{1}` both mean standard output: write one of them into a file")]
struct TakenError(&'static str, String);

impl Problem for TakenError {
    fn code(&self) -> Code {
        Code::UsageArguments
    }
}

/// Refuses outputs that cannot be written, that would overwrite what they are made of, or each other.
pub(super) fn refuse(outputs: &[Output], inputs: &Inputs<'_>) -> Result<(), Failure> {
    for output in outputs {
        if output.is_file() {
            Destination::of(output.path())?;
        }
        refuse_overlaps(output.path(), &inputs.beside(output))?;
    }
    let files: Vec<&Path> = outputs.iter().filter(|output| output.is_file()).map(Output::path).collect();
    Ok(refuse_twice(&files)?)
}

/// Refuses a report in the place of an output, or where something is read.
pub(super) fn refuse_report(report: &Path, outputs: &[Output], inputs: &Inputs<'_>) -> Result<(), Failure> {
    let (files, folders): (Vec<_>, Vec<_>) = outputs.iter().partition(|output| output.is_file());
    let files: Vec<&Path> = files.into_iter().map(Output::path).chain([report]).collect();
    let layouts = folders.into_iter().map(|output| Input { what: "image", path: output.path() });
    refuse_overlaps(report, &inputs.all().into_iter().chain(layouts).collect::<Vec<_>>())?;
    Ok(refuse_twice(&files)?)
}

/// Whether an output is standard output, where a report would go.
///
/// # Errors
/// When the report is to be read by programs, or two outputs would run into each other.
pub(super) fn takes_stdout(outputs: &[Output], json: bool, report: Option<&Path>) -> Result<bool, Failure> {
    let taken: Vec<&Output> = outputs.iter().filter(|output| output.is_file() && is_stdout(output.path())).collect();
    match taken[..] {
        [] => Ok(false),
        [output, ..] if json => Err(TakenError("--json", output.path().display().to_string()).into()),
        [output, ..] if report.is_some_and(is_stdout) => {
            Err(TakenError("--report", output.path().display().to_string()).into())
        }
        [_] => Ok(true),
        [_, output, ..] => Err(OverlapError::Twice { output: output.path().to_owned() }.into()),
    }
}

impl<'a> Inputs<'a> {
    /// What `output` is compared with. A layout may be both base and output: an image beside the one it stands on.
    fn beside(&self, output: &Output) -> Vec<Input<'a>> {
        let is_other_tag = match (self.base, output) {
            (Some(BaseChoice::Oci { tag: Some(tag), .. }), Output::Image(Sink::Oci { tag: own, .. })) => tag != own,
            _ => false,
        };
        let mut inputs = self.all();
        inputs.retain(|input| match input.what {
            APPLICATION => !self.is_usual(output),
            BASE => !is_other_tag,
            _ => true,
        });
        inputs
    }

    /// An image by its usual name is no part of the application, wherever it lies.
    fn is_usual(&self, output: &Output) -> bool {
        let Output::Image(Sink::Oci { path, .. }) = output else { return false };
        let name = path.file_name().unwrap_or_default();
        default_outputs(self.application).iter().any(|usual| name == usual.as_str())
    }

    /// All that is read.
    fn all(&self) -> Vec<Input<'a>> {
        let base = match self.base {
            Some(BaseChoice::Oci { dir: path, .. }) => Some(path),
            Some(BaseChoice::OciArchive { file, .. } | BaseChoice::Rootfs(file)) => Some(file),
            Some(BaseChoice::Host | BaseChoice::None) | None => None,
        };
        let mut inputs = vec![Input { what: APPLICATION, path: self.application }];
        inputs.extend(base.map(|path| Input { what: BASE, path }));
        inputs.extend(&self.others);
        inputs
    }
}

impl Output {
    fn path(&self) -> &Path {
        match self {
            Self::Image(sink) => sink.path(),
            Self::Droplet(path) => path,
        }
    }

    /// Whether it is one file, not a folder.
    fn is_file(&self) -> bool {
        !matches!(self, Self::Image(Sink::Oci { .. }))
    }
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
