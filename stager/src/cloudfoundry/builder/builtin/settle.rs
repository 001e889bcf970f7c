//! Files of a supplier that name their place: the buildpacks after it find its runtime below the builder's temporary
//! folder, the running application below its own.

use std::path::Path;

use buildpacks::absence::{absent_ok, is_other_kind};
use buildpacks::application::{Content, Entry, EntryPath};
use buildpacks::files;

use super::super::error::StageError;
use super::place::place;
use super::stage::HOME;

/// What names its place.
const FILES: [&str; 2] = ["config.yml", "env/JAVA_HOME"];

/// Has the files of the supplier `index` name the folder of the running application in place of `deps`.
pub(in super::super) fn settle(deps: &Path, index: &str) -> Result<(), StageError> {
    let own = deps.join(index);
    let now = deps.display().to_string();
    let at_run_time = format!("{HOME}/deps");
    for name in FILES {
        let path = own.join(name);
        // Later scripts may have put anything in its place: only a file with such a text is changed.
        let bytes = match absent_ok(files::read_found(&path, files::DOCUMENT_BYTES)) {
            Err(error) if !is_other_kind(&error) => return Err(StageError::file("read", &path, &error)),
            bytes => bytes.ok().flatten().unwrap_or_default(),
        };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if text.contains(&now) {
            let name = EntryPath::new(name).unwrap_or_else(|error| unreachable!("`{name}`: {error}"));
            let text = text.replace(&now, &at_run_time);
            place(&own, [Entry::file(name, Content::from_bytes(text.into_bytes()))])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;

    #[test]
    fn only_files_that_name_the_temporary_folder_are_changed() {
        let deps = tempfile::tempdir().unwrap();
        let own = deps.path().join("0");
        fs::create_dir_all(own.join("env")).unwrap();
        let outside = deps.path().join("outside");
        let text = format!("{}/0/jre", deps.path().display());
        fs::write(&outside, &text).unwrap();
        fs::write(own.join("config.yml"), format!("config:\n  java_home: {text}\n")).unwrap();
        std::os::unix::fs::symlink(&outside, own.join("env/JAVA_HOME")).unwrap();
        settle(deps.path(), "0").unwrap();
        let config = fs::read_to_string(own.join("config.yml")).unwrap();
        assert_eq!(config, "config:\n  java_home: /home/vcap/deps/0/jre\n");
        assert_eq!(fs::read_to_string(&outside).unwrap(), text);
        settle(deps.path(), "1").unwrap();
    }
}
