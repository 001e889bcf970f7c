//! `META-INF/MANIFEST.MF`, read as a file of properties.

use crate::java::cloudfoundry::Bits;

const MANIFEST: &str = "META-INF/MANIFEST.MF";

/// Names and values; of a repeated name the last one counts.
#[derive(Debug, Default)]
pub(super) struct Properties(Vec<(String, String)>);

impl Properties {
    /// The application's manifest; empty when it has none.
    pub(super) fn manifest(bits: Bits<'_>) -> Self {
        bits.text(MANIFEST).map(|text| Self::of(&text)).unwrap_or_default()
    }

    /// Reads a text. A line that starts with a blank goes on with the one before.
    fn of(text: &str) -> Self {
        let breaks = |c: char| matches!(c, '\r' | '\n' | '\u{c}');
        let mut joined = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(breaks) {
            let end = at + rest[at..].find(|c| !breaks(c)).unwrap_or(rest.len() - at);
            let continued = rest[end..].starts_with(' ');
            joined.push_str(&rest[..if continued { at } else { end }]);
            rest = &rest[if continued { end + 1 } else { end }..];
        }
        joined.push_str(rest);
        Self(joined.split('\n').filter_map(property).collect())
    }

    /// A value, which may be empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn property(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if line.starts_with(['#', '!']) {
        return None;
    }
    let end = line.find(|c: char| c == ':' || c == '=' || c.is_whitespace()).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let value = rest.strip_prefix([':', '=']).unwrap_or(rest);
    (!name.is_empty()).then(|| (name.to_owned(), value.trim_start().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_on_in_the_next_line() {
        let text = "Manifest-Version: 1.0\r\nMain-Class: a.very.\r\n long.Name\r\nClass-Path: lib/a.jar \n \
                    lib/b.jar\n# x: y\n: no\nEmpty:\r\nkey = v  \nTwice: 1\nTwice: 2";
        let properties = Properties::of(text);
        for (name, value) in [
            ("Manifest-Version", Some("1.0")),
            ("Main-Class", Some("a.very.long.Name")),
            ("Class-Path", Some("lib/a.jar lib/b.jar")),
            ("Empty", Some("")),
            ("key", Some("v")),
            ("Twice", Some("2")),
            ("#", None),
        ] {
            assert_eq!(properties.get(name), value, "{name}");
        }
    }
}
