//! `stage plan APP`.

use std::fmt::Write as _;

use buildpacks::api::Setting;
use buildpacks::java::{HostRuntime, Plan};
use buildpacks::shown::line;
use schemars::JsonSchema;
use serde::Serialize;

use super::args::PlanArgs;
use super::environment::Environment;
use super::{Failure, Reply, Schema, detect, settings};
use crate::pipeline;
use crate::report::table;

/// The plan and what the image stands on.
#[derive(Serialize, JsonSchema)]
pub(super) struct PlanReport<'a> {
    /// What lies below.
    base: &'a Setting,
    #[serde(flatten)]
    plan: &'a Plan,
}

pub(super) fn run(args: PlanArgs, environment: &Environment) -> Result<Reply, Failure> {
    let mut settings = settings::for_plan(args.app, &args.choice, &args.cache, environment)?;
    settings.java.host = HostRuntime::Told;
    let mut plan = pipeline::plan(&settings)?;
    let base = Setting {
        name: "base".to_owned(),
        value: settings.base.as_ref().map_or_else(|| "host".to_owned(), ToString::to_string),
        origin: if settings.base.is_some() { "--base" } else { "default: no base configured" }.to_owned(),
    };
    plan.settings.push(base.clone());
    if args.explain {
        let of_base = pipeline::explain_base(&settings, &plan)?;
        plan.notes.extend(of_base);
    }
    Reply::new(Schema::Plan, &PlanReport { base: &base, plan: &plan }, human(&plan, &base, args.explain))
}

fn human(plan: &Plan, base: &Setting, explain: bool) -> String {
    let mut out = detect::human(&plan.detection);
    let _ = writeln!(out, "\ndependencies");
    for dependency in std::iter::once(&plan.jre.dependency).chain(&plan.dependencies) {
        let _ = writeln!(out, "  {} {} ({})", dependency.id, dependency.version, dependency.origin);
        let _ = match dependency.sha256 {
            Some(sha256) => writeln!(out, "    sha256 {sha256}"),
            None => writeln!(out, "    made when it is staged, once"),
        };
    }
    let _ = writeln!(out, "base {}", base.value);
    let _ = writeln!(out, "\nprocesses");
    for process in &plan.processes {
        let default = if process.default { " (default)" } else { "" };
        let _ = writeln!(out, "  {}{default}: {}", process.process_type, process.command.join(" "));
    }
    if explain {
        let rows: Vec<_> = plan
            .settings
            .iter()
            .map(|setting| vec![setting.name.clone(), setting.value.clone(), setting.origin.clone()])
            .collect();
        out.push('\n');
        out.push_str(&table(&["setting", "value", "from"], &rows));
    }
    for note in &plan.notes {
        let _ = writeln!(out, "note: {}", line(note));
    }
    out
}
