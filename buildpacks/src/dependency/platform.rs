//! Where a dependency runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a dependency runs. What is not said runs everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Platform {
    /// Operating system, such as `linux`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Architecture in the words of OCI images, such as `amd64`, `arm64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// Cloud Foundry stacks, such as `cflinuxfs4`; empty for any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stacks: Vec<String>,
}

/// What an image is made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// Operating system.
    pub os: String,
    /// Architecture in the words of OCI images.
    pub arch: String,
    /// Cloud Foundry stack, if the image is for one.
    pub stack: Option<String>,
}

impl Platform {
    /// Whether what runs here runs on `target`. A target without a stack takes every stack's.
    pub fn runs_on(&self, target: &Target) -> bool {
        let is = |own: &Option<String>, wanted: &str| own.as_deref().is_none_or(|own| own == wanted);
        let stack = target.stack.as_ref().is_none_or(|stack| self.stacks.is_empty() || self.stacks.contains(stack));
        is(&self.os, &target.os) && is(&self.arch, &target.arch) && stack
    }
}

impl Target {
    /// This machine's operating system and architecture, no stack.
    pub fn host() -> Self {
        let arch = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Self { os: std::env::consts::OS.to_owned(), arch: arch.to_owned(), stack: None }
    }
}

impl Default for Target {
    fn default() -> Self {
        Self::host()
    }
}
