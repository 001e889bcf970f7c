//! `result.json` and `staging_info.yml`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde::Serialize;

use super::super::{json, partial};
use super::error::StageError;
use super::metadata::{BuildpackMetadata, Config};
use super::processes::Processes;

#[derive(Serialize)]
struct ResultDocument<'a> {
    lifecycle_metadata: Lifecycle<'a>,
    process_types: Option<BTreeMap<&'a str, &'a str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    processes: Vec<ProcessEntry<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sidecars: Vec<SidecarEntry<'a>>,
    execution_metadata: &'static str,
    lifecycle_type: &'static str,
}

#[derive(Serialize)]
struct Lifecycle<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    buildpack_key: &'a str,
    detected_buildpack: &'a str,
    buildpacks: &'a [BuildpackMetadata],
}

#[derive(Serialize)]
struct ProcessEntry<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    command: &'a str,
}

#[derive(Serialize)]
struct SidecarEntry<'a> {
    name: &'a str,
    process_types: &'a [String],
    command: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    memory: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[derive(Serialize)]
struct StagingInfoDocument<'a> {
    detected_buildpack: &'a str,
    start_command: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a Config>,
}

/// The text of `result.json`; without processes it is that of a failed staging.
pub(super) fn result_json(
    buildpacks: &[BuildpackMetadata],
    processes: Option<&Processes>,
) -> Result<String, StageError> {
    let main = || processes.into_iter().flat_map(Processes::main);
    let document = ResultDocument {
        lifecycle_metadata: Lifecycle {
            buildpack_key: buildpacks.last().map_or("", |last| &last.key),
            detected_buildpack: buildpacks.last().map_or("", |last| &last.name),
            buildpacks,
        },
        process_types: processes
            .map(|processes| processes.main().map(|p| (p.kind.as_str(), p.command.as_str())).collect()),
        processes: main().map(|process| ProcessEntry { kind: &process.kind, command: &process.command }).collect(),
        sidecars: processes
            .into_iter()
            .flat_map(Processes::sidecars)
            .map(|process| SidecarEntry {
                name: &process.kind,
                process_types: &process.sidecar_for,
                command: &process.command,
                memory: process.memory,
            })
            .collect(),
        execution_metadata: "",
        lifecycle_type: "buildpack",
    };
    line(&document)
}

/// The text of `staging_info.yml`, which is JSON.
pub(super) fn staging_info(buildpacks: &[BuildpackMetadata], processes: &Processes) -> Result<String, StageError> {
    let last = buildpacks.last();
    line(&StagingInfoDocument {
        detected_buildpack: last.map_or("", |last| &last.name),
        start_command: processes.web_command(),
        config: last.and_then(|last| last.config.as_ref()),
    })
}

fn line(document: &impl Serialize) -> Result<String, StageError> {
    let text = json::encode(document).map_err(|error| StageError::Other(error.to_string()))?;
    Ok(text + "\n")
}

/// Writes a file whole or not at all.
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), StageError> {
    let failed = |error: std::io::Error| StageError::file("open", path, &error);
    let mut file = partial::create(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
