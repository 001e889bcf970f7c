//! Where an archive can be had, in the order it is tried.

use std::ffi::OsString;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{Attempt, http, maven};
use crate::dependency::{Description, MavenCoordinates, redact};

/// What the outside world offers; the command line reads it once.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The user's home folder (`HOME`).
    pub home: Option<PathBuf>,
    /// The search path for programs (`PATH`).
    pub path: Option<OsString>,
    /// The host's Java (`JAVA_HOME`).
    pub java_home: Option<PathBuf>,
    /// Where the host's Java runtimes are installed; `/usr/lib/jvm` when `None`.
    pub jvm_folder: Option<PathBuf>,
    /// The local Maven repository; `<home>/.m2/repository` when `None`.
    pub maven_repository: Option<PathBuf>,
    /// A file of CA certificates in PEM form to trust instead of the built-in ones (`SSL_CERT_FILE`).
    pub ca_file: Option<PathBuf>,
}

impl Environment {
    /// The local Maven repository, if there can be one.
    pub fn maven_repository(&self) -> Option<PathBuf> {
        self.maven_repository.clone().or_else(|| Some(self.home.as_ref()?.join(".m2/repository")))
    }

    /// The program `name` on the search path.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        use std::os::unix::fs::PermissionsExt;
        let executable = |path: &PathBuf| {
            fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
        };
        std::env::split_paths(self.path.as_ref()?)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(name))
            .find(executable)
    }
}

/// How far a download has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes so far.
    pub bytes: u64,
    /// Bytes there will be, where the server says.
    pub total: Option<u64>,
}

/// How to fetch.
#[derive(Clone, Copy, Default)]
pub struct FetchOptions<'a> {
    /// Told now and then how far it has come.
    pub progress: Option<&'a dyn Fn(Progress)>,
    /// Fetch although it is cached.
    pub again: bool,
}

impl fmt::Debug for FetchOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchOptions").field("again", &self.again).finish_non_exhaustive()
    }
}

/// One place to get an archive from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dependency) enum Source {
    /// The local Maven repository, if it is there.
    LocalRepository(PathBuf),
    /// A URI.
    Uri(String),
    /// Maven.
    Maven(MavenCoordinates),
}

/// Where `description` can be had: the local Maven repository, its URI, Maven.
pub(in crate::dependency) fn sources(description: &Description, environment: &Environment) -> Vec<Source> {
    let mut sources = Vec::new();
    if let (Some(coordinates), Some(repository)) = (&description.maven, environment.maven_repository()) {
        let path = repository.join(coordinates.repository_path());
        if path.is_file() {
            sources.push(Source::LocalRepository(path));
        }
    }
    sources.extend(description.uri.clone().map(Source::Uri));
    sources.extend(description.maven.clone().map(Source::Maven));
    sources
}

impl Source {
    /// For messages, without credentials.
    pub(in crate::dependency) fn name(&self) -> String {
        match self {
            Self::LocalRepository(path) => path.display().to_string(),
            Self::Uri(uri) => redact(uri),
            Self::Maven(coordinates) => coordinates.to_string(),
        }
    }

    /// Writes the archive to `out`.
    pub(in crate::dependency) fn copy_to(
        &self,
        out: &mut dyn Write,
        environment: &Environment,
        options: FetchOptions<'_>,
    ) -> Result<(), Attempt> {
        match self {
            Self::LocalRepository(path) => copy_file(path, out),
            Self::Maven(coordinates) => copy_file(&maven::resolve(coordinates, environment)?, out),
            Self::Uri(uri) => match uri.strip_prefix("file:") {
                Some(path) => copy_file(&file_path(path), out),
                None => http::download(uri, out, environment, options),
            },
        }
    }
}

/// The path of a `file:` URI: `file:/x`, `file:///x`, `file://localhost/x`, percent signs resolved.
fn file_path(rest: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    let path = rest.strip_prefix("//localhost").or_else(|| rest.strip_prefix("//")).unwrap_or(rest);
    let mut bytes = Vec::with_capacity(path.len());
    let mut left = path.as_bytes();
    while let Some((&byte, tail)) = left.split_first() {
        let hex = if byte == b'%' { tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()) } else { None };
        if let Some(decoded) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(decoded);
            left = &tail[2..];
        } else {
            bytes.push(byte);
            left = tail;
        }
    }
    OsString::from_vec(bytes).into()
}

fn copy_file(path: &Path, out: &mut dyn Write) -> Result<(), Attempt> {
    let failed = |source| Attempt::Copy { from: path.display().to_string(), source };
    let mut file = crate::files::open(path).map_err(failed)?;
    std::io::copy(&mut file, out).map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_uris_name_paths() {
        for (uri, path) in
            [("/x/a%2Bb.tgz", "/x/a+b.tgz"), ("///x", "/x"), ("//localhost/x", "/x"), ("/x%", "/x%"), ("/%zz", "/%zz")]
        {
            assert_eq!(file_path(uri), Path::new(path));
        }
    }

    #[test]
    fn programs_are_found_on_absolute_folders_only() {
        let environment = Environment { path: Some("relative:/usr/bin:/bin".into()), ..Environment::default() };
        assert!(environment.program("sh").is_some());
        assert_eq!(environment.program("no such program"), None);
        assert_eq!(Environment::default().program("sh"), None);
    }
}
