//! Which Java runtime is asked for.

use std::fmt;
use std::str::FromStr;

use crate::dependency::{Description, Requirement, RequirementError};

/// Which Java runtime is asked for: `auto`, `host`, `17.*`, `openjdk`, `openjdk@21.0.5`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum JreRequest {
    /// The newest cached one that runs the application, else the host's.
    #[default]
    Auto,
    /// The host's.
    Host,
    /// A cached one.
    Named {
        /// The id of the dependency; any runtime when `None`.
        id: Option<String>,
        /// Its version; the catalogue's default for the id when `None`.
        requirement: Option<Requirement>,
    },
}

impl JreRequest {
    /// Any runtime of the version asked for.
    pub fn version(requirement: Requirement) -> Self {
        Self::Named { id: None, requirement: Some(requirement.java()) }
    }
}

impl FromStr for JreRequest {
    type Err = RequirementError;
    fn from_str(text: &str) -> Result<Self, RequirementError> {
        let requirement = |text: &str| Requirement::parse(text).map(Requirement::java);
        match text {
            "auto" => return Ok(Self::Auto),
            "host" => return Ok(Self::Host),
            _ => {}
        }
        if let Some((id, version)) = text.split_once('@')
            && Description::is_id(id)
        {
            return Ok(Self::Named { id: Some(id.to_owned()), requirement: Some(requirement(version)?) });
        }
        match requirement(text) {
            Ok(requirement) => Ok(Self::Named { id: None, requirement: Some(requirement) }),
            Err(_) if Description::is_id(text) => Ok(Self::Named { id: Some(text.to_owned()), requirement: None }),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Display for JreRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Host => f.write_str("host"),
            Self::Named { id: Some(id), requirement: Some(requirement) } => write!(f, "{id}@{requirement}"),
            Self::Named { id: Some(id), requirement: None } => f.write_str(id),
            Self::Named { id: None, requirement: Some(requirement) } => write!(f, "{requirement}"),
            Self::Named { id: None, requirement: None } => f.write_str("*"),
        }
    }
}
