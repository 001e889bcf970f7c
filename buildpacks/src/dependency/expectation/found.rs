//! What an archive holds, as far as its files tell.

use std::fmt;
use std::sync::Arc;

use super::place;
use crate::application::{Entry, Source, zip};
use crate::dependency::Format;
use crate::shown::Shown;

/// First bytes of programs and native libraries.
const ELF: &[u8] = b"\x7fELF";
/// Names of the memory calculator's program, newest first.
const CALCULATORS: [&str; 2] = ["java-buildpack-memory-calculator", "memory-calculator-linux"];
/// Jars that are known by what they hold.
const JARS: [(&str, &str); 6] = [
    ("java-cfenv", "io/pivotal/cfenv/"),
    ("auto-reconfiguration", "org/cloudfoundry/reconfiguration/"),
    ("client-certificate-mapper", "org/cloudfoundry/router/"),
    ("container-security-provider", "org/cloudfoundry/security/"),
    ("postgresql-jdbc", "org/postgresql/Driver.class"),
    ("mariadb-jdbc", "org/mariadb/jdbc/Driver.class"),
];

/// What an archive holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Java runtimes, by their folders.
    Runtimes(Vec<String>),
    /// Tomcats, by their folders.
    Tomcats(Vec<String>),
    /// A memory calculator.
    Calculator,
    /// A program or a native library.
    Native,
    /// A jar, and the id that its classes belong to, where that is known.
    Jar(Option<&'static str>),
    /// An archive of other things, by its first file; whether agents or libraries are among them.
    Archive { first: String, is_of_jars: bool },
    /// Some other file.
    Other,
}

impl Found {
    /// What the file `source` holds, whose `entries` these are in the format `format`.
    pub(super) fn of(source: &Arc<Source>, entries: &[Entry], format: Format) -> Self {
        if matches!(format, Format::Jar | Format::File) {
            return Self::of_file(source);
        }
        let runtimes = place::runtimes(entries);
        if !runtimes.is_empty() {
            return Self::Runtimes(runtimes);
        }
        let tomcats = place::tomcats(entries);
        if !tomcats.is_empty() {
            return Self::Tomcats(tomcats);
        }
        let named = |entry: &Entry| CALCULATORS.iter().any(|name| entry.path.file_name().starts_with(name));
        if entries.iter().any(|entry| entry.content().is_some() && named(entry)) {
            return Self::Calculator;
        }
        let is_of_jars = entries.iter().any(|entry| entry.path.has_extension("jar") || entry.path.has_extension("so"));
        let first = entries.iter().find(|entry| entry.content().is_some());
        Self::Archive { first: first.map(|entry| entry.path.to_string()).unwrap_or_default(), is_of_jars }
    }

    fn of_file(source: &Arc<Source>) -> Self {
        if begins_with(source, ELF) {
            return Self::Native;
        }
        let Ok(entries) = zip::read(source) else { return Self::Other };
        let begins = |prefix: &str| entries.iter().any(|entry| entry.path.as_str().starts_with(prefix));
        Self::Jar(JARS.iter().find(|(_, path)| begins(path)).map(|(id, _)| *id))
    }

    /// The id that it looks like.
    pub(super) fn id(&self) -> Option<&'static str> {
        match self {
            Self::Runtimes(_) => Some("openjdk"),
            Self::Tomcats(_) => Some("tomcat"),
            Self::Calculator => Some("memory-calculator"),
            Self::Jar(id) => *id,
            Self::Native | Self::Archive { .. } | Self::Other => None,
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runtimes(folders) => write!(f, "a Java runtime{}", In(folders)),
            Self::Tomcats(folders) => write!(f, "a Tomcat{}", In(folders)),
            Self::Calculator => f.write_str("a memory calculator"),
            Self::Native => f.write_str("a program or native library"),
            Self::Jar(Some(id)) => write!(f, "the jar of `{id}`"),
            Self::Jar(None) => f.write_str("a jar or zip"),
            Self::Archive { first, .. } if first.is_empty() => f.write_str("an archive without files"),
            Self::Archive { first, .. } => write!(f, "an archive of other things, such as `{}`", Shown(first)),
            Self::Other => f.write_str("a file that is neither archive, jar nor program"),
        }
    }
}

/// Where something lies.
struct In<'a>(&'a [String]);

impl fmt::Display for In<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [only] if !only.is_empty() => write!(f, " in `{}`", Shown(only)),
            _ => Ok(()),
        }
    }
}

/// How a file is packed that its name does not tell of: by its first bytes.
pub(super) fn sniffed(source: &Source) -> Option<Format> {
    let signatures = [(&b"\x1f\x8b"[..], Format::TarGz), (b"PK\x03\x04", Format::Zip)];
    signatures.into_iter().find(|(bytes, _)| begins_with(source, bytes)).map(|(_, format)| format)
}

fn begins_with(source: &Source, bytes: &[u8]) -> bool {
    let mut first = vec![0; bytes.len()];
    source.len() >= bytes.len() as u64 && source.read_at(0, &mut first).is_ok() && first == bytes
}
