//! Switches of the virtual machine: files `java_opts/<priority>_<component>.opts`, put together when the container
//! starts, in the order of their names.

use crate::java::cloudfoundry::deposit::Tree;

/// Adds switches to a component's file.
pub(super) fn add(files: &mut Tree, priority: u8, component: &str, options: &str) {
    let path = format!("java_opts/{priority:02}_{component}.opts");
    let text = match files.text(&path) {
        Some(known) => format!("{} {options}", known.trim()),
        None => options.to_owned(),
    };
    files.file(&path, text);
}

/// A text as a part of one switch: a backslash before everything that a reader of words or references takes for more.
pub(super) fn word(text: &str) -> String {
    let mut word = String::with_capacity(text.len());
    for c in text.chars() {
        if !(c.is_alphanumeric() || "_-.,:/@+%=".contains(c)) {
            word.push('\\');
        }
        word.push(c);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_switches_of_a_component_follow_earlier_ones() {
        let mut files = Tree::default();
        add(&mut files, 5, "jre", "-Da=b");
        add(&mut files, 5, "jre", "-Dc=d");
        assert_eq!(files.text("java_opts/05_jre.opts").unwrap(), "-Da=b -Dc=d");
    }
}
