//! What `stage detect` found, as text.

use std::fmt::Write as _;

use buildpacks::api::Evidence;
use buildpacks::java::container::Detection;
use buildpacks::shown::line;

use super::report::{Candidate, DetectReport, Taken};

/// The whole report.
pub(super) fn report(report: &DetectReport<'_>) -> String {
    let mut out = match &report.taken {
        Taken::BuiltIn(found) => detection(found),
        Taken::System { buildpack, evidence } => {
            let mut out = format!("{} (buildpack {buildpack}, not built in)\n", report.application_type);
            because(&mut out, "  ", evidence);
            out
        }
    };
    let (used, others) = report.matches.split_at(usize::from(
        report.matches.first().is_some_and(|first| first.found.application_type == report.application_type),
    ));
    for candidate in others {
        let first = report.platform_buildpack.as_ref() == Some(&candidate.buildpack);
        let order = if first { ", which a platform asks first" } else { "" };
        let _ = writeln!(out, "  also taken by {}{order}{}", candidate.buildpack, installed(candidate));
        because(&mut out, "    ", &candidate.found.evidence);
    }
    for candidate in used {
        if report.built_in {
            let _ = writeln!(out, "  {:<16} {}{}", "Cloud Foundry", candidate.buildpack, installed(candidate));
        } else {
            let _ = writeln!(out, "  published by     {}", candidate.project);
            if candidate.installed.is_some() {
                let _ = writeln!(out, "  installed        {}", place(candidate));
            }
        }
    }
    if let Some(conflict) = &report.conflict {
        let _ = writeln!(out, "  warning: {conflict}");
    }
    for note in &report.notes {
        let _ = writeln!(out, "  note: {}", line(note));
    }
    if !report.built_in {
        out.push_str("\nto stage it\n");
        for (at, step) in report.next.iter().enumerate() {
            let _ = writeln!(out, "  {}. {}", at + 1, step.what);
            if let Some(command) = &step.command {
                let _ = writeln!(out, "     {command}");
            }
        }
    }
    out
}

fn because(out: &mut String, indent: &str, evidence: &[Evidence]) {
    for evidence in evidence {
        let _ = writeln!(out, "{indent}because {}: {}", evidence.path, evidence.what);
    }
}

/// In brackets whether the buildpack is installed, where that was asked.
fn installed(candidate: &Candidate<'_>) -> String {
    match candidate.installed {
        Some(true) => format!(" (installed: {})", place(candidate)),
        Some(false) => " (not installed)".to_owned(),
        None => String::new(),
    }
}

/// Where the buildpack is installed.
fn place(candidate: &Candidate<'_>) -> String {
    match &candidate.installed_at {
        Some(path) => path.display().to_string(),
        None => format!("no: its folder would be `{}`", candidate.folder),
    }
}

/// Kind, evidence and facts as text.
pub(in crate::cli) fn detection(detection: &Detection) -> String {
    let mut out = String::new();
    let facts = &detection.facts;
    let _ = writeln!(out, "{} (buildpack {})", detection.kind, detection.buildpack);
    because(&mut out, "  ", &detection.evidence);
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
