//! Locales of a base made from a host: it has one, and those that need no files.

/// The locale of a base made from a host.
pub(super) const ONLY: &str = "C.UTF-8";
/// Locales of every C library.
const OF_EVERY: [&str; 3] = ["", "C", "POSIX"];

/// What a person must be told about a variable of the image: that it names a locale which a base made from a host does not
/// have. `None` for any other variable.
pub fn note(name: &str, value: &str) -> Option<String> {
    let is_locale = name == "LANG" || name.starts_with("LC_");
    let plain = value.to_ascii_lowercase().replace('-', "");
    let is_there = OF_EVERY.contains(&value) || plain == "c.utf8";
    (is_locale && !is_there).then(|| {
        format!(
            "{name}={value} names a locale that the base made from this host does not have: it has {ONLY}; another base \
             (`--base`) may have more"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_that_are_not_there_are_said() {
        for (name, value, is_said) in [
            ("LANG", "de_DE.UTF-8", true),
            ("LC_ALL", "en_US.utf8", true),
            ("LC_TIME", "de_DE", true),
            ("LANG", "C.UTF-8", false),
            ("LC_ALL", "C.utf8", false),
            ("LANG", "C", false),
            ("LC_ALL", "POSIX", false),
            ("LANG", "", false),
            ("LANGUAGE", "de", false),
            ("TZ", "Europe/Berlin", false),
        ] {
            let note = note(name, value);
            assert_eq!(note.is_some(), is_said, "{name}={value}");
            assert!(note.is_none_or(|note| note.starts_with(&format!("{name}={value} "))), "{name}={value}");
        }
    }
}
