//! Options as a shell would take them apart, and how one is written into a command that a shell reads again.

/// Splits a text at white space; quotes and backslashes keep words together.
///
/// # Errors
/// A quote that is not closed: the text.
pub(super) fn split(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                let (quoted, rest) = chars.as_str().split_once('\'').ok_or_else(|| text.to_owned())?;
                word.get_or_insert_default().push_str(quoted);
                chars = rest.chars();
            }
            '"' => double_quoted(&mut chars, word.get_or_insert_default()).ok_or_else(|| text.to_owned())?,
            '\\' => {
                let word = word.get_or_insert_default();
                match chars.next() {
                    None => word.push('\\'),
                    Some('\n') => word.push_str("\\\n"),
                    Some(next) => word.push(next),
                }
            }
            c if c.is_ascii_whitespace() || c == '\u{b}' => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Up to the closing quote; a backslash stays but before `$`, backtick, quote, backslash and newline.
fn double_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => return Some(()),
            '\\' => {
                let next = chars.next()?;
                if !matches!(next, '$' | '`' | '"' | '\\' | '\n') {
                    word.push('\\');
                }
                word.push(next);
            }
            c => word.push(c),
        }
    }
}

/// An option with its value protected: `-Dname=a b` is `-Dname=a\ b`. Variables are still put in when the command runs.
pub(super) fn protect(option: &str) -> String {
    let value_at = |line: &str| {
        let first = line.chars().next()?.len_utf8();
        let at = first + line[first..].find('=')? + 1;
        (at < line.len()).then_some(at)
    };
    // only the first line that has a value is kept, as ever
    let Some((line, at)) = option.split('\n').find_map(|line| Some((line, value_at(line)?))) else {
        return option.to_owned();
    };
    let (key, value) = line.split_at(at);
    let mut protected = key.to_owned();
    for c in value.chars() {
        if !(c.is_ascii_alphanumeric() || "_-.,:/@$\\".contains(c)) {
            protected.push('\\');
        }
        protected.push(c);
    }
    protected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_apart_as_a_shell_does() {
        for (text, words) in [
            ("-Da=b  -Dc=d\n-De", &["-Da=b", "-Dc=d", "-De"][..]),
            ("-Da=\"b c\" 'x y'z", &["-Da=b c", "x yz"]),
            (r#"a\ b "\$x \n \"" '\$'"#, &["a b", r#"$x \n ""#, r"\$"]),
            ("\"\" '' ", &["", ""]),
            (r"end\", &[r"end\"]),
            ("", &[]),
        ] {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
        for text in ["-Da=\"b", "'", "\"\\"] {
            assert_eq!(split(text), Err(text.to_owned()));
        }
    }

    #[test]
    fn values_are_protected_from_the_shell_that_runs_the_command() {
        for (option, wanted) in [
            ("-Dfoo=a b", r"-Dfoo=a\ b"),
            ("-Dx=y=z", r"-Dx=y\=z"),
            ("-Dq=$PORT", "-Dq=$PORT"),
            ("-Dr=it(x)", r"-Dr=it\(x\)"),
            ("-Dstar=*;a&b", r"-Dstar=\*\;a\&b"),
            ("-Dempty=", "-Dempty="),
            ("plain q", "plain q"),
            ("=x", "=x"),
            ("==x", "==x"),
            ("a==", r"a=\="),
            ("-Dü=ä", "-Dü=\\ä"),
        ] {
            assert_eq!(protect(option), wanted);
        }
    }
}
