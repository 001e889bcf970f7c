//! Buildpacks that want a file of a certain name at the top: staticfile, ruby, nodejs, python.

use super::evidence;
use crate::api::Evidence;
use crate::system::tree::Tree;

pub(super) fn any_of(tree: Tree<'_>, names: &[&str]) -> Vec<Evidence> {
    names.iter().filter(|name| tree.is_file(name)).map(|name| evidence(*name, "is there")).collect()
}
