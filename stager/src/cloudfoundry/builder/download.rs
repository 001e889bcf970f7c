//! Buildpacks named by a URL: fetched by `git`, or over HTTP when the path ends in `.zip`.

use std::ffi::OsString;
use std::path::Path;

use buildpacks::dependency::redact;
use fs_err as fs;

use super::super::url::Url;
use super::error::StageError;
use super::locate::folder_name;
use super::options::{Options, is_url};
use super::supervision::Runner;
use super::workspace;
use super::zip::{self, Verification};

/// Fetches every buildpack of the order that is named by a URL.
pub(super) fn all(options: &Options, runner: &Runner<'_>) -> Result<(), StageError> {
    let verification = if options.skip_cert_verify { Verification::Skipped } else { Verification::Required };
    for key in options.order.iter().filter(|key| is_url(key)) {
        let Some(url) = Url::parse(key) else { continue };
        workspace::make(&options.downloads_dir)?;
        let target = options.downloads_dir.join(folder_name(key));
        if url.path.ends_with(b".zip") {
            zip::fetch(key, &target, verification, runner)?;
        } else {
            git(key, &url, &target, runner)?;
        }
    }
    Ok(())
}

/// A shallow clone, else a full one; the fragment names a branch or tag.
fn git(key: &str, url: &Url, target: &Path, runner: &Runner<'_>) -> Result<(), StageError> {
    if !runner.surroundings.has_program("git") {
        return Err(StageError::Other("exec: \"git\": executable file not found in $PATH".to_owned()));
    }
    let address = key.split('#').next().unwrap_or_default();
    let branch = url.fragment.as_deref().map(String::from_utf8_lossy);
    for shallow in [true, false] {
        let mut command: Vec<OsString> = vec!["git".into(), "clone".into()];
        if shallow {
            command.extend(["--depth", "1"].map(OsString::from));
        }
        command.push("--recursive".into());
        if let Some(branch) = &branch {
            command.extend(["-b", branch.as_ref()].map(OsString::from));
        }
        command.extend(["--", address].map(OsString::from));
        command.push(target.into());
        if runner.tool(command).is_ok_and(|status| status.success()) {
            return Ok(());
        }
        drop(fs::remove_dir_all(target));
    }
    Err(StageError::Other(format!("Failed to clone git repository at {}", redact(address))))
}
