//! What is wrong with a JSON text, in the words platforms know: `unexpected end of JSON input`.

/// Finds the first mistake of syntax; none in a valid text.
pub(super) fn mistake(text: &str) -> Option<String> {
    Scan { bytes: text.as_bytes(), at: 0 }.document().err()
}

const END: &str = "unexpected end of JSON input";

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

type Found = Result<(), String>;

impl Scan<'_> {
    fn document(&mut self) -> Found {
        self.value(0)?;
        match self.next_token() {
            None => Ok(()),
            Some(byte) => invalid(byte, "after top-level value"),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next byte that is no white space, without taking it.
    fn next_token(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.peek()
    }

    fn token(&mut self) -> Result<u8, String> {
        self.next_token().ok_or_else(|| END.to_owned())
    }

    fn take(&mut self) -> Result<u8, String> {
        let byte = self.peek().ok_or_else(|| END.to_owned())?;
        self.at += 1;
        Ok(byte)
    }

    fn value(&mut self, depth: usize) -> Found {
        if depth > 1_000 {
            return Err("exceeded max depth".to_owned());
        }
        match self.token()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' | b'0'..=b'9' => self.number(),
            other => invalid(other, "looking for beginning of value"),
        }
    }

    fn object(&mut self, depth: usize) -> Found {
        self.at += 1;
        if self.token()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            match self.token()? {
                b'"' => self.string()?,
                other => return invalid(other, "looking for beginning of object key string"),
            }
            match self.token()? {
                b':' => self.at += 1,
                other => return invalid(other, "after object key"),
            }
            self.value(depth + 1)?;
            match self.token()? {
                b',' => self.at += 1,
                b'}' => break,
                other => return invalid(other, "after object key:value pair"),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Found {
        self.at += 1;
        if self.token()? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            match self.token()? {
                b',' => self.at += 1,
                b']' => break,
                other => return invalid(other, "after array element"),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Found {
        self.at += 1;
        loop {
            match self.take()? {
                b'"' => return Ok(()),
                b'\\' => match self.take()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => {
                        for _ in 0..4 {
                            let byte = self.take()?;
                            if !byte.is_ascii_hexdigit() {
                                return invalid(byte, "in \\u hexadecimal character escape");
                            }
                        }
                    }
                    other => return invalid(other, "in string escape code"),
                },
                byte if byte < 0x20 => return invalid(byte, "in string literal"),
                _ => {}
            }
        }
    }

    fn literal(&mut self, word: &str) -> Found {
        self.at += 1;
        for wanted in word.bytes().skip(1) {
            let byte = self.take()?;
            if byte != wanted {
                return invalid(byte, &format!("in literal {word} (expecting {})", quoted(wanted)));
            }
        }
        Ok(())
    }

    fn digits(&mut self, place: &str) -> Found {
        let byte = self.take()?;
        if !byte.is_ascii_digit() {
            return invalid(byte, place);
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Found {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }
}

fn invalid(byte: u8, place: &str) -> Found {
    Err(format!("invalid character {} {place}", quoted(byte)))
}

fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\n' => "'\\n'".to_owned(),
        b'\t' => "'\\t'".to_owned(),
        b'\r' => "'\\r'".to_owned(),
        b'\\' => "'\\\\'".to_owned(),
        byte if byte < 0x20 || byte == 0x7f => format!("'\\x{byte:02x}'"),
        byte => format!("'{}'", char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::mistake;

    #[test]
    fn mistakes_are_named() {
        for (text, message) in [
            ("{\"x", "unexpected end of JSON input"),
            ("", "unexpected end of JSON input"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("{x}", "invalid character 'x' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("{} x", "invalid character 'x' after top-level value"),
            ("nul!", "invalid character '!' in literal null (expecting 'l')"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("\"\\q\"", "invalid character 'q' in string escape code"),
        ] {
            assert_eq!(mistake(text).as_deref(), Some(message), "{text}");
        }
        assert_eq!(mistake(r#" {"a":[1,-2.5e3,true,null,"\u00e9"]} "#), None);
    }
}
