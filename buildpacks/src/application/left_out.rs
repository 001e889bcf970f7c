//! What a folder holds that is no part of the application: droppings of editors, systems and version control, secrets of
//! the developer, and whatever its ignore files name, by the rules of `gitignore`.

use std::path::Path;

use fs_err as fs;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Serialize;

use super::open::name;
use super::{OpenError, StatRecord};
use crate::absence::absent_ok;
use crate::files;

/// The ignore files at the top of a folder. A later line wins over an earlier one, the second file over the first, and
/// both over the usual patterns. The first is Cloud Foundry's: what `cf push` leaves out is no part of an image either.
const IGNORE_FILES: [&str; 2] = [".cfignore", ".stageignore"];
/// What is left out unless an ignore file takes it back (`!.env`): what `cf push` leaves out, and more of the kind.
const USUAL: [&str; 12] = [
    ".cfignore",
    ".stageignore",
    ".gitignore",
    ".git",
    ".hg",
    ".svn",
    "_darcs",
    ".DS_Store",
    "Thumbs.db",
    "*.swp",
    "*~",
    ".env",
];
/// Largest ignore file that is read, bytes.
const MAX_BYTES: u64 = 1 << 20;
/// Most paths that are named in a message.
const NAMED: usize = 5;

/// What of a folder is no part of its application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// How many files and folders the ignore files and the usual patterns leave out; a folder counts once.
    pub ignored: u64,
    /// The first of them.
    pub named: Vec<String>,
    /// Sockets and FIFOs.
    pub special: Vec<String>,
    /// Images of the application that the program wrote there before, and what it left of them.
    pub outputs: Vec<String>,
}

impl LeftOut {
    pub(super) fn ignore(&mut self, path: String) {
        self.ignored += 1;
        if self.named.len() < NAMED {
            self.named.push(path);
        }
    }

    /// Puts the names in order: folders are read in any.
    pub(super) fn sort(&mut self) {
        self.named.sort();
        self.special.sort();
        self.outputs.sort();
    }
}

/// Which paths of a folder are left out.
#[derive(Debug)]
pub(super) struct Rules {
    patterns: Gitignore,
    /// Names of our own outputs.
    outputs: Vec<String>,
    /// Stat records of the ignore files, taken before they were read.
    pub(super) records: Vec<(String, StatRecord)>,
}

impl Rules {
    /// Nothing is left out.
    pub(super) fn none() -> Self {
        Self { patterns: Gitignore::empty(), outputs: Vec::new(), records: Vec::new() }
    }

    /// Those of the folder `root`.
    pub(super) fn of(root: &Path) -> Result<Self, OpenError> {
        let mut records = Vec::new();
        // Paths are matched as they are below the folder, wherever it lies.
        let mut builder = GitignoreBuilder::new("");
        for pattern in USUAL {
            builder.add_line(None, pattern).unwrap_or_else(|error| unreachable!("`{pattern}`: {error}"));
        }
        for name in IGNORE_FILES {
            let path = root.join(name);
            let failed = |source| OpenError::read(&path, source);
            let Some(file) = absent_ok(files::open_found(&path)).map_err(failed)? else { continue };
            let metadata = file.metadata().map_err(failed)?;
            if metadata.len() > MAX_BYTES {
                return Err(OpenError::IgnoreFile { path, reason: format!("It is larger than {MAX_BYTES} bytes") });
            }
            records.push((name.to_owned(), StatRecord::of(&metadata)));
            let bytes = files::rest(file, MAX_BYTES).map_err(failed)?;
            for (at, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
                builder.add_line(None, line).map_err(|error| OpenError::IgnoreFile {
                    path: path.clone(),
                    reason: format!("Line {}: {error}", at + 1),
                })?;
            }
        }
        let patterns = builder
            .build()
            .map_err(|error| OpenError::IgnoreFile { path: root.join(IGNORE_FILES[1]), reason: error.to_string() })?;
        Ok(Self { patterns, outputs: default_outputs(root), records })
    }

    /// Whether the folder at `path` is an output of ours: one with the name that outputs have by default and the marker of an
    /// image layout, or what becomes one. Whether the application is staged in its own folder or from elsewhere, once or
    /// again, it is the same.
    pub(super) fn is_output(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
        self.outputs.iter().any(|output| {
            let begun = name.strip_prefix('.').and_then(|name| name.strip_prefix(output.as_str()));
            begun.is_some_and(|rest| rest.starts_with(".stage-")) || name == output && path.join(MARKER).is_file()
        })
    }

    /// Whether the path below the folder is left out.
    pub(super) fn leave_out(&self, path: &str, is_directory: bool) -> bool {
        matches!(self.patterns.matched(path, is_directory), Match::Ignore(_))
    }
}

/// The file that makes a folder an OCI image layout.
const MARKER: &str = "oci-layout";

/// The names that images of the application at `path` have where none is given: by the name it is called by, and by its own.
pub fn default_outputs(path: &Path) -> Vec<String> {
    let real = fs::canonicalize(path).unwrap_or_default();
    let mut names: Vec<String> = [path, &real].iter().map(|path| format!("{}.oci", name(path))).collect();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_the_application_by_their_usual_names_are_no_part_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("app");
        for name in ["app.oci", "deep/app.oci", "other.oci", ".app.oci.stage-x", "no/app.oci"] {
            fs::create_dir_all(root.join(name)).unwrap();
            if name != "no/app.oci" {
                fs::write(root.join(name).join("oci-layout"), "").unwrap();
            }
        }
        std::os::unix::fs::symlink("app", folder.path().join("link")).unwrap();
        for root in [root, folder.path().join("link"), folder.path().join("app/deep/..")] {
            let rules = Rules::of(&root).unwrap();
            for (name, is_output) in [
                ("app.oci", true),
                ("deep/app.oci", true),
                (".app.oci.stage-x", true),
                ("other.oci", false),
                ("no/app.oci", false),
            ] {
                assert_eq!(rules.is_output(&root.join(name)), is_output, "{name}");
            }
        }
    }

    #[test]
    fn ignore_files_add_to_the_usual_patterns_and_take_them_back() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(".cfignore"), "# comment\n/logs/\n*.log\n").unwrap();
        fs::write(root.path().join(".stageignore"), "!keep.log\r\n!.env\n/conf/*.local\n").unwrap();
        let rules = Rules::of(root.path()).unwrap();
        for (path, is_directory, left_out) in [
            ("a.log", false, true),
            ("deep/a.log", false, true),
            ("keep.log", false, false),
            ("logs", true, true),
            ("logs", false, false),
            ("deep/logs", true, false),
            (".env", false, false),
            (".git", true, true),
            ("deep/.git", true, true),
            ("conf/x.local", false, true),
            ("conf/deep/x.local", false, false),
            ("src/A.java~", false, true),
            (".A.java.swp", false, true),
            (".stageignore", false, true),
            ("app.jar", false, false),
        ] {
            assert_eq!(rules.leave_out(path, is_directory), left_out, "{path}");
        }
        assert_eq!(rules.records.len(), 2);
        assert!(!Rules::none().leave_out(".git", true));
    }

    #[test]
    fn an_ignore_file_that_cannot_be_understood_is_named() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(".stageignore");
        fs::write(&path, "ok\n[z-a]\n").unwrap();
        let error = Rules::of(root.path()).unwrap_err();
        assert!(matches!(&error, OpenError::IgnoreFile { reason, .. } if reason.starts_with("Line 2: ")), "{error}");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = Rules::of(root.path()).unwrap_err();
        assert!(matches!(&error, OpenError::Read { path: named, .. } if *named == path), "{error}");
    }
}
