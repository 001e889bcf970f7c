//! A small TOML reader: what `metadata.toml` and the output of exec.d programs are made of.
//!
//! Strings of all four kinds, booleans, arrays, inline tables, tables and arrays of tables are read; numbers and dates
//! are accepted and not looked at. Duplicate keys, unknown syntax and anything after a value are errors with a line
//! number.

use std::fmt;

/// Arrays and inline tables nested deeper are refused, so that hostile input cannot exhaust the stack.
const DEPTH: usize = 32;

/// A value.
#[derive(Debug, PartialEq)]
pub(crate) enum Value {
    /// A string of any kind.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// A number or date, whose value nobody here needs.
    Other,
    /// An array.
    Array(Vec<Value>),
    /// A table, inline or not.
    Table(Table),
    /// The elements of `[[name]]`.
    Tables(Vec<Table>),
}

/// A key and its value.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// The value.
    pub(crate) value: Value,
    /// Line of the key, from 1.
    pub(crate) line: usize,
}

/// A table: its entries in the order of the text.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Table {
    /// The entries.
    pub(crate) entries: Vec<Entry>,
    /// Whether the table may not be opened again: it had its own header or was written inline.
    closed: bool,
}

impl Table {
    /// The entry with a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

/// What is wrong with a text, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Error {
    line: usize,
    message: String,
}

impl Error {
    /// An error at a line.
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "toml: line {}: {}", self.line, self.message)
    }
}

/// Reads a document.
pub(crate) fn parse(text: &str) -> Result<Table, Error> {
    let mut root = Table::default();
    // The path of the table that entries go to; looked up per entry, as a reference would borrow `root`.
    let mut header: Vec<String> = Vec::new();
    let mut reader = Reader { text, at: 0 };
    loop {
        reader.skip_lines();
        let line = reader.line();
        if reader.rest().is_empty() {
            return Ok(root);
        }
        if reader.take("[[") {
            header = reader.key()?;
            reader.expect("]]")?;
            append_table(&mut root, &header, line)?;
        } else if reader.take("[") {
            header = reader.key()?;
            reader.expect("]")?;
            open_table(&mut root, &header, line)?;
        } else {
            let mut path = reader.key()?;
            reader.expect("=")?;
            let value = reader.value(0)?;
            let table = descend(&mut root, &header, line)?;
            let Some(key) = path.pop() else { return Err(Error::new(line, "expected a key")) };
            let table = descend(table, &path, line)?;
            insert(table, key, value, line)?;
        }
        reader.end_of_line()?;
    }
}

fn insert(table: &mut Table, key: String, value: Value, line: usize) -> Result<(), Error> {
    if table.get(&key).is_some() {
        return Err(Error::new(line, format!("`{key}` is set twice")));
    }
    table.entries.push(Entry { key, value, line });
    Ok(())
}

/// Goes to the table at `path`, making missing ones. In an array of tables it goes to the last.
fn descend<'a>(table: &'a mut Table, path: &[String], line: usize) -> Result<&'a mut Table, Error> {
    let Some((key, rest)) = path.split_first() else { return Ok(table) };
    if table.get(key).is_none() {
        insert(table, key.clone(), Value::Table(Table::default()), line)?;
    }
    let found = table.entries.iter_mut().find(|entry| entry.key == *key);
    let next = match found.map(|entry| &mut entry.value) {
        Some(Value::Table(next)) => Some(next),
        Some(Value::Tables(elements)) => elements.last_mut(),
        _ => None,
    };
    let next = next.ok_or_else(|| Error::new(line, format!("`{key}` is not a table")))?;
    descend(next, rest, line)
}

fn open_table(root: &mut Table, path: &[String], line: usize) -> Result<(), Error> {
    let table = descend(root, path, line)?;
    if std::mem::replace(&mut table.closed, true) {
        return Err(Error::new(line, format!("`[{}]` is defined twice", path.join("."))));
    }
    Ok(())
}

fn append_table(root: &mut Table, path: &[String], line: usize) -> Result<(), Error> {
    let Some((key, parents)) = path.split_last() else { return Err(Error::new(line, "expected a key")) };
    let parent = descend(root, parents, line)?;
    let element = Table { closed: true, ..Table::default() };
    match parent.entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.value) {
        None => insert(parent, key.clone(), Value::Tables(vec![element]), line),
        Some(Value::Tables(elements)) => {
            elements.push(element);
            Ok(())
        }
        Some(_) => Err(Error::new(line, format!("`{key}` is not an array of tables"))),
    }
}

/// A position in the text.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn line(&self) -> usize {
        1 + self.text.bytes().take(self.at).filter(|byte| *byte == b'\n').count()
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::new(self.line(), message)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), Error> {
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
    fn skip_lines(&mut self) {
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

    fn end_of_line(&mut self) -> Result<(), Error> {
        self.skip_blanks();
        self.skip_comment();
        if self.rest().is_empty() || self.take("\n") || self.take("\r\n") {
            return Ok(());
        }
        let found = self.rest().chars().next().unwrap_or_default();
        Err(self.error(format!("expected the end of the line, found `{found}`")))
    }

    /// A key, by its parts.
    fn key(&mut self) -> Result<Vec<String>, Error> {
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

    fn value(&mut self, depth: usize) -> Result<Value, Error> {
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

    fn text(document: &str) -> String {
        match parse(document).unwrap().entries.pop().unwrap().value {
            Value::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn strings() {
        for (document, expected) in [
            (r#"a = "b""#, "b"),
            (r#"a = "\"\\\n\t\r\b\f\u00e9\U0001F600\x41" # comment"#, "\"\\\n\t\r\u{8}\u{c}é😀A"),
            (r"a = 'C:\x'", r"C:\x"),
            ("a = \"\"\"\nx\ny\"\"\"", "x\ny"),
            ("a = \"\"\"x \\\n   y\"\"\"\"\"", "x y\"\""),
            ("a = '''\r\nx\\n'y'''", "x\\n'y"),
            ("a=\"#=[\"\r\n", "#=["),
            ("\"a b\".'c' = 'x'\n[z]\ny='v'", ""),
        ] {
            if expected.is_empty() {
                assert!(parse(document).is_ok(), "{document}");
            } else {
                assert_eq!(text(document), expected, "{document}");
            }
        }
    }

    #[test]
    fn tables_and_arrays() {
        let table = parse(
            "top = true\n[[p]]\n  type = \"a\"\n  args = [ # many\n    \"x\",\n    'y', # last\n  ]\n[p.sub]\nn = 1\n\
             [[p]]\ntype = \"b\"\ninline = { a.b = 1, c = [1.5, 1979-05-27 07:32:00] }\n[q.r]\n[q]\n",
        )
        .unwrap();
        assert_eq!(table.get("top").unwrap().value, Value::Bool(true));
        let Value::Tables(elements) = &table.get("p").unwrap().value else { panic!() };
        assert_eq!(elements.len(), 2);
        let args = elements[0].get("args").unwrap();
        assert_eq!(args.line, 4);
        assert_eq!(args.value, Value::Array(vec![Value::Text("x".into()), Value::Text("y".into())]));
        assert!(elements[0].get("sub").is_some() && elements[1].get("sub").is_none());
    }

    #[test]
    fn errors_name_the_line() {
        for (document, expected) in [
            ("a", "toml: line 1: expected `=`, found the end of the line"),
            ("a = 1\n\nb = \"x", "toml: line 3: the string has no end"),
            ("a = 'x\n'", "toml: line 1: the string has no end"),
            ("a = \"\"\"x\n", "toml: line 2: the string has no end"),
            ("a = 1\na = 2", "toml: line 2: `a` is set twice"),
            ("[a]\n[a]", "toml: line 2: `[a]` is defined twice"),
            ("a = {}\n[a]", "toml: line 2: `[a]` is defined twice"),
            ("a = 1\n[[a]]", "toml: line 2: `a` is not an array of tables"),
            ("[[a]]\n[a.b]\nc = 1\n[a.b.c]", "toml: line 4: `c` is not a table"),
            ("a = yes", "toml: line 1: `yes` is not a value"),
            ("a = ", "toml: line 1: expected a value"),
            ("a = 'x' 'y'", "toml: line 1: expected the end of the line, found `'`"),
            ("a = [1\n2]", "toml: line 2: expected `]`, found `2`"),
            ("[a\n", "toml: line 1: expected `]`, found the end of the line"),
            ("= 1", "toml: line 1: expected a key"),
            (r#"a = "\q""#, r"toml: line 1: `\q` is not an escape"),
            (r#"a = "\ud800""#, "toml: line 1: an escape names no character"),
            (&format!("a = {}", "[".repeat(100_000)), "toml: line 1: values are nested too deeply"),
        ] {
            assert_eq!(parse(document).unwrap_err().to_string(), expected, "{document:.40}");
        }
    }

    #[test]
    fn no_prefix_of_a_document_panics() {
        let document = "a = \"\\u00e9\"\n[[b]]\nc = ['é', { d = '''x''' }]\ne = \"\"\"\\\n é\"\"\" # é\n";
        for end in 0..document.len() {
            if let Some(prefix) = document.get(..end) {
                let _ = parse(prefix);
            }
        }
    }
}
