//! Texts that come from an application or an archive as one word of a shell's command or script.

use std::borrow::Cow;

/// The word that stands for `text`: itself, or in quotes where a shell would see more in it than letters.
pub(super) fn quoted(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(format!("'{}'", text.replace('\'', r"'\''"))) }
}

/// Whether a shell takes the text as it is, wherever it stands.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-.,:/@+%".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_text_back() {
        for text in
            ["demo.Main", "a-1.0+2_x.jar", "größe", "a b", "it's", "$(id)", "a\nb", "", "~", "a;b", "Outer$Inner"]
        {
            let script = format!("printf %s {}", quoted(text));
            let said = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), text, "{script}");
        }
        assert_eq!(quoted("a-1.0+2_x.jar"), "a-1.0+2_x.jar");
    }
}
