//! Text taken as a format string by mistake, without any arguments: every `%` in it is garbled.

/// Gives what the originals print for `text` used as format string without arguments.
///
/// ```
/// assert_eq!(memcalc::go::format_without_arguments("5%\" done"), "5%!\"(MISSING) done");
/// ```
pub fn format_without_arguments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = verb(&rest[at + 1..], &mut out);
    }
    out.push_str(rest);
    out
}

/// Handles what follows a `%`; gives what is left after the verb.
fn verb<'a>(text: &'a str, out: &mut String) -> &'a str {
    let mut index = Index { good: true };
    let mut rest = text.trim_start_matches(['#', '0', '+', '-', ' ']);
    let mut after_index;
    (rest, after_index) = index.take(rest);
    if let Some(after) = rest.strip_prefix('*') {
        out.push_str("%!(BADWIDTH)");
        rest = after;
        after_index = false;
    } else {
        let (number, after) = number(rest);
        rest = after;
        index.good &= !(after_index && number);
    }
    if let Some(after) = rest.strip_prefix('.') {
        index.good &= !after_index;
        (rest, after_index) = index.take(after);
        if let Some(after) = rest.strip_prefix('*') {
            out.push_str("%!(BADPREC)");
            rest = after;
            after_index = false;
        } else {
            rest = number(rest).1;
        }
    }
    if !after_index {
        (rest, _) = index.take(rest);
    }
    let mut chars = rest.chars();
    match chars.next() {
        None => out.push_str("%!(NOVERB)"),
        Some('%') => out.push('%'),
        Some(c) => {
            out.push_str("%!");
            out.push(c);
            out.push_str(if index.good { "(MISSING)" } else { "(BADINDEX)" });
        }
    }
    chars.as_str()
}

/// Explicit argument indexes, `[n]`: without arguments never good.
struct Index {
    good: bool,
}

impl Index {
    /// Takes an index if one stands here; tells whether it was well-formed.
    fn take<'a>(&mut self, text: &'a str) -> (&'a str, bool) {
        if !text.starts_with('[') {
            return (text, false);
        }
        self.good = false;
        match text.find(']') {
            Some(end) => {
                let inner = &text[1..end];
                (&text[end + 1..], !inner.is_empty() && number(inner) == (true, ""))
            }
            None => (&text[1..], false),
        }
    }
}

/// Takes a width; one beyond a million swallows all the rest.
fn number(text: &str) -> (bool, &str) {
    let mut value = 0u32;
    for (at, byte) in text.bytes().enumerate() {
        if !byte.is_ascii_digit() {
            return (at > 0, &text[at..]);
        }
        if value > 1_000_000 {
            return (false, "");
        }
        value = value * 10 + u32::from(byte - b'0');
    }
    (!text.is_empty(), "")
}
