//! How an application is started.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ProcessType;

/// One process type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Process {
    /// Its name; `/cnb/process/<type>` starts it.
    #[serde(rename = "type")]
    pub process_type: ProcessType,
    /// Program and fixed arguments, never empty. A name without `/` is looked up in the final `PATH`.
    pub command: Vec<String>,
    /// Arguments, replaced by the user's when there are any.
    pub args: Vec<String>,
    /// Whether it is the image's default.
    pub default: bool,
}
