//! Reasons: what lies where in an artifact.

use schemars::JsonSchema;
use serde::Serialize;

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// Where in the artifact.
    pub path: String,
    /// What is there.
    pub what: String,
}
