//! Applications with a start script: distributions, staged Spring Boot, Ratpack, Play.

use super::super::phase::Phase;
use super::super::staging::Failure;

/// A script, and jars that belong to none of the other kinds.
pub(super) fn is_dist_zip(phase: &Phase<'_>) -> Result<bool, Failure> {
    let root = root(phase);
    Ok(has_start_script(phase, &root)
        && !files(phase, &below(&root, "lib"), |name| name.strip_suffix(".jar").is_some()).is_empty()
        && !has_ratpack(phase)
        && !phase.is_spring_boot()
        && !is_play(phase)?)
}

/// A script, and Ratpack's jar.
pub(super) fn is_ratpack(phase: &Phase<'_>) -> bool {
    has_start_script(phase, &root(phase)) && has_ratpack(phase)
}

/// A script, and what tells Spring Boot.
pub(super) fn is_spring_boot(phase: &Phase<'_>) -> bool {
    has_start_script(phase, &root(phase)) && phase.is_spring_boot()
}

/// Play, in one of its four layouts.
pub(super) fn is_play(phase: &Phase<'_>) -> Result<bool, Failure> {
    let single = single_folder(phase);
    let started = |root: &str| phase.staging.bits.exists(&below(root, "start"));
    let jars = |root: &str, folder: &str| !files(phase, &below(root, folder), is_play_jar).is_empty();
    let layouts = [
        single.as_deref().is_some_and(|root| has_start_script(phase, root) && jars(root, "lib")),
        has_start_script(phase, "") && jars("", "lib"),
        single.as_deref().is_some_and(|root| started(root) && jars(root, "lib")),
        started("") && jars("", "staged"),
    ];
    match layouts.iter().filter(|layout| **layout).count() {
        0 | 1 => Ok(layouts.contains(&true)),
        _ => Err(Failure("The application has the layout of several versions of Play".to_owned())),
    }
}

/// Whether Ratpack's jar is among the libraries.
pub(super) fn has_ratpack(phase: &Phase<'_>) -> bool {
    phase.library(|path| path.rfind("ratpack-core-").is_some_and(|at| path[at + 13..].contains(".jar")))
}

fn is_play_jar(name: &str) -> bool {
    let Some(at) = name.find("play_") else { return false };
    let rest = &name[at + 5..];
    rest.strip_suffix(".jar").is_some_and(|rest| rest.contains('-'))
}

/// The only folder of the application, or its own.
fn root(phase: &Phase<'_>) -> String {
    single_folder(phase).unwrap_or_default()
}

fn single_folder(phase: &Phase<'_>) -> Option<String> {
    let listed = phase.staging.bits.list("").into_iter();
    let mut folders = listed.filter(|entry| entry.is_dir && !entry.name.starts_with('.'));
    let first = folders.next()?;
    folders.next().is_none().then_some(first.name)
}

/// The only file in `bin`, or one that has a twin for Windows.
fn has_start_script(phase: &Phase<'_>, root: &str) -> bool {
    let names = files(phase, &below(root, "bin"), |_| true);
    names.len() == 1 || names.iter().any(|name| names.contains(&format!("{name}.bat")))
}

fn below(root: &str, folder: &str) -> String {
    if root.is_empty() { folder.to_owned() } else { format!("{root}/{folder}") }
}

/// Names in a folder, but hidden ones.
fn files(phase: &Phase<'_>, folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let listed = phase.staging.bits.list(folder).into_iter().map(|entry| entry.name);
    listed.filter(|name| !name.starts_with('.') && wanted(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::is_play_jar;

    #[test]
    fn play_s_jar_has_two_versions_in_its_name() {
        assert!(is_play_jar("com.typesafe.play.play_2.10-2.2.0.jar"));
        assert!(!is_play_jar("display-1.0.jar") && !is_play_jar("play_2.10.jar"));
    }
}
