//! What a single jar's `Class-Path` names lies beside the jar, and would not be staged with it.

use std::path::{Path, PathBuf};

use super::error::StartError;
use crate::application::{Application, Format};
use crate::java::container::class_path;
use crate::java::manifest;

/// Where the jar's `Class-Path` leads, each with its address; the jar's own folder is none of them. Empty for anything
/// but a single jar.
///
/// # Errors
/// [`StartError::Read`] when its manifest cannot be read.
pub fn beside(application: &Application) -> Result<Vec<(String, PathBuf)>, StartError> {
    if application.format() != Format::Zip {
        return Ok(Vec::new());
    }
    let manifest = super::classes::manifest_of(application.entries(), manifest::PATH)?;
    let Some(manifest) = manifest else { return Ok(Vec::new()) };
    let folder = application.path().parent().unwrap_or_else(|| Path::new(""));
    let lead = |address: &str| {
        let path = class_path::path(address).filter(|path| !class_path::is_root(path))?;
        Some((address.to_owned(), folder.join(path)))
    };
    Ok(class_path::addresses(&manifest).filter_map(lead).collect())
}

/// Checks that nothing of that is there: Java would find it with the jar, and the image would lack it.
///
/// # Errors
/// [`StartError::Beside`] with what is there, [`StartError::Read`].
pub fn check_beside(application: &Application) -> Result<(), StartError> {
    let there = |(address, path): (String, PathBuf)| path.symlink_metadata().is_ok().then_some(address);
    let paths: Vec<String> = beside(application)?.into_iter().filter_map(there).collect();
    if paths.is_empty() {
        return Ok(());
    }
    let jar = application.path();
    let folder = jar.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    Err(StartError::Beside { jar: jar.display().to_string(), folder: folder.display().to_string(), paths })
}
