//! Putting `JAVA_OPTS` together when a droplet starts: from files its buildpack wrote, and the user's own options.
//!
//! Each file holds options of one component; names give the order. References to variables are replaced, see
//! [`super::expansion`]. The user's options come in where a file says `$JAVA_OPTS`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use memcalc::files;

use super::expansion::{self, Values};
use crate::failure::path_error;

/// How names of files with options end.
const EXTENSION: &[u8] = b".opts";

/// A file with options.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    path: PathBuf,
    content: Vec<u8>,
}

/// What the options depend on.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    /// The files, in order.
    pub(super) files: &'a [File],
    /// The number of processors, for `$(nproc)`.
    pub(super) processors: &'a [u8],
    /// Gives a variable, `None` if it is not set. `JAVA_OPTS` is the user's options.
    pub(super) variable: &'a dyn Fn(&OsStr) -> Option<OsString>,
}

/// The options, and what the user should know of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Assembled {
    /// The value for `JAVA_OPTS`.
    pub(super) options: Vec<u8>,
    /// Lines for standard error.
    pub(super) warnings: Vec<String>,
}

/// Reads the files of a folder, in byte order of their names. Those that cannot be read are warnings: the application may
/// well start without.
///
/// # Errors
/// When the folder cannot be listed.
pub(super) fn read(folder: &Path) -> Result<(Vec<File>, Vec<String>), String> {
    let names = names(folder).map_err(|error| path_error("open", folder, &error))?;
    let mut files = Vec::new();
    let mut warnings = Vec::new();
    for name in names {
        let path = folder.join(name);
        match content(&path) {
            Ok(Some(content)) => files.push(File { path, content }),
            Ok(None) => {}
            Err(error) => {
                warnings.push(format!("WARNING: JVM options left out: {}", path_error("read", &path, &error)));
            }
        }
    }
    Ok((files, warnings))
}

/// As a shell's `*.opts`: what starts with a dot does not count.
fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if name.as_bytes().ends_with(EXTENSION) && !name.as_bytes().starts_with(b".") {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The content of a file, without the line ends after it; `None` if it is not a regular file.
fn content(path: &Path) -> io::Result<Option<Vec<u8>>> {
    if !fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut content = files::read(path, files::DOCUMENT_BYTES)?;
    // No variable can hold it.
    content.retain(|byte| *byte != 0);
    while content.last() == Some(&b'\n') {
        content.pop();
    }
    Ok(Some(content))
}

/// Puts the options together.
pub(super) fn assemble(inputs: &Inputs<'_>) -> Assembled {
    let mut assembled = Assembled::default();
    let variable = inputs.variable;
    let user = Values { variable, java_opts: b"", processors: None }.expand(&one_line(variable));
    if let Some(command) = expansion::command(&user) {
        let command = String::from_utf8_lossy(command);
        assembled.warnings.push(format!(
            "WARNING: JAVA_OPTS contains command substitution; it will NOT be executed and will be passed literally to the JVM. Matching: {command}"
        ));
    }
    let values = Values { variable, java_opts: &user, processors: Some(inputs.processors) };
    // The user has been warned of the user's own.
    let own = Values { java_opts: b"", ..values };
    let mut parts = Vec::new();
    for file in inputs.files {
        if let Some(command) = expansion::command(&own.expand(&file.content)) {
            let (path, command) = (file.path.display(), String::from_utf8_lossy(command));
            assembled.warnings.push(format!(
                "WARNING: unresolved command substitution in {path}; it will be passed to the JVM literally: {command}"
            ));
        }
        parts.push(values.expand(&file.content));
    }
    parts.retain(|part| !part.is_empty());
    assembled.options = trim(&parts.join(&b' ')).to_vec();
    assembled
}

/// The user's options, in one line.
fn one_line(variable: &dyn Fn(&OsStr) -> Option<OsString>) -> Vec<u8> {
    let options = variable(OsStr::new("JAVA_OPTS")).unwrap_or_default();
    let kept = options.as_bytes().iter().filter(|byte| **byte != b'\r');
    kept.map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect()
}

/// Without white space around, as the C library sees it.
fn trim(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().take_while(|byte| is_space(byte)).count();
    let end = text[start..].iter().rev().take_while(|byte| is_space(byte)).count();
    &text[start..text.len() - end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::symlink;

    fn assembled(user: Option<&str>, files: &[&str]) -> Assembled {
        let files: Vec<File> =
            files.iter().map(|text| File { path: "/o/1.opts".into(), content: text.as_bytes().to_vec() }).collect();
        let variable = |name: &OsStr| match name.to_str()? {
            "JAVA_OPTS" => user.map(OsString::from),
            "HOME" => Some("/home/vcap/app".into()),
            "DEPS_DIR" => Some("/home/vcap/deps".into()),
            _ => None,
        };
        assemble(&Inputs { files: &files, processors: b"8", variable: &variable })
    }

    #[test]
    fn vectors() {
        for (user, files, expected) in [
            (
                r#"-Da=$HOME/x -Db=\$HOME -Dc=$(id) -Dd="q r" -De=${HOME:-z} -n"#,
                &["$JAVA_OPTS"] as &[&str],
                r#"-Da=/home/vcap/app/x -Db=$HOME -Dc=$(id) -Dd="q r" -De=${HOME:-z} -n"#,
            ),
            (
                "-Du=1",
                &[
                    "-agentpath:$DEPS_DIR/0/x -XX:ActiveProcessorCount=$(nproc)",
                    "-Dj=$JAVA_HOME",
                    "-Da $JAVA_OPTS -Db $JAVA_OPTS",
                ],
                "-agentpath:/home/vcap/deps/0/x -XX:ActiveProcessorCount=8 -Dj= -Da -Du=1 -Db -Du=1",
            ),
            ("-Xmx1g\r\n-Xss1M\r\n", &["$JAVA_OPTS"], "-Xmx1g -Xss1M"),
            ("-Du=1", &["-Da"], "-Da"),
            ("-Du=1", &[], ""),
            ("", &["", "-Da", "$JAVA_OPTS", "-Db"], "-Da -Db"),
            ("  -Da  -Db\t", &["$JAVA_OPTS"], "-Da  -Db"),
            ("-Da=$JAVA_OPTS.", &["$JAVA_OPTS"], "-Da=."),
            (r"-Da=C:\tmp\\x&y|z", &["$JAVA_OPTS"], r"-Da=C:\tmp\\x&y|z"),
            ("", &["\t-Da\n  -Db='\n' \n"], "-Da\n  -Db='\n'"),
            ("-n", &["$JAVA_OPTS"], "-n"),
        ] {
            let found = assembled(Some(user), files).options;
            assert_eq!(String::from_utf8(found).unwrap(), expected, "{user:?} {files:?}");
        }
        assert_eq!(
            assembled(None, &["-Da $JAVA_OPTS"]),
            Assembled { options: b"-Da".to_vec(), ..Assembled::default() }
        );
    }

    #[test]
    fn warnings() {
        for (user, file, expected) in [
            (
                "-Dsafe $(id -u) -Dmore",
                "$JAVA_OPTS",
                Some(
                    "WARNING: JAVA_OPTS contains command substitution; it will NOT be executed and will be passed literally to the JVM. Matching: $(id -u)",
                ),
            ),
            (
                "-Da=`id`",
                "",
                Some(
                    "WARNING: JAVA_OPTS contains command substitution; it will NOT be executed and will be passed literally to the JVM. Matching: `id`",
                ),
            ),
            (
                "-Da",
                "-Dsecret -Db=$(date) $JAVA_OPTS",
                Some(
                    "WARNING: unresolved command substitution in /o/1.opts; it will be passed to the JVM literally: $(date)",
                ),
            ),
            ("$HOME", "$(nproc) $JAVA_OPTS", None),
        ] {
            let expected: Vec<&str> = expected.into_iter().collect();
            assert_eq!(assembled(Some(user), &[file]).warnings, expected, "{user} {file}");
        }
    }

    #[test]
    fn bytes_are_kept() {
        let files = [File { path: "a".into(), content: b"-Da=\xff $JAVA_OPTS".to_vec() }];
        let variable = |_: &OsStr| Some(OsString::from_vec(b"-Db=\xfe".to_vec()));
        let found = assemble(&Inputs { files: &files, processors: b"1", variable: &variable });
        assert_eq!(found.options, b"-Da=\xff -Db=\xfe");
    }

    #[test]
    fn files_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        for (name, content) in
            [("20_b.opts", "b\n\n"), ("9_c.opts", "c\0c\nc"), ("05_a.opts", "a\r\n"), ("x.txt", "x"), (".y.opts", "y")]
        {
            fs::write(at.join(name), content).unwrap();
        }
        fs::create_dir(at.join("30_folder.opts")).unwrap();
        symlink("x.txt", at.join("40_link.opts")).unwrap();
        symlink("gone", at.join("50_gone.opts")).unwrap();
        let (files, warnings) = read(at).unwrap();
        let found: Vec<_> = files
            .iter()
            .map(|file| (file.path.file_name().unwrap().to_str().unwrap(), file.content.as_slice()))
            .collect();
        let expected: [(&str, &[u8]); 4] =
            [("05_a.opts", b"a\r"), ("20_b.opts", b"b"), ("40_link.opts", b"x"), ("9_c.opts", b"cc\nc")];
        assert_eq!(found, expected);
        let gone = at.join("50_gone.opts");
        let gone = gone.display();
        assert_eq!(warnings, [format!("WARNING: JVM options left out: read {gone}: no such file or directory")]);
        assert_eq!(read(Path::new("/gone")).unwrap_err(), "open /gone: no such file or directory");
    }
}
