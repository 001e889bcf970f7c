//! Addresses, taken apart and put together again as the lifecycle's URL parser does.

use std::fmt::Write as _;

/// An absolute or relative address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Url {
    /// Lower-case scheme; empty when there is none.
    pub(super) scheme: String,
    /// What follows `scheme:` when that is no slash.
    opaque: String,
    user: Option<(String, Option<String>)>,
    has_authority: bool,
    host: String,
    /// The path, escapes undone.
    pub(super) path: Vec<u8>,
    raw_path: String,
    query: Option<String>,
    /// What follows `#`, escapes undone.
    pub(super) fragment: Option<Vec<u8>>,
    raw_fragment: String,
}

impl Url {
    /// Takes the text apart; none when it is no address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return None;
        }
        let mut url = Self::default();
        let (text, fragment) = match text.split_once('#') {
            Some((text, fragment)) => (text, Some(fragment)),
            None => (text, None),
        };
        if let Some(fragment) = fragment.filter(|fragment| !fragment.is_empty()) {
            url.fragment = Some(unescape(fragment)?);
            fragment.clone_into(&mut url.raw_fragment);
        }
        if text.is_empty() {
            return if fragment.is_some() { Some(url) } else { None };
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let rest = match rest.split_once('?') {
            Some((rest, query)) => {
                url.query = Some(query.to_owned());
                rest
            }
            None => rest,
        };
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Some(url);
            }
            if rest.split('/').next().unwrap_or_default().contains(':') {
                return None;
            }
        }
        let rest = match rest.strip_prefix("//") {
            Some(rest) if !url.scheme.is_empty() || !rest.starts_with('/') => {
                let end = rest.find('/').unwrap_or(rest.len());
                url.authority(&rest[..end])?;
                &rest[end..]
            }
            _ => rest,
        };
        url.path = unescape(rest)?;
        rest.clone_into(&mut url.raw_path);
        Some(url)
    }

    fn authority(&mut self, text: &str) -> Option<()> {
        self.has_authority = true;
        let (user, host) = match text.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, text),
        };
        if let Some(user) = user {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
            if !user.chars().all(allowed) {
                return None;
            }
            let decoded = |text: &str| unescape(text).map(|bytes| escape(&bytes, "-_.~$&+,;="));
            self.user = Some(match user.split_once(':') {
                Some((name, password)) => (decoded(name)?, Some(decoded(password)?)),
                None => (decoded(user)?, None),
            });
        }
        if host.starts_with('[') {
            let end = host.rfind(']')?;
            valid_port(&host[end + 1..])?;
        } else if let Some(colon) = host.rfind(':') {
            valid_port(&host[colon..])?;
        }
        let refused =
            |byte: u8| byte < 0x80 && !byte.is_ascii_alphanumeric() && !b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte);
        if !host.contains('%') {
            if host.bytes().any(refused) {
                return None;
            }
            host.clone_into(&mut self.host);
            return Some(());
        }
        let bytes = unescape(host)?;
        if bytes.is_ascii() {
            // Escapes in a host may only stand for bytes outside ASCII.
            return None;
        }
        self.host = String::from_utf8(bytes).ok()?;
        Some(())
    }

    /// Puts the address together with another scheme.
    pub(super) fn with_scheme(&self, scheme: &str) -> String {
        let mut text = format!("{scheme}:");
        if self.opaque.is_empty() {
            if self.has_authority && (!self.host.is_empty() || self.user.is_some() || !self.path.is_empty()) {
                text.push_str("//");
            }
            if let Some((name, password)) = &self.user {
                text.push_str(name);
                if let Some(password) = password {
                    text.push(':');
                    text.push_str(password);
                }
                text.push('@');
            }
            text.push_str(&escape(self.host.as_bytes(), "-_.~!$&'()*+,;=:[]<>\""));
            text.push_str(&kept_or_escaped(&self.raw_path, &self.path, "-_.~$&+,/:;=@", "!'()*[]"));
        } else {
            text.push_str(&self.opaque);
        }
        if let Some(query) = &self.query {
            let _ = write!(text, "?{query}");
        }
        if let Some(fragment) = &self.fragment {
            text.push('#');
            text.push_str(&kept_or_escaped(&self.raw_fragment, fragment, "-_.~$&+,/:;=?@!()*", "'[]"));
        }
        text
    }
}

/// The scheme before the first colon, and the rest; an empty scheme when there is none, none when it is misplaced.
fn scheme(text: &str) -> Option<(&str, &str)> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return None,
            b':' => return Some((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Some(("", text))
}

fn valid_port(text: &str) -> Option<()> {
    let digits = if text.is_empty() { "" } else { text.strip_prefix(':')? };
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(())
}

/// The text as it came when it is validly escaped, else the bytes escaped anew.
fn kept_or_escaped(raw: &str, bytes: &[u8], unescaped: &str, tolerated: &str) -> String {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '%' || unescaped.contains(c) || tolerated.contains(c);
    if raw.chars().all(fine) { raw.to_owned() } else { escape(bytes, unescaped) }
}

fn escape(bytes: &[u8], unescaped: &str) -> String {
    let mut text = String::new();
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || (byte.is_ascii() && unescaped.as_bytes().contains(byte)) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(high * 16 + low);
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back() {
        for (text, wanted) in [
            ("postgresql://u:p@h/db", Some("postgres://u:p@h/db")),
            ("postgres://h:5432/db?ssl=true&x=1#f", Some("postgres://h:5432/db?ssl=true&x=1#f")),
            ("POSTGRES://u%40x:p%2Fq@h/a%20b", Some("postgres://u%40x:p%2Fq@h/a%20b")),
            ("postgres://u:%zz@h/db", None),
            ("postgres://h:port/db", None),
            ("postgres://h/d b", Some("postgres://h/d%20b")),
            ("postgres://[::1]:5/db", Some("postgres://[::1]:5/db")),
            ("postgres://u:p ss@h/db", None),
            ("postgres://u:p'!@h/db", Some("postgres://u:p%27%21@h/db")),
            (":foo", None),
        ] {
            assert_eq!(Url::parse(text).map(|url| url.with_scheme("postgres")).as_deref(), wanted, "{text}");
        }
        assert_eq!(Url::parse("foo:bar").unwrap().scheme, "foo");
        assert_eq!(Url::parse("ruby_buildpack").unwrap().scheme, "");
    }
}
