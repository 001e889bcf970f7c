//! `JAVA_OPTS` as arguments, by a shell's rules for words and quotes, and none of its others.
//!
//! White space separates. Quotes and backslashes do what they do in a shell. Nothing is expanded or executed: variables,
//! `$(...)`, `${...}` and backticks reach the JVM as they are, the latter three in one piece outside of quotes. Operators,
//! patterns and comments are ordinary characters.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// What a backslash takes the meaning of between double quotes.
const QUOTABLE: &[u8] = b"\"\\$`";

/// The arguments in a text. A quote or unit that is not closed ends with the text.
pub(super) fn tokens(text: &[u8]) -> Vec<OsString> {
    let mut tokens = Vec::new();
    let mut rest = after_blanks(text);
    while !rest.is_empty() {
        let mut token = Vec::new();
        rest = after_blanks(take(rest, &mut token));
        tokens.push(OsString::from_vec(token));
    }
    tokens
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn after_blanks(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|byte| is_blank(**byte)).count()..]
}

/// Takes one argument off the text. Gives what follows.
fn take<'a>(text: &'a [u8], token: &mut Vec<u8>) -> &'a [u8] {
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = match byte {
            blank if is_blank(*blank) => break,
            b'\'' => {
                let (quoted, after) = up_to(after, b'\'');
                token.extend(quoted);
                after
            }
            b'"' => double_quoted(after, token),
            b'\\' => {
                let (escaped, after) = after.split_first().unwrap_or((byte, after));
                token.push(*escaped);
                after
            }
            _ => {
                let (literal, after) = rest.split_at(unit(rest).unwrap_or(1));
                token.extend(literal);
                after
            }
        };
    }
    rest
}

/// Takes the rest of a text in double quotes. Gives what follows them.
fn double_quoted<'a>(text: &'a [u8], token: &mut Vec<u8>) -> &'a [u8] {
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return rest,
            [b'"', after @ ..] => return after,
            [b'\\', b'\n', after @ ..] => after,
            [b'\\', escaped, after @ ..] if QUOTABLE.contains(escaped) => {
                token.push(*escaped);
                after
            }
            [byte, after @ ..] => {
                token.push(*byte);
                after
            }
        };
    }
}

/// The text in front of a byte, and the text behind it.
fn up_to(text: &[u8], end: u8) -> (&[u8], &[u8]) {
    let length = text.iter().take_while(|byte| **byte != end).count();
    (&text[..length], text.get(length + 1..).unwrap_or_default())
}

/// The length of the `$(...)`, `${...}` or `` `...` `` a text starts with. Those within count; escaped brackets do not.
fn unit(text: &[u8]) -> Option<usize> {
    let (open, close) = match text {
        [b'$', b'(', ..] => (b'(', b')'),
        [b'$', b'{', ..] => (b'{', b'}'),
        [b'`', ..] => (b'`', b'`'),
        _ => return None,
    };
    let mut depth = 0_usize;
    let mut bytes = text.iter().enumerate();
    while let Some((index, byte)) = bytes.next() {
        if *byte == b'\\' {
            bytes.next();
        } else if *byte == close && depth > 0 {
            depth -= 1;
            if depth == 0 {
                return Some(index + 1);
            }
        } else if *byte == open {
            depth += 1;
        }
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    #[test]
    fn vectors() {
        for (text, expected) in [
            (r#"-Dfoo="bar baz""#, &["-Dfoo=bar baz"] as &[&str]),
            (r"a\ b", &["a b"]),
            (r"C:\\double", &[r"C:\double"]),
            (r#"-DcronSched="0 */7 * * * *""#, &["-DcronSched=0 */7 * * * *"]),
            (r#"-Dfoo="""#, &["-Dfoo="]),
            ("''", &[""]),
            ("", &[]),
            (" \t\n\r\x0b\x0c", &[]),
            ("\n-Xmx1g\r\n\t-Xss1M ", &["-Xmx1g", "-Xss1M"]),
            ("'' x \"\"", &["", "x", ""]),
            (r"-Da='C:\tmp \' b", &[r"-Da=C:\tmp \", "b"]),
            (r#""\a\"\\\$\`""#, &[r#"\a"\$`"#]),
            ("\"a\\\nb\" c\\\nd", &["ab", "c\nd"]),
            ("a'b c'\"d e\"f", &["ab cd ef"]),
            ("-Da=x&y|z;<>(#*?~! #b", &["-Da=x&y|z;<>(#*?~!", "#b"]),
            ("-Da=$HOME $ $1", &["-Da=$HOME", "$", "$1"]),
            ("-Da=$(echo a (b c) $(d e)) f", &["-Da=$(echo a (b c) $(d e))", "f"]),
            ("-Da=$(tr '\\n' \"x\") f", &["-Da=$(tr '\\n' \"x\")", "f"]),
            ("-Da=$(echo \\) x) f", &["-Da=$(echo \\) x)", "f"]),
            ("-Da=${B:-c {d} ${e f}} g", &["-Da=${B:-c {d} ${e f}}", "g"]),
            ("-Da=`b c`d e", &["-Da=`b c`d", "e"]),
            ("-Da=`b \\`c d\\` e` f", &["-Da=`b \\`c d\\` e`", "f"]),
            ("\"$(a b) `c d` ${e f}\" g", &["$(a b) `c d` ${e f}", "g"]),
            ("é\\é 'ü ö'", &["éé", "ü ö"]),
            // Not closed.
            ("'a b", &["a b"]),
            ("\"a b", &["a b"]),
            ("\"a\\", &["a\\"]),
            ("a\\", &["a\\"]),
            ("$(a b", &["$(a b"]),
            ("`a b\\", &["`a b\\"]),
        ] {
            assert_eq!(tokens(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn bytes_are_kept() {
        assert_eq!(tokens(b"-Da=\xff\\\xfe '\x80 '"), [b"-Da=\xff\xfe" as &[u8], b"\x80 "].map(os_string));
    }

    /// Every text of up to five of these characters, against the shell's own reading of it.
    #[test]
    fn quotes_are_a_shells() {
        const SCRIPT: &str = r#"
            while IFS= read -r -d '' text; do
                if eval "set -- $text" 2> /dev/null; then
                    [ $# -eq 0 ] || printf '%s\1' "$@"
                else
                    printf '\2'
                fi
                printf '\0'
            done"#;
        let mut texts = vec![String::new()];
        for length in 0..5 {
            let longest: Vec<String> = texts.iter().filter(|text| text.len() == length).cloned().collect();
            texts.extend(longest.iter().flat_map(|text| ["a", " ", "'", "\"", "\\"].map(|end| format!("{text}{end}"))));
        }
        let mut bash =
            Command::new("bash").args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = bash.stdin.take().unwrap();
        let lines = texts.join("\0") + "\0";
        let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
        let output = bash.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        let answers: Vec<&[u8]> = output.stdout.split_inclusive(|byte| *byte == 0).collect();
        assert_eq!(answers.len(), texts.len());
        let mut compared = 0;
        for (text, answer) in texts.iter().zip(answers) {
            // What has a quote that is not closed is no shell's.
            if answer == b"\x02\0" {
                continue;
            }
            let expected: Vec<OsString> = answer[..answer.len() - 1]
                .split_inclusive(|byte| *byte == 1)
                .map(|token| os_string(&token[..token.len() - 1]))
                .collect();
            assert_eq!(tokens(text.as_bytes()), expected, "{text:?}");
            compared += 1;
        }
        assert!(compared > 1000, "{compared}");
    }

    fn os_string(bytes: &[u8]) -> OsString {
        OsString::from_vec(bytes.to_vec())
    }
}
