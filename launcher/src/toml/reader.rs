//! Tokens: keys, values and strings.

use super::table::{Error, Table, Value, descend, insert};

/// Arrays and inline tables nested deeper, and keys of more parts, are refused, so that hostile input cannot exhaust the stack.
const DEPTH: usize = 32;

/// A position in the text.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    lines: Lines<'a>,
}

/// Counts lines on the way through a text, looking at each byte once.
struct Lines<'a> {
    /// What was not looked at yet.
    ahead: &'a [u8],
    /// Lines that have ended.
    ended: usize,
}

impl Lines<'_> {
    /// The line, from 1, of the place after which `left` bytes are left. Places follow each other as in the text.
    fn line(&mut self, left: usize) -> usize {
        let (passed, ahead) = self.ahead.split_at(self.ahead.len().saturating_sub(left));
        self.ended += passed.split(|byte| *byte == b'\n').count() - 1;
        self.ahead = ahead;
        1 + self.ended
    }
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, lines: Lines { ahead: text.as_bytes(), ended: 0 } }
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The current line, from 1.
    pub(super) fn line(&mut self) -> usize {
        self.lines.line(self.rest().len())
    }

    fn error(&mut self, message: impl Into<String>) -> Error {
        Error::new(self.line(), message)
    }

    /// Skips a token if it is next.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Skips blanks and a token, which must be there.
    pub(super) fn expect(&mut self, token: &str) -> Result<(), Error> {
        self.skip_blanks();
        if self.take(token) {
            return Ok(());
        }
        Err(self.error(match self.rest().chars().next() {
            None | Some('\n' | '\r') => format!("expected `{token}`, found the end of the line"),
            Some(found) => format!("expected `{token}`, found `{found}`"),
        }))
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    }

    fn skip_comment(&mut self) {
        if self.rest().starts_with('#') {
            self.at += self.rest().bytes().take_while(|byte| *byte != b'\n').count();
        }
    }

    /// Skips blanks, comments and line ends.
    pub(super) fn skip_lines(&mut self) {
        loop {
            let before = self.at;
            self.skip_blanks();
            self.skip_comment();
            if self.take("\n") || self.take("\r\n") || self.at != before {
                continue;
            }
            return;
        }
    }

    /// Skips the rest of a line, which must be blank or a comment.
    pub(super) fn end_of_line(&mut self) -> Result<(), Error> {
        self.skip_blanks();
        self.skip_comment();
        if self.rest().is_empty() || self.take("\n") || self.take("\r\n") {
            return Ok(());
        }
        let found = self.rest().chars().next().unwrap_or_default();
        Err(self.error(format!("expected the end of the line, found `{found}`")))
    }

    /// A key, by its parts.
    pub(super) fn key(&mut self) -> Result<Vec<String>, Error> {
        let mut path = Vec::new();
        loop {
            self.skip_blanks();
            path.push(match self.rest().bytes().next() {
                Some(b'"') => {
                    self.at += 1;
                    self.basic()?
                }
                Some(b'\'') => {
                    self.at += 1;
                    self.literal()?
                }
                _ => self.bare_key()?,
            });
            self.skip_blanks();
            if !self.take(".") {
                return Ok(path);
            }
            if path.len() >= DEPTH {
                return Err(self.error("a key has too many parts"));
            }
        }
    }

    fn bare_key(&mut self) -> Result<String, Error> {
        let rest = self.rest();
        let length =
            rest.bytes().take_while(|byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
        let key = rest.get(..length.count()).unwrap_or_default();
        if key.is_empty() {
            return Err(self.error("expected a key"));
        }
        self.at += key.len();
        Ok(key.to_owned())
    }

    /// Reads a value at a depth of nesting.
    pub(super) fn value(&mut self, depth: usize) -> Result<Value, Error> {
        self.skip_blanks();
        if depth > DEPTH {
            return Err(self.error("values are nested too deeply"));
        }
        if self.take("\"\"\"") {
            return self.multi_line('"').map(Value::Text);
        }
        if self.take("'''") {
            return self.multi_line('\'').map(Value::Text);
        }
        if self.take("\"") {
            return self.basic().map(Value::Text);
        }
        if self.take("'") {
            return self.literal().map(Value::Text);
        }
        if self.take("[") {
            return self.array(depth).map(Value::Array);
        }
        if self.take("{") {
            return self.inline_table(depth).map(Value::Table);
        }
        self.plain()
    }

    /// A boolean, number or date.
    fn plain(&mut self) -> Result<Value, Error> {
        let rest = self.rest();
        let end = rest.find([',', ']', '}', '#', '\n', '\r']).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default().trim_end_matches([' ', '\t']);
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ if is_number_or_date(word) => Value::Other,
            "" => return Err(self.error("expected a value")),
            _ => return Err(self.error(format!("`{word}` is not a value"))),
        };
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Value>, Error> {
        let mut values = Vec::new();
        loop {
            self.skip_lines();
            if self.take("]") {
                return Ok(values);
            }
            values.push(self.value(depth + 1)?);
            self.skip_lines();
            if !self.take(",") {
                self.expect("]")?;
                return Ok(values);
            }
        }
    }

    fn inline_table(&mut self, depth: usize) -> Result<Table, Error> {
        let mut table = Table::default();
        loop {
            self.skip_lines();
            if self.take("}") {
                break;
            }
            let line = self.line();
            let mut path = self.key()?;
            self.expect("=")?;
            let value = self.value(depth + 1)?;
            let Some(key) = path.pop() else { return Err(self.error("expected a key")) };
            insert(descend(&mut table, &path, line)?, key, value, line)?;
            self.skip_lines();
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        table.closed = true;
        Ok(table)
    }

    /// The rest of `'...'`.
    fn literal(&mut self) -> Result<String, Error> {
        let rest = self.rest();
        let end = rest.find(['\'', '\n']).filter(|end| rest.as_bytes().get(*end) == Some(&b'\''));
        let Some(text) = end.and_then(|end| rest.get(..end)) else {
            return Err(self.error("the string has no end"));
        };
        self.at += text.len() + 1;
        Ok(text.to_owned())
    }

    /// The rest of `"..."`.
    fn basic(&mut self) -> Result<String, Error> {
        let mut text = String::new();
        loop {
            let mut characters = self.rest().chars();
            match characters.next() {
                Some('"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                None | Some('\n') => return Err(self.error("the string has no end")),
                Some(character) => {
                    self.at += character.len_utf8();
                    text.push(character);
                }
            }
        }
    }

    /// The rest of a string in three quotes of one kind.
    fn multi_line(&mut self, quote: char) -> Result<String, Error> {
        let mut text = String::new();
        // A line end right after the opening quotes is not part of the string.
        let _ = self.take("\n") || self.take("\r\n");
        loop {
            let quotes = self.rest().chars().take_while(|c| *c == quote).count();
            if quotes >= 3 {
                // Up to two more quotes belong to the string: `""""` ends a string that ends in a quote.
                let inside = (quotes - 3).min(2);
                text.extend(std::iter::repeat_n(quote, inside));
                self.at += 3 + inside;
                return Ok(text);
            }
            match self.rest().chars().next() {
                None => return Err(self.error("the string has no end")),
                Some('\\') if quote == '"' => {
                    self.at += 1;
                    if !self.line_continuation() {
                        text.push(self.escape()?);
                    }
                }
                Some(character) => {
                    self.at += character.len_utf8();
                    text.push(character);
                }
            }
        }
    }

    /// Skips white space after a backslash that ends a line.
    fn line_continuation(&mut self) -> bool {
        let rest = self.rest();
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let skipped = rest.len() - trimmed.len();
        let first_line = rest.trim_start_matches([' ', '\t', '\r']);
        if !first_line.starts_with('\n') {
            return false;
        }
        self.at += skipped;
        true
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Result<char, Error> {
        let Some(character) = self.rest().chars().next() else {
            return Err(self.error("the string has no end"));
        };
        self.at += character.len_utf8();
        match character {
            'b' => Ok('\u{8}'),
            't' => Ok('\t'),
            'n' => Ok('\n'),
            'f' => Ok('\u{c}'),
            'r' => Ok('\r'),
            'e' => Ok('\u{1b}'),
            '"' | '\\' => Ok(character),
            'x' => self.unicode(2),
            'u' => self.unicode(4),
            'U' => self.unicode(8),
            _ => Err(self.error(format!("`\\{character}` is not an escape"))),
        }
    }

    fn unicode(&mut self, digits: usize) -> Result<char, Error> {
        let hex = self.rest().get(..digits).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let Some(character) = code.and_then(char::from_u32) else {
            return Err(self.error("an escape names no character"));
        };
        self.at += digits;
        Ok(character)
    }
}

fn is_number_or_date(word: &str) -> bool {
    let unsigned = word.trim_start_matches(['+', '-']);
    unsigned == "inf"
        || unsigned == "nan"
        || unsigned.starts_with(|c: char| c.is_ascii_digit())
            && unsigned.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._: ".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_once() {
        let text = "a\nbc\n\nd";
        let mut lines = Lines { ahead: text.as_bytes(), ended: 0 };
        for (at, line) in [(0, 1), (1, 1), (2, 2), (2, 2), (5, 3), (6, 4), (7, 4)] {
            assert_eq!(lines.line(text.len() - at), line, "{at}");
            assert_eq!(lines.ahead, &text.as_bytes()[at..]);
        }
    }
}
