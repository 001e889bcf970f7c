//! Validated names.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a valid {what}: {rule}")]
pub struct NameError {
    name: String,
    what: &'static str,
    rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Checks `name` and keeps it.
            pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
                let name = name.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&name) { Ok(Self(name)) } else { Err(NameError { name, what: $what, rule: $rule }) }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(name: String) -> Result<Self, NameError> {
                Self::new(name)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }
    };
}

name!(
    /// A buildpack's id, such as `stage/java`. In image paths its `/` becomes `_` ([`BuildpackId::directory`]).
    BuildpackId,
    "buildpack id",
    "letters, digits, `.`, `-` and `/` only, not `app`, `config` or `sbom`",
    |name| !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-/_".contains(&b))
        && !["app", "config", "sbom"].contains(&name)
);

name!(
    /// A layer's name, a single path component such as `jre`.
    LayerName,
    "layer name",
    "letters, digits, `.`, `-`, `_` and `+` only, not starting with a dot, not `build`, `launch` or `store`",
    |name| !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+".contains(&b))
        && !["build", "launch", "store"].contains(&name)
);

name!(
    /// A process type such as `web`, the name of a file in `/cnb/process`.
    ProcessType,
    "process type",
    "letters, digits, `.`, `-` and `_` only",
    |name| !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
);

impl BuildpackId {
    /// The id as one path component, `/` replaced by `_`, as the buildpacks specification has it.
    pub fn directory(&self) -> String {
        self.0.replace('/', "_")
    }
}
