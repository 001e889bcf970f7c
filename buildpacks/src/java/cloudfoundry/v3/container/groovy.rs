//! Groovy files: a script of its own, or one for Spring Boot's command line.

use super::super::phase::Phase;
use super::distribution;

/// No class files, and exactly one Groovy file that can be started.
pub(super) fn is_groovy(phase: &Phase<'_>) -> bool {
    let files = files(phase);
    let classes = phase.visible.iter().any(|entry| !entry.is_dir && entry.name.strip_suffix(".class").is_some());
    let starts = |text: &String| has_main(text) || !is_class(text) || text.contains("#!");
    !classes && files.iter().filter(|(_, text)| starts(text)).count() == 1 && !distribution::has_ratpack(phase)
}

/// Groovy files that hold classes or beans only, and no web application.
pub(super) fn is_spring_boot_cli(phase: &Phase<'_>) -> bool {
    let files: Vec<_> = files(phase).into_iter().filter(|(name, _)| !name.contains("ch/qos/logback/")).collect();
    let fits = |text: &String| (is_class(text) || has_beans(text)) && !has_main(text) && !text.contains("#!");
    !files.is_empty() && files.iter().all(|(_, text)| fits(text)) && !phase.staging.bits.exists("WEB-INF")
}

/// Names and texts.
fn files(phase: &Phase<'_>) -> Vec<(String, String)> {
    let groovy = phase.visible.iter().filter(|entry| !entry.is_dir && entry.name.ends_with(".groovy"));
    groovy.map(|entry| (entry.name.clone(), phase.staging.bits.text(&entry.name).unwrap_or_default())).collect()
}

fn has_main(text: &str) -> bool {
    text.contains("static void main(")
}

fn has_beans(text: &str) -> bool {
    behind(text, "beans").any(|rest| rest.trim_start().starts_with('{'))
}

/// `class`, a name and what follows it, up to the brace.
fn is_class(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    behind(text, "class ").any(|rest| {
        rest.starts_with(word) && rest.trim_start_matches(|c: char| word(c) || c.is_whitespace()).starts_with('{')
    })
}

fn behind<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = &'t str> {
    text.match_indices(word).map(move |(at, _)| &text[at + word.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_beans_are_told_by_their_brace() {
        assert!(is_class("x\nclass A extends B {") && is_class("class A{}"));
        assert!(!is_class("class {") && !is_class("// class of (x) {") && !is_class("println 'x'"));
        assert!(has_beans("beans {\n}") && has_beans("beans\n{") && !has_beans("beans(x)"));
    }
}
