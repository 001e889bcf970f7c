//! Shell-like splitting of `JAVA_TOOL_OPTIONS`, as the libjvm helper does it (go-shellwords 1.0.13, evaluation of
//! variables and commands off).

/// The text is not balanced: an open quote, a trailing backslash, or a stray parenthesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbalanced;

impl std::fmt::Display for Unbalanced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("invalid command line string")
    }
}

impl std::error::Error for Unbalanced {}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "one flag per kind of quoting, as the original's states combine")]
struct State {
    escaped: bool,
    double: bool,
    single: bool,
    backtick: bool,
    dollar: bool,
    /// Whether a word has begun, even an empty quoted one.
    begun: bool,
    word: String,
}

enum Step {
    Next,
    End,
}

/// Splits `line` into words.
///
/// Blank, tab, CR and LF separate. Quotes group; a backslash outside single quotes takes the next character literally
/// (`t` and `n` become tab and newline). An unquoted `;`, `&`, `|`, `<` or `>` ends the line silently. `$(...)` and
/// backticks are kept as they are, as one word.
///
/// # Errors
/// [`Unbalanced`] for open quotes, a trailing backslash or parentheses out of place.
pub fn split(line: &str) -> Result<Vec<String>, Unbalanced> {
    let mut state = State::default();
    let mut words = Vec::new();
    for c in line.chars() {
        match state.take(c, &mut words)? {
            Step::Next => {}
            Step::End => break,
        }
    }
    if state.begun {
        words.push(std::mem::take(&mut state.word));
    }
    if state.escaped || state.quoted() {
        return Err(Unbalanced);
    }
    Ok(words)
}

impl State {
    fn quoted(&self) -> bool {
        self.single || self.double || self.backtick || self.dollar
    }

    fn push(&mut self, c: char) {
        self.word.push(c);
        self.begun = true;
    }

    fn take(&mut self, c: char, words: &mut Vec<String>) -> Result<Step, Unbalanced> {
        if self.escaped {
            self.escaped = false;
            self.push(match c {
                't' => '\t',
                'n' => '\n',
                other => other,
            });
            return Ok(Step::Next);
        }
        match c {
            '\\' if self.single => self.word.push(c),
            '\\' => self.escaped = true,
            ' ' | '\t' | '\r' | '\n' => {
                if self.quoted() {
                    self.word.push(c);
                } else if self.begun {
                    words.push(std::mem::take(&mut self.word));
                    self.begun = false;
                }
            }
            '`' => {
                if !self.single && !self.double && !self.dollar {
                    self.backtick = !self.backtick;
                }
                self.push(c);
            }
            ')' if !self.single && !self.double && !self.backtick => {
                if !self.dollar {
                    return Err(Unbalanced);
                }
                self.dollar = false;
                self.push(c);
            }
            '(' if !self.single && !self.double && !self.backtick => {
                if self.dollar || !self.word.ends_with('$') {
                    return Err(Unbalanced);
                }
                self.dollar = true;
                self.word.push(c);
            }
            '"' if !self.single && !self.dollar => {
                self.begun |= self.double;
                self.double = !self.double;
            }
            '\'' if !self.double && !self.dollar => {
                self.begun |= self.single;
                self.single = !self.single;
            }
            ';' | '&' | '|' | '<' | '>' if !self.quoted() => {
                if c == '>' && self.word.starts_with(|first: char| first.is_ascii_digit()) {
                    self.begun = false;
                }
                return Ok(Step::End);
            }
            _ => self.push(c),
        }
        Ok(Step::Next)
    }
}
