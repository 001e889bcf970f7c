//! The rules of the detect scripts, one file for each that has more than a name at the top.

mod dotnet_core;
mod go;
mod java;
mod php;
mod top_file;

use super::tree::Tree;
use super::{ApplicationType, SystemError, Variables};
use crate::api::Evidence;

/// What a buildpack's rules found.
pub(super) struct Found {
    pub(super) evidence: Vec<Evidence>,
    /// Whether only rules that take applications of every kind found something.
    pub(super) broad: bool,
}

/// Asks one buildpack; none when it does not take the application.
pub(super) fn look(
    application_type: ApplicationType,
    tree: Tree<'_>,
    variables: &Variables,
) -> Result<Option<Found>, SystemError> {
    let evidence = match application_type {
        ApplicationType::Java => return java::look(tree),
        ApplicationType::Staticfile => top_file::any_of(tree, &["Staticfile"]),
        ApplicationType::Ruby => top_file::any_of(tree, &[variables.bundle_gemfile.as_deref().unwrap_or("Gemfile")]),
        ApplicationType::DotnetCore => dotnet_core::look(tree),
        ApplicationType::Nodejs => top_file::any_of(tree, &["package.json"]),
        ApplicationType::Go => go::look(tree, variables.go_package_name.as_deref()),
        ApplicationType::Python => {
            top_file::any_of(tree, &["requirements.txt", "setup.py", "environment.yml", "Pipfile"])
        }
        ApplicationType::Php => php::look(tree),
        ApplicationType::Binary => Vec::new(),
    };
    Ok((!evidence.is_empty()).then_some(Found { evidence, broad: false }))
}

fn evidence(path: impl Into<String>, what: impl Into<String>) -> Evidence {
    Evidence { path: path.into(), what: what.into() }
}

/// The first of several paths, with how many more there are.
fn first_of<P: AsRef<str>>(paths: &[P], what: &str) -> Option<Evidence> {
    let (first, rest) = paths.split_first()?;
    let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
    Some(evidence(first.as_ref(), format!("{what}{more}")))
}
