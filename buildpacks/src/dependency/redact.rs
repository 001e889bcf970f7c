//! Keeps credentials out of records, logs and messages.

use std::fmt;

/// `uri` without what stands between `//` and `@`, and without its query and fragment (both carry tokens).
pub fn redact(uri: &str) -> String {
    let (uri, query) = match uri.find(['?', '#']) {
        Some(at) => (&uri[..at], "?***"),
        None => (uri, ""),
    };
    let Some((scheme, rest)) = uri.split_once("://") else { return format!("{uri}{query}") };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://***{}{query}", &rest[at..]),
        None => format!("{scheme}://{rest}{query}"),
    }
}

/// A library's error, whose text may quote URLs: of addresses that it was given or was led to, of proxies.
#[derive(Debug)]
pub struct Redacted<E>(pub E);

impl<E: fmt::Display> fmt::Display for Redacted<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&redact_text(&self.0.to_string()))
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for Redacted<E> {}

/// A text with every URL in it redacted: messages of libraries quote URLs that they were given or were led to. Fragments
/// stay unless they assign something: documents are linked to by them.
pub fn redact_text(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let ends = |letter: char| letter.is_whitespace() || letter.is_control() || "`\"<>".contains(letter);
        let start = rest[..at].rfind(|letter: char| !letter.is_ascii_alphanumeric() && !"+.-".contains(letter));
        let start = start.map_or(0, |start| start + rest[start..].chars().next().map_or(0, char::len_utf8));
        let end = rest[at..].find(ends).map_or(rest.len(), |end| at + end);
        redacted.push_str(&rest[..start]);
        redacted.push_str(&word(&rest[start..end]));
        rest = &rest[end..];
    }
    redacted + rest
}

/// A URL in a text, with what stands after it up to the next space.
fn word(uri: &str) -> String {
    /// What [`redact`] puts in the place of a query: what follows it was there before.
    const DONE: &str = "?***";
    if let Some((uri, after)) = uri.split_once(DONE) {
        return format!("{}{DONE}{after}", redact(uri));
    }
    match uri.split_once('#') {
        Some((uri, fragment)) if !uri.contains('?') && !fragment.contains('=') => format!("{}#{fragment}", redact(uri)),
        _ => redact(uri),
    }
}

#[cfg(test)]
mod tests {
    use super::{redact, redact_text};

    #[test]
    fn credentials_never_show() {
        assert_eq!(redact("https://user:pa@ss@host/x.jar"), "https://***@host/x.jar");
        assert_eq!(redact("https://host/x@2.jar"), "https://host/x@2.jar");
        assert_eq!(redact("https://host/x.jar?token=1#f"), "https://host/x.jar?***");
        assert_eq!(redact("file:/x/y.jar"), "file:/x/y.jar");
        assert_eq!(redact("https://user@host?a=1"), "https://***@host?***");
    }

    #[test]
    fn urls_in_texts_are_redacted_where_they_stand() {
        for (text, redacted) in [
            ("no URL: a://", "no URL: a://"),
            ("http status: 404", "http status: 404"),
            ("'https://user:secret@host/x.zip': 404", "'https://***@host/x.zip': 404"),
            ("`http://u:p@h` and https://h/x?token=1 both", "`http://***@h` and https://h/x?*** both"),
            ("bad uri: https://h/x#token=1", "bad uri: https://h/x?***"),
            ("See: https://h/x.html#part\nnext", "See: https://h/x.html#part\nnext"),
            ("proxy socks5://u:p@ss@h:1/: refused", "proxy socks5://***@h:1/: refused"),
            ("é://u:p@h é", "é://***@h é"),
        ] {
            assert_eq!(redact_text(text), redacted);
            assert_eq!(redact_text(redacted), redacted, "twice is once");
        }
    }
}
