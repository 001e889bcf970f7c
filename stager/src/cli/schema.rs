//! The kinds of documents, their versions, and their JSON Schemas, which are derived from the very types that are printed.

use std::fmt::Write as _;

use buildpacks::dependency::{CachedDependency, Imported, Verification};
use clap::ValueEnum;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema as JsonSchemaDocument};
use serde_json::{Value, json};

use super::dependency::{Dependencies, Removal};
use super::detect::DetectReport;
use super::inspect::ImageFacts;
use super::measure::Outcome;
use super::memory::MemoryExplained;
use super::plan::PlanReport;
use super::reply::{Document, NoAnswer};
use super::stage::StageReport;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Schema {
    /// An image or droplet that was staged
    Report,
    /// What an application is
    Detect,
    /// What would be staged
    Plan,
    /// How memory would be divided
    Memory,
    /// What was measured
    Measure,
    /// What an image is
    Inspect,
    /// A dependency
    Dependency,
    /// Several dependencies
    Dependencies,
    /// What was taken into the cache
    Import,
    /// What was taken out of the cache
    Removed,
    /// What is wrong with the cache
    Verify,
    /// What went wrong
    Error,
}

impl Schema {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Detect => "detect",
            Self::Plan => "plan",
            Self::Memory => "memory",
            Self::Measure => "measure",
            Self::Inspect => "inspect",
            Self::Dependency => "dependency",
            Self::Dependencies => "dependencies",
            Self::Import => "import",
            Self::Removed => "removed",
            Self::Verify => "verify",
            Self::Error => "error",
        }
    }

    /// What documents say they are, such as `stage.report/1`. The number grows when a field goes or changes its meaning.
    pub(super) fn versioned(self) -> String {
        format!("stage.{}/1", self.name())
    }

    /// What it is, for people.
    fn about(self) -> String {
        let help = self.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string));
        help.unwrap_or_default()
    }

    /// The JSON Schema of the documents of this kind.
    pub(super) fn json_schema(self) -> Value {
        let derived = match self {
            Self::Report => of::<StageReport<'_>>(),
            Self::Detect => of::<DetectReport<'_>>(),
            Self::Plan => of::<PlanReport<'_>>(),
            Self::Memory => of::<MemoryExplained<'_>>(),
            Self::Measure => of::<Outcome>(),
            Self::Inspect => of::<ImageFacts>(),
            Self::Dependency => of::<CachedDependency>(),
            Self::Dependencies => of::<Dependencies<'_>>(),
            Self::Import => of::<Imported>(),
            Self::Removed => of::<Removal>(),
            Self::Verify => of::<Verification>(),
            Self::Error => of::<NoAnswer>(),
        };
        let mut schema = derived.to_value();
        schema["title"] = json!(self.versioned());
        schema["description"] = json!(self.about());
        schema["properties"]["schema"]["const"] = json!(self.versioned());
        if self == Self::Error
            && let Some(required) = schema["required"].as_array_mut()
        {
            required.push(json!("error"));
        }
        schema
    }
}

/// The schema of a document with this body, as it is written.
fn of<T: JsonSchema>() -> JsonSchemaDocument {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Document<'_, T>>()
}

/// `stage schema`: the names of all.
pub(super) fn list() -> String {
    let mut out = String::new();
    for schema in Schema::value_variants() {
        let _ = writeln!(out, "{:<13} {:<22} {}", schema.name(), schema.versioned(), schema.about());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_command_line() {
        for schema in Schema::value_variants() {
            assert_eq!(schema.to_possible_value().unwrap().get_name(), schema.name());
            assert!(!schema.about().is_empty());
            assert!(schema.json_schema()["required"].as_array().unwrap().contains(&json!("schema")), "{schema:?}");
        }
    }
}
