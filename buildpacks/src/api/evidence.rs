//! Reasons: what lies where in an artifact.

use serde::Serialize;

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Where in the artifact.
    pub path: String,
    /// What is there.
    pub what: String,
}
