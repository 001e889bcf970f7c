//! What no buildpack takes as it is, but one would with a little more.

use std::collections::BTreeSet;

use super::tree::Tree;
use super::{ApplicationType, SystemError};
use crate::application::Application;

/// Largest `Procfile` that is read, bytes.
const PROCFILE_BYTES: u64 = 1 << 20;
const ELF: &[u8] = b"\x7fELF";

/// A type the application nearly has, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The type.
    pub application_type: ApplicationType,
    /// What is there, what is missing.
    pub advice: String,
}

/// What an application that nobody takes might be.
///
/// # Errors
/// A file that decides cannot be read.
pub fn near_misses(application: &Application) -> Result<Vec<NearMiss>, SystemError> {
    let tree = Tree::of(application);
    let mut found = Vec::new();
    let mut say = |application_type, advice: String| found.push(NearMiss { application_type, advice });
    if tree.is_file("index.html") {
        let advice = "`index.html` alone is not taken: add an empty `Staticfile` beside it";
        say(ApplicationType::Staticfile, advice.to_owned());
    }
    if let Some((_, entry)) = tree.files("").find(|(_, entry)| entry.path.has_extension("go")) {
        let advice = format!("`{}` alone is not taken: add `go.mod`, or set `GOPACKAGENAME`", entry.path);
        say(ApplicationType::Go, advice);
    }
    for (file, wanted) in [
        ("pyproject.toml", "`requirements.txt` or `setup.py`"),
        ("Pipfile.lock", "`Pipfile`"),
        ("environment.yaml", "`environment.yml`: that very name"),
        ("runtime.txt", "`requirements.txt`"),
    ] {
        if tree.is_file(file) {
            say(ApplicationType::Python, format!("`{file}` alone is not taken: add {wanted}"));
        }
    }
    for (file, application_type, wanted) in [
        ("gems.rb", ApplicationType::Ruby, "name it `Gemfile`, or set `BUNDLE_GEMFILE`"),
        ("Gemfile.lock", ApplicationType::Ruby, "add `Gemfile`"),
        ("composer.lock", ApplicationType::Php, "add `composer.json`"),
        ("project.json", ApplicationType::DotnetCore, "migrate the project to `*.csproj`"),
    ] {
        if tree.is_file(file) {
            say(application_type, format!("`{file}` alone is not taken: {wanted}"));
        }
    }
    if let Some(solution) = tree.ending_in("", ".sln").first() {
        say(ApplicationType::DotnetCore, format!("`{solution}` without a project is not taken"));
    }
    if let Some(advice) = executable(tree)? {
        say(ApplicationType::Binary, advice);
    }
    Ok(found)
}

/// The one folder that everything lies in, as in archives of a whole project; none when there is more than that.
pub fn only_folder(application: &Application) -> Option<&str> {
    let first = application.entries().first()?.path.as_str().split_once('/')?.0;
    let inside = |path: &str| path.strip_prefix(first).is_some_and(|rest| rest.starts_with('/'));
    application.entries().iter().all(|entry| inside(entry.path.as_str())).then_some(first)
}

/// An ELF executable that a `Procfile` runs, else one at the top.
fn executable(tree: Tree<'_>) -> Result<Option<String>, SystemError> {
    let procfile = tree.text("Procfile", PROCFILE_BYTES)?;
    let words = procfile.as_deref().unwrap_or_default().split_whitespace();
    let words: BTreeSet<_> = words.map(|word| word.strip_prefix("./").unwrap_or(word)).collect();
    let mut at_top = None;
    for (depth, entry) in tree.files("") {
        let path = entry.path.as_str();
        let started = words.contains(path);
        if (started || depth == 1 && at_top.is_none()) && tree.starts_with(entry, ELF)? {
            if started {
                return Ok(Some(format!("`{path}` is an executable, and `Procfile` runs it")));
            }
            at_top = Some(path);
        }
    }
    Ok(at_top.map(|path| match procfile {
        Some(_) => format!("`{path}` is an executable beside a `Procfile`"),
        None => format!("`{path}` is an executable: say how it is started with `web: ./{path}` in a `Procfile`"),
    }))
}
