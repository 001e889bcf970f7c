//! .NET: one runtime configuration at the top, as published output has it, or a project anywhere.

use super::{evidence, first_of};
use crate::api::Evidence;
use crate::system::tree::Tree;

const PROJECTS: [&str; 3] = [".csproj", ".fsproj", ".vbproj"];

pub(super) fn look(tree: Tree<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    // With two of them the original's test errs, which is a no.
    if let [configuration] = tree.ending_in("", ".runtimeconfig.json").as_slice()
        && tree.is_file(configuration)
    {
        found.push(evidence(configuration.as_str(), "is the only runtime configuration at the top"));
    }
    let projects = tree.named(|name| PROJECTS.iter().any(|extension| name.ends_with(extension)));
    found.extend(first_of(&projects, "is a .NET project"));
    found
}
