//! Memory profiles beside an application: `app.jar.memory-profile`, written by `stage measure` and read by everything that
//! sizes memory. A profile belongs to one build of the application and one release of Java.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use buildpacks::application::Application;
use buildpacks::files;
use memcalc::fit::Profile;
use serde::{Deserialize, Serialize};

use crate::sink::{Destination, DestinationError};

/// What is added to the application's name.
const EXTENSION: &str = ".memory-profile";
/// Larger files are none of ours.
const MOST_BYTES: u64 = 64 << 10;
/// First lines of a file.
const HEADER: &str = "# What this application was seen to use, by `stage measure`: a line for each release of Java, bytes.\n\
                      # `stage` sizes its memory by it as long as the application is the same.\n";

/// A file of profiles, as read.
#[derive(Clone, Debug)]
pub struct ProfileFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its content, or why it has none.
    content: Result<Document, String>,
}

/// The file's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Document {
    /// [`Application::identity`] of the application that was measured.
    application: String,
    /// A line for each release of Java.
    profiles: Vec<String>,
}

/// Why there is no profile for an application, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoProfile(String);

impl fmt::Display for NoProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoProfile {}

/// The place of an application's profiles: beside it.
pub fn beside(application: &Path) -> PathBuf {
    let absolute = || std::path::absolute(application).unwrap_or_else(|_| application.to_owned());
    // `..` and `dir/.` have no name of their own.
    let path = match application.file_name() {
        Some(_) => absolute(),
        None => std::fs::canonicalize(application).unwrap_or_else(|_| absolute()),
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(EXTENSION);
    path.with_file_name(name)
}

impl ProfileFile {
    /// Reads the file at `path`; none when there is no such file.
    pub fn read(path: &Path) -> Option<Self> {
        let content = match files::read_text(path, MOST_BYTES) {
            Ok(text) => toml::from_str::<Document>(&text).map_err(|error| error.message().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => Err(error.to_string()),
        };
        Some(Self { path: path.to_owned(), content })
    }

    /// Reads the file at `path`, which has to be there and to be one.
    ///
    /// # Errors
    /// [`NoProfile`].
    pub fn required(path: &Path) -> Result<Self, NoProfile> {
        let none = |why: &str| NoProfile(format!("`{}` is no memory profile: {why}", path.display()));
        let file = Self::read(path).ok_or_else(|| none("there is no such file"))?;
        match &file.content {
            Ok(_) => Ok(file),
            Err(why) => Err(none(why)),
        }
    }

    /// The profile for an application on a release of Java.
    ///
    /// # Errors
    /// [`NoProfile`] when the file is broken, or is about another build or other releases.
    pub fn of(&self, application: &Application, java: i64) -> Result<Profile, NoProfile> {
        let none = |why: String| NoProfile(format!("`{}` is not used: {why}", self.path.display()));
        let document = self.content.as_ref().map_err(|why| none(why.clone()))?;
        let identity = application.identity().map_err(|error| none(error.to_string()))?;
        if document.application != identity {
            return Err(none("it is of another build of the application; `stage measure` makes a new one".to_owned()));
        }
        let mut known = Vec::new();
        for line in &document.profiles {
            let profile = line.parse::<Profile>().map_err(|error| none(error.to_string()))?;
            if profile.java == java {
                return Ok(profile);
            }
            known.push(profile.java.to_string());
        }
        Err(none(format!("it is of Java {}, and this is Java {java}", known.join(", "))))
    }

    /// What decides whether a result that was made with this file still holds.
    pub fn key(&self) -> String {
        format!("{} {:?}", self.path.display(), self.content)
    }
}

/// Writes a profile into the file at `path`, as outputs are written. Profiles of other releases of Java stay if they are of the
/// same application.
///
/// # Errors
/// A file that cannot be written.
pub fn write(path: &Path, application: &str, profile: &Profile) -> Result<(), DestinationError> {
    let before = ProfileFile::read(path).and_then(|file| file.content.ok());
    let kept = before.filter(|document| document.application == application).map(|document| document.profiles);
    let mut profiles: Vec<Profile> = kept.unwrap_or_default().iter().filter_map(|line| line.parse().ok()).collect();
    profiles.retain(|other| other.java != profile.java);
    profiles.push(*profile);
    profiles.sort_by_key(|profile| profile.java);
    let mut text = format!("{HEADER}application = \"{application}\"\nprofiles = [\n");
    for profile in &profiles {
        let _ = writeln!(text, "  \"{profile}\",");
    }
    text.push_str("]\n");
    let mut writing = Destination::of(path)?.create()?;
    writing.write_all(text.as_bytes()).map_err(|source| writing.failed(source))?;
    writing.finish()
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;

    const PROFILE: &str =
        "java=17 classes=11176 metaspace=1 code=2 live=3 direct=4 threads=5 stacks=6 native=7 files=8";

    fn application(folder: &Path, text: &str) -> Application {
        let path = folder.join("app");
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("file"), text).unwrap();
        Application::open(&path).unwrap()
    }

    #[test]
    fn a_profile_is_of_one_build_and_one_java() {
        let folder = tempfile::tempdir().unwrap();
        let app = application(folder.path(), "one");
        let path = beside(app.path());
        assert_eq!(path, folder.path().join("app.memory-profile"));
        assert!(ProfileFile::read(&path).is_none());
        let profile: Profile = PROFILE.parse().unwrap();
        let identity = app.identity().unwrap();
        write(&path, &identity, &Profile { java: 21, ..profile }).unwrap();
        write(&path, &identity, &Profile { classes: 1, ..profile }).unwrap();
        write(&path, &identity, &profile).unwrap();
        let file = ProfileFile::read(&path).unwrap();
        assert_eq!(file.of(&app, 17), Ok(profile));
        assert_eq!(file.of(&app, 21), Ok(Profile { java: 21, ..profile }));
        let error = file.of(&app, 25).unwrap_err().to_string();
        assert!(error.ends_with("is not used: it is of Java 17, 21, and this is Java 25"), "{error}");

        let changed = application(folder.path(), "two");
        let error = file.of(&changed, 17).unwrap_err().to_string();
        assert!(error.contains("it is of another build of the application"), "{error}");
        write(&path, &changed.identity().unwrap(), &profile).unwrap();
        let file = ProfileFile::read(&path).unwrap();
        assert!(file.of(&changed, 17).is_ok() && file.of(&changed, 21).is_err(), "the other build's are gone");
    }

    #[test]
    fn what_is_broken_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let app = application(folder.path(), "one");
        let path = beside(app.path());
        let identity = app.identity().unwrap();
        for (text, said) in [
            ("application", "is not used: "),
            ("application = 1\nprofiles = []", "invalid type"),
            (&format!("application = \"{identity}\"\nprofiles = [\"java=x\"]"), "`java=x` is not a name"),
            (&format!("application = \"{identity}\"\nprofiles = [\"java=17\"]"), "`classes` is missing"),
            (&" ".repeat(100_000), "more than 65536 bytes"),
        ] {
            fs::write(&path, text).unwrap();
            let error = ProfileFile::read(&path).unwrap().of(&app, 17).unwrap_err().to_string();
            assert!(error.contains(said), "{text:.50}: {error}");
        }
    }
}
