//! Jar manifests: the main section (JAR File Specification, "JAR Manifest").
//!
//! Read as the JDK reads it: lines end in CR, LF or both; a line that starts with a blank continues the one before, even
//! in the middle of a character; names are compared without case; of a repeated name the last value counts; a last line
//! without a line end does not count. Sections of single files are not looked at.

/// Where a manifest lies in its archive.
pub const PATH: &str = "META-INF/MANIFEST.MF";
/// Largest manifest that is read, bytes. Manifests of signed jars name every file and reach megabytes.
pub const MAX_BYTES: u64 = 32 << 20;
/// Longest attribute name (JAR File Specification, "Name-Value pairs and Sections").
const MAX_NAME_BYTES: usize = 70;

/// The main attributes of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    attributes: Vec<(String, String)>,
    unended: Option<String>,
}

/// Why a manifest cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The last line continues an attribute and has no line end.
    #[error("Line {line}, the last, continues an attribute and has no line end: Java refuses the jar")]
    Unended {
        /// Line number, from 1.
        line: usize,
    },
    /// A continuation without a line before it.
    #[error("Line {line} continues no attribute")]
    Continuation {
        /// Line number, from 1.
        line: usize,
    },
    /// Not `Name: value`.
    #[error("Line {line} is not of the form `Name: value`")]
    Attribute {
        /// Line number, from 1.
        line: usize,
    },
    /// A name with other characters than letters, digits, `-` and `_`, or longer than 70 bytes.
    #[error("Line {line} has an invalid attribute name")]
    Name {
        /// Line number, from 1.
        line: usize,
    },
}

impl Manifest {
    /// Parses the main section of a manifest; bytes of a value that are not UTF-8 are replaced.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let mut joined: Vec<(usize, Vec<u8>)> = Vec::new();
        let mut unended = None;
        for (at, (line, is_ended)) in Lines(bytes).enumerate() {
            match line {
                [] => break,
                [b' ', rest @ ..] => {
                    let (_, attribute) = joined.last_mut().ok_or(ManifestError::Continuation { line: at + 1 })?;
                    if !is_ended {
                        return Err(ManifestError::Unended { line: at + 1 });
                    }
                    attribute.extend_from_slice(rest);
                }
                line if !is_ended => {
                    attribute(at + 1, line)?;
                    unended = Some(String::from_utf8_lossy(line).into_owned());
                }
                line => joined.push((at + 1, line.to_vec())),
            }
        }
        let attributes = joined.iter().map(|(line, bytes)| attribute(*line, bytes)).collect::<Result<_, _>>()?;
        Ok(Self { attributes, unended })
    }

    /// The last line, when it has no line end and thus does not count.
    pub fn unended(&self) -> Option<&str> {
        self.unended.as_deref()
    }

    /// The value of attribute `name`, compared without case; none when it is missing or blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(found.1.trim()).filter(|value| !value.is_empty())
    }
}

fn attribute(line: usize, bytes: &[u8]) -> Result<(String, String), ManifestError> {
    let at = bytes.windows(2).position(|pair| pair == b": ");
    // A value may be empty, and some writers then leave out the blank as well.
    let (name, value) = match at {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes.strip_suffix(b":").ok_or(ManifestError::Attribute { line })?, &b""[..]),
    };
    let valid = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.iter().all(valid) {
        return Err(ManifestError::Name { line });
    }
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(name), text(value)))
}

/// Lines without their ends, CR, LF or CR LF, and whether they have one.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = (&'a [u8], bool);

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at(end);
        let length = if rest.starts_with(b"\r\n") { 2 } else { rest.len().min(1) };
        self.0 = &rest[length..];
        Some((line, length > 0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_every_line_end_alike() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["Manifest-Version: 1.0", "Main-Class: a.B", "", "Name: a/b.class", "Main-Class: c.D"].join(end);
            let manifest = Manifest::parse(text.as_bytes()).unwrap();
            assert_eq!(manifest.get("main-CLASS"), Some("a.B"), "{end:?}");
            assert_eq!(manifest.get("Name"), None);
        }
    }

    #[test]
    fn joins_continuations_even_inside_a_character() {
        let text = "Class-Path: lib/a.jar lib/b\r\n .jar lib/\u{e9}.jar\r\n".to_owned();
        let at = text.find('\u{e9}').unwrap() + 1;
        let mut bytes = text.into_bytes();
        bytes.splice(at..at, *b"\r\n ");
        let manifest = Manifest::parse(&bytes).unwrap();
        assert_eq!(manifest.get("Class-Path"), Some("lib/a.jar lib/b.jar lib/\u{e9}.jar"));
    }

    #[test]
    fn takes_the_last_of_repeated_names_and_no_blank_values() {
        let manifest = Manifest::parse(b"A: 1\nB:\nC:  \na: 2\nD: x: y\n").unwrap();
        assert_eq!(manifest.get("A"), Some("2"));
        assert_eq!(manifest.get("B"), None);
        assert_eq!(manifest.get("C"), None);
        assert_eq!(manifest.get("D"), Some("x: y"));
    }

    #[test]
    fn a_last_line_without_an_end_does_not_count() {
        let manifest = Manifest::parse(b"Main-Class: a.B\r\nMain-Class: c.D").unwrap();
        assert_eq!((manifest.get("Main-Class"), manifest.unended()), (Some("a.B"), Some("Main-Class: c.D")));
        assert_eq!(Manifest::parse(b"A: b\n\nName: x").unwrap().unended(), None);
        assert_eq!(Manifest::parse(b"A: b\r").unwrap().get("A"), Some("b"));
        assert_eq!(Manifest::parse(b"A: b\n c"), Err(ManifestError::Unended { line: 2 }));
    }

    #[test]
    fn names_the_broken_line() {
        let error = |text: &str| Manifest::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error(" a"), ManifestError::Continuation { line: 1 });
        assert_eq!(error("A: b\nno colon"), ManifestError::Attribute { line: 2 });
        assert_eq!(error("A: b\nA:b"), ManifestError::Attribute { line: 2 });
        assert_eq!(error("A b: c"), ManifestError::Name { line: 1 });
        assert_eq!(error(&format!("{}: c", "a".repeat(71))), ManifestError::Name { line: 1 });
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = Manifest::parse(&bytes);
        }

        #[test]
        fn reads_back_what_is_folded_at_72_bytes(value in "[a-zA-Z0-9./\u{e4}\u{4e2d}]{1,300}") {
            let mut folded = Vec::new();
            for (at, byte) in format!("Class-Path: {value}").bytes().enumerate() {
                if at > 0 && at % 71 == 0 {
                    folded.extend_from_slice(b"\r\n ");
                }
                folded.push(byte);
            }
            folded.extend_from_slice(b"\r\n");
            let manifest = Manifest::parse(&folded).unwrap();
            prop_assert_eq!(manifest.get("Class-Path"), Some(value.as_str()));
        }
    }
}
