//! Buildpacks as zips over HTTP.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use buildpacks::absence::absent_ok;
use buildpacks::application::{EntryKind, Source, zip};
use buildpacks::dependency::redact;
use fs_err as fs;
use ureq::tls::{RootCerts, TlsConfig};

use super::super::temporary::{Purpose, Temporary};
use super::super::{output, system};
use super::error::StageError;
use super::supervision::Runner;
use super::workspace;

/// How long a download may take.
const TIMEOUT: Duration = Duration::from_mins(10);

/// Downloads and unpacks the zip at `url` into `target`.
pub(super) fn fetch(
    url: &str,
    target: &Path,
    verification: Verification,
    runner: &Runner<'_>,
) -> Result<(), StageError> {
    let shown = redact(url);
    let quoted = |error: &ureq::Error| error.to_string().replace(url, &shown);
    let failed = |reason: String| StageError::Other(format!("Failed to download buildpack '{shown}': {reason}"));
    let folder = Temporary::create(&runner.surroundings.temporary_dir(), Purpose::Download)
        .map_err(|error| failed(error.to_string()))?;
    runner.interruption.removes_folder(folder.path().to_owned());
    let archive = folder.path().join("buildpack.zip");
    let mut file = fs::File::create_new(&archive).map_err(|error| failed(system::reason(&error)))?;
    let bytes = download(url, &mut file, verification).map_err(|error| failed(quoted(&error)))?;
    let failed = |reason: String| StageError::Other(format!("Failed to extract buildpack '{shown}': {reason}"));
    workspace::make(target)?;
    if runner.surroundings.has_program("unzip") {
        let mut command: Vec<OsString> = ["unzip", "-o", "-q"].map(OsString::from).into();
        command.extend([archive.into(), "-d".into(), target.into()]);
        let status = runner.tool(command).map_err(|error| failed(system::reason(&error)))?;
        if !status.success() {
            return Err(failed(system::status(status)));
        }
    } else {
        extract(&archive, target).map_err(|error| failed(error.to_string()))?;
    }
    output::out(&format!("Downloaded buildpack `{shown}` ({})\n", human(bytes)));
    Ok(())
}

/// Whether a server must prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verification {
    /// It must.
    Required,
    /// Anything is taken.
    Skipped,
}

fn download(url: &str, file: &mut fs::File, verification: Verification) -> Result<u64, ureq::Error> {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::WebPki)
        .disable_verification(verification == Verification::Skipped)
        .build();
    let config = ureq::Agent::config_builder().tls_config(tls).timeout_global(Some(TIMEOUT)).build();
    let response = ureq::Agent::from(config).get(url).call()?;
    let bytes = io::copy(&mut response.into_body().into_reader(), file)?;
    file.flush()?;
    Ok(bytes)
}

/// Unpacks without a program. Links come last, so that nothing is written through them.
fn extract(archive: &Path, target: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let entries = zip::read(&Arc::new(Source::open(archive)?))?;
    let mut links = Vec::new();
    for entry in &entries {
        let path = target.join(entry.path.as_str());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        match &entry.kind {
            EntryKind::Directory => fs::create_dir_all(&path)?,
            EntryKind::Symlink { target } => links.push((target, path)),
            EntryKind::File { executable, content } => {
                absent_ok(fs::remove_file(&path))?;
                content.copy_to(&mut fs::File::create_new(&path)?)?;
                let mode = if *executable { 0o755 } else { 0o644 };
                fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
            }
        }
    }
    for (target, path) in links {
        symlink(target.as_ref(), path)?;
    }
    Ok(())
}

/// `1.5M`, `12K`, `7B`.
fn human(bytes: u64) -> String {
    for (unit, letter) in [(1_u64 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")] {
        if bytes >= unit {
            let tenths = (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
            let fraction = if tenths % 10 == 0 { String::new() } else { format!(".{}", tenths % 10) };
            return format!("{}{fraction}{letter}", tenths / 10);
        }
    }
    format!("{bytes}B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_for_people() {
        assert_eq!([0, 7, 1024, 1536, 12 << 20].map(human), ["0B", "7B", "1K", "1.5K", "12M"]);
    }
}
