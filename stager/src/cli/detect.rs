//! `stage detect APP`.

use std::fmt::Write as _;

use buildpacks::java::container::Detection;

use super::args::DetectArgs;
use super::stage::failure;
use super::{Failure, printer};
use crate::pipeline;

pub(super) fn run(args: &DetectArgs) -> Result<(), Failure> {
    let detection = pipeline::detect(&args.app).map_err(failure)?;
    if args.print.json {
        printer::json(&detection)?;
    } else if !args.print.quiet {
        printer::data(&human(&detection))?;
    }
    Ok(())
}

/// Kind, evidence and facts as text.
pub(super) fn human(detection: &Detection) -> String {
    let mut out = String::new();
    let facts = &detection.facts;
    let _ = writeln!(out, "{} (buildpack {})", detection.kind, detection.buildpack);
    for evidence in &detection.evidence {
        let _ = writeln!(out, "  because {}: {}", evidence.path, evidence.what);
    }
    let mut fact = |name: &str, value: String| {
        let _ = writeln!(out, "  {name:<16} {value}");
    };
    fact("main class", facts.main_class.clone());
    if let Some(class) = &facts.start_class {
        fact("start class", class.clone());
    }
    if let Some(version) = &facts.boot_version {
        fact("Spring Boot", version.clone());
    }
    if let Some(need) = &facts.java {
        let preview = if need.preview { " with preview features" } else { "" };
        fact("needs Java", format!("{}{preview} (decided by {})", need.feature, need.decided_by));
    }
    fact("classes", format!("{} in {} libraries and the application", facts.class_count, facts.libraries));
    for warning in &detection.warnings {
        let _ = writeln!(out, "  warning: {warning}");
    }
    out
}
