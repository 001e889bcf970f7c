//! The words of a command that a shell runs, as far as they are known before it does.

use super::Word;

/// The words of `text` with known variables in place; operators are words of their own. What comes of other variables
/// and of commands is not known, and of `${NAME:+text}` the text is left out: it adds to what is there.
pub fn words(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Vec<Word> {
    let mut reader = Reader { rest: text, word: None, words: Vec::new(), variable };
    reader.read();
    reader.words
}

struct Reader<'a> {
    rest: &'a str,
    word: Option<Word>,
    words: Vec<Word>,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut quoted = false;
        while let Some(next) = self.next() {
            match next {
                '"' => {
                    quoted = !quoted;
                    self.word();
                }
                '\'' if !quoted => {
                    let end = self.rest.find('\'').unwrap_or(self.rest.len());
                    let text = self.rest[..end].to_owned();
                    self.rest = self.rest.get(end + 1..).unwrap_or_default();
                    self.word().text.push_str(&text);
                }
                '\\' => {
                    if let Some(next) = self.next().filter(|next| *next != '\n') {
                        self.word().text.push(next);
                    }
                }
                '`' => self.rest = self.rest.find('`').map_or("", |end| &self.rest[end + 1..]),
                '$' => self.expand(),
                blank if blank.is_whitespace() && !quoted => {
                    self.end();
                    if blank == '\n' {
                        self.words.push(Word::of(";"));
                    }
                }
                ';' | '&' | '|' | '(' | ')' if !quoted => {
                    self.end();
                    self.words.push(Word::of(next));
                }
                other => self.word().text.push(other),
            }
        }
        self.end();
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_with(|| Word::of(""))
    }

    fn end(&mut self) {
        self.words.extend(self.word.take());
    }

    /// What stands behind a dollar.
    fn expand(&mut self) {
        let name_end = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let value = if self.rest.starts_with('{') {
            let inside = self.nested('{', '}');
            let end = name_end(&inside);
            match &inside[end..] {
                "" => (self.variable)(&inside),
                adds if adds.starts_with(":+") || adds.starts_with('+') => Some(String::new()),
                _ => None,
            }
        } else if self.rest.starts_with('(') {
            self.nested('(', ')');
            None
        } else {
            let end = name_end(self.rest);
            let name = &self.rest[..end];
            self.rest = &self.rest[end..];
            if name.is_empty() { None } else { (self.variable)(name) }
        };
        let word = self.word();
        match value {
            Some(value) => word.text.push_str(&value),
            None => word.known = false,
        }
    }

    /// Takes what stands between brackets.
    fn nested(&mut self, open: char, close: char) -> String {
        let mut depth = 0;
        for (at, next) in self.rest.char_indices() {
            if next == open {
                depth += 1;
            } else if next == close {
                depth -= 1;
            }
            if depth == 0 {
                let inside = self.rest[1..at].to_owned();
                self.rest = &self.rest[at + 1..];
                return inside;
            }
        }
        std::mem::take(&mut self.rest).chars().skip(1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let variable = |name: &str| (name == "HOME").then(|| "/home/vcap/app".to_owned());
        let shown = |word: Word| if word.known { word.text } else { format!("?{}", word.text) };
        words(text, &variable).into_iter().map(shown).collect()
    }

    #[test]
    fn reads_words_as_a_shell_does() {
        for (text, expected) in [
            ("java -jar app.jar", vec!["java", "-jar", "app.jar"]),
            (
                "exec \"$JAVA_HOME/bin/java\" -jar $HOME/'a b'.jar",
                vec!["exec", "?/bin/java", "-jar", "/home/vcap/app/a b.jar"],
            ),
            ("a -cp ${HOME}/.${X:+:$X} b", vec!["a", "-cp", "/home/vcap/app/.", "b"]),
            ("A=$(b \"$(c)\") && d\\ e;f", vec!["A", "&", "&", "d e", ";", "f"]),
            ("${X:-a} `b c` d", vec!["?", "d"]),
            ("a \"\" 'x", vec!["a", "", "x"]),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            let read: Vec<String> = read(text).iter().map(|word| word.replace("?A=", "A")).collect();
            assert_eq!(read, expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "[a$(){}`'\"\\\\ ;\u{e4}:+-]{0,40}") {
            read(&text);
        }
    }
}
