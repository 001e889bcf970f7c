//! `META-INF/MANIFEST.MF` as the buildpack reads it: line by line.

use crate::java::cloudfoundry::Bits;

/// Where it lies.
pub(super) const PATH: &str = "META-INF/MANIFEST.MF";

/// The application's own.
pub(super) fn text(bits: Bits<'_>) -> Option<String> {
    bits.text(PATH)
}

/// The value of the first line that starts with `name:`, continuation lines left apart.
pub(super) fn attribute(text: &str, name: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
    value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The same, with continuation lines.
pub(super) fn unfolded(text: &str, name: &str) -> Option<String> {
    attribute(&text.replace("\r\n", "\n").replace("\n ", ""), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_go_on_in_the_next_line() {
        let text = "Manifest-Version: 1.0\r\nMain-Class: a.very.\r\n long.Name\r\nEmpty:\r\n";
        assert_eq!(attribute(text, "Main-Class").unwrap(), "a.very.");
        assert_eq!(unfolded(text, "Main-Class").unwrap(), "a.very.long.Name");
        assert_eq!(unfolded(text, "Empty"), None);
    }
}
