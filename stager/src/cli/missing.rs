//! Names that mean nothing: the application is not there, or a word is no command. Said before anything is made.

use std::path::{Path, PathBuf};

use clap::CommandFactory as _;

use super::args::Cli;
use super::problem::{Code, Problem};

/// How many names of a folder are looked at.
const MOST_NAMES: usize = 10_000;
/// Names are alike that share this much, of 1.
const ALIKE: f64 = 0.85;

/// There is no such file or folder.
#[derive(Debug, thiserror::Error)]
#[error("There is no file or folder `{}`", path.display())]
pub(super) struct NoSuchFile {
    path: PathBuf,
    /// What may have been meant.
    near: Option<String>,
}

impl Problem for NoSuchFile {
    fn code(&self) -> Code {
        Code::InputMissing
    }

    fn advice(&self) -> Option<String> {
        let near = self.near.as_ref().map(|near| format!("Did you mean {near}?"));
        let word = is_word(&self.path).then(|| "It is no command either: `stage help` lists them".to_owned());
        Some([near, word].into_iter().flatten().collect::<Vec<_>>().join("\n")).filter(|lines| !lines.is_empty())
    }
}

/// Refuses an application that is not there.
pub(super) fn refuse(path: &Path) -> Result<(), NoSuchFile> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        _ => return Ok(()),
    }
    let command = path.to_str().filter(|_| is_word(path)).and_then(near_command);
    let near = command.map(|name| format!("the command `stage {name}`")).or_else(|| near_file(path));
    Err(NoSuchFile { path: path.to_owned(), near })
}

/// Whether it looks like a command more than like a file.
fn is_word(path: &Path) -> bool {
    path.to_str().is_some_and(|text| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
}

/// The command that is called much like this.
pub(super) fn near_command(word: &str) -> Option<String> {
    let command = Cli::command();
    nearest(word, command.get_subcommands().map(|command| command.get_name().to_owned()))
}

/// The file beside it that is called much like this.
fn near_file(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let names = fs_err::read_dir(folder.unwrap_or(Path::new("."))).ok()?.take(MOST_NAMES).flatten();
    let near = nearest(name, names.filter_map(|entry| entry.file_name().into_string().ok()))?;
    Some(format!("`{}`", folder.map_or_else(|| near.clone().into(), |folder| folder.join(&near)).display()))
}

pub(super) fn nearest(word: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let alike = names.map(|name| (strsim::jaro_winkler(word, &name), name)).filter(|(alike, _)| *alike >= ALIKE);
    alike.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        for (word, near) in
            [("detct", Some("detect")), ("plann", Some("plan")), ("inspekt", Some("inspect")), ("soup", None)]
        {
            assert_eq!(near_command(word).as_deref(), near, "{word}");
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("app.jar"), "").unwrap();
        let error = refuse(&folder.path().join("app.jaar")).unwrap_err();
        assert!(error.advice().unwrap().contains("/app.jar`?"), "{error:?}");
        assert!(refuse(&folder.path().join("other.war")).unwrap_err().advice().is_none());
        assert!(refuse(folder.path()).is_ok());
    }
}
