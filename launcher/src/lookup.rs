//! Finding a program in `PATH`.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::failure::{cause, path_error};

/// Finds a program: a name with a slash is taken as it is, others are searched in the directories of `path`.
///
/// # Errors
/// The original's text. A program found through a relative directory is refused, as the original does.
pub(crate) fn program(name: &OsStr, path: &OsStr) -> Result<PathBuf, String> {
    let refuse = |cause: String| format!("exec: \"{}\": {cause}", name.display());
    if name.as_bytes().contains(&b'/') {
        executable(Path::new(name)).map_err(refuse)?;
        return Ok(PathBuf::from(name));
    }
    let directories = path.as_bytes().split(|byte| *byte == b':').map(OsStr::from_bytes);
    // An empty `PATH` is no directory; an empty element of it is the current one.
    for directory in directories.filter(|_| !path.is_empty()) {
        let found = Path::new(if directory.is_empty() { OsStr::new(".") } else { directory }).join(name);
        if executable(&found).is_ok() {
            if found.is_absolute() {
                return Ok(found);
            }
            return Err(refuse("cannot run executable found relative to current directory".to_owned()));
        }
    }
    Err(refuse("executable file not found in $PATH".to_owned()))
}

fn executable(path: &Path) -> Result<(), String> {
    let found = fs::metadata(path).map_err(|error| path_error("stat", path, &error))?;
    if found.is_dir() {
        return Err(cause(&io::Error::from(io::ErrorKind::IsADirectory)));
    }
    if found.permissions().mode() & 0o111 == 0 {
        return Err(cause(&io::Error::from(io::ErrorKind::PermissionDenied)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookups() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        for (name, mode) in [("a/tool", 0o644), ("b/tool", 0o755), ("a/plain", 0o644)] {
            let path = at.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::create_dir(at.join("a/folder")).unwrap();
        let at = at.to_str().unwrap();
        let path = format!("{at}/a:{at}/b");
        for (name, expected) in [
            ("tool", Ok("{}/b/tool")),
            ("{}/b/tool", Ok("{}/b/tool")),
            ("plain", Err("exec: \"plain\": executable file not found in $PATH")),
            ("folder", Err("exec: \"folder\": executable file not found in $PATH")),
            ("", Err("exec: \"\": executable file not found in $PATH")),
            ("{}/a/plain", Err("exec: \"{}/a/plain\": permission denied")),
            ("{}/a", Err("exec: \"{}/a\": is a directory")),
            ("{}/x", Err("exec: \"{}/x\": stat {}/x: no such file or directory")),
        ] {
            let name = name.replace("{}", at);
            let found = program(OsStr::new(&name), OsStr::new(&path));
            let expected =
                expected.map(|path| PathBuf::from(path.replace("{}", at))).map_err(|text| text.replace("{}", at));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn an_empty_path_has_no_directories() {
        assert!(program(OsStr::new("Cargo.toml"), OsStr::new("")).is_err());
    }
}
