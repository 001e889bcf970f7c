//! `staging_info.yml`: what the builder tells the launcher.

use std::io::ErrorKind;
use std::path::Path;

use buildpacks::files;

use super::system;
use super::yaml::{self, YamlError};

/// Its name in the droplet.
pub(super) const FILE: &str = "staging_info.yml";

/// What the launcher needs of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StagingInfo {
    /// The command of the `web` process; may be empty.
    pub(super) start_command: String,
    /// A program to put before the command; may be empty.
    pub(super) entrypoint_prefix: String,
}

/// The file is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum StagingInfoError {
    /// It cannot be read.
    #[error("failed to read staging_info.yml: {0}")]
    Read(String),
    /// It is no YAML, or of another shape.
    #[error("failed to unmarshal staging_info.yml: {0}")]
    Parse(YamlError),
}

impl StagingInfo {
    /// Reads the file in `folder`; the default when there is none.
    pub(super) fn read(folder: &Path) -> Result<Self, StagingInfoError> {
        match files::read(&folder.join(FILE), files::DOCUMENT_BYTES) {
            Ok(bytes) => Self::parse(&String::from_utf8_lossy(&bytes)).map_err(StagingInfoError::Parse),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(StagingInfoError::Read(format!("open {FILE}: {}", system::reason(&error)))),
        }
    }

    fn parse(text: &str) -> Result<Self, YamlError> {
        let mut info = Self::default();
        let Some(root) = yaml::parse(text)? else { return Ok(info) };
        let mut mismatches = Vec::new();
        for (key, value) in root.entries("buildpackapplifecycle.StagingInfo", &mut mismatches) {
            match key.as_str() {
                "start_command" => info.start_command = value.text(&mut mismatches).unwrap_or_default(),
                "config" => {
                    for (key, value) in value.entries("buildpackapplifecycle.Config", &mut mismatches) {
                        if key == "entrypoint_prefix" {
                            info.entrypoint_prefix = value.text(&mut mismatches).unwrap_or_default();
                        }
                    }
                }
                _ => {}
            }
        }
        if mismatches.is_empty() { Ok(info) } else { Err(YamlError::Types(mismatches)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_ruby_objects_are_passed_over() {
        let text = "--- !ruby/object:Foo\nstart_command: echo tagged\nother: !ruby/object:Bar\n  x: 1\n";
        assert_eq!(StagingInfo::parse(text).unwrap().start_command, "echo tagged");
    }
}
