//! Keeps credentials out of records, logs and messages.

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

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn credentials_never_show() {
        assert_eq!(redact("https://user:pa@ss@host/x.jar"), "https://***@host/x.jar");
        assert_eq!(redact("https://host/x@2.jar"), "https://host/x@2.jar");
        assert_eq!(redact("https://host/x.jar?token=1#f"), "https://host/x.jar?***");
        assert_eq!(redact("file:/x/y.jar"), "file:/x/y.jar");
        assert_eq!(redact("https://user@host?a=1"), "https://***@host?***");
    }
}
