//! The application's bits as the classic rules look at them: is there a folder, which jars lie in it, what does a
//! manifest say. A folder on disk is taken as it is, with whatever links and names it has; an artifact stays packed.

use std::fs::Metadata;
use std::path::Path;
use std::sync::Arc;

use super::faults::{Faults, Unreadable};
use crate::application::{Application, ArchiveError, Content, Entry, OpenError, Source, Span, zip};
use crate::files;
use crate::java::census;
use memcalc::count::LikelyClasses;

/// Largest text file that is read, bytes.
const TEXT_BYTES: u64 = 4 << 20;

/// The application.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    form: Form<'a>,
    faults: &'a Faults,
}

/// What the application lies in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form<'a> {
    /// Unpacked, as a platform hands it over.
    Folder(&'a Path),
    /// A jar, a tar or a checked folder.
    Artifact(&'a Application),
}

/// Something in a folder of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its name.
    pub(super) name: String,
    /// Whether it is a folder itself; a link to a folder is none.
    pub(super) is_dir: bool,
}

impl<'a> Bits<'a> {
    /// Of a folder on disk. What of it cannot be read is noted in `faults`, which are to be checked before anything is made
    /// of the answers.
    pub fn folder(folder: &'a Path, faults: &'a Faults) -> Self {
        Self { form: Form::Folder(folder), faults }
    }

    /// Of an artifact; the same.
    pub fn artifact(application: &'a Application, faults: &'a Faults) -> Self {
        Self { form: Form::Artifact(application), faults }
    }

    /// What it lies in.
    pub(super) fn form(self) -> Form<'a> {
        self.form
    }

    /// Nothing, unless something could not be read so far.
    pub(super) fn check(self) -> Result<(), Unreadable> {
        self.faults.check()
    }

    /// Whether there is a file, folder or link to one of this name.
    pub(super) fn exists(self, path: &str) -> bool {
        match self.form {
            Form::Folder(root) => self.metadata(&root.join(path)).is_some(),
            Form::Artifact(application) => application.get(path).is_some() || has_below(application, path),
        }
    }

    /// Whether there is a folder of this name.
    pub(super) fn is_dir(self, path: &str) -> bool {
        match self.form {
            Form::Folder(root) => self.metadata(&root.join(path)).is_some_and(|metadata| metadata.is_dir()),
            Form::Artifact(application) => {
                has_below(application, path) || application.get(path).is_some_and(|entry| entry.content().is_none())
            }
        }
    }

    fn metadata(self, path: &Path) -> Option<Metadata> {
        self.faults.known(path, path.metadata())
    }

    /// What lies directly in a folder (empty for the root), sorted by name; names that are not UTF-8 are passed over.
    pub(super) fn list(self, folder: &str) -> Vec<Listed> {
        let mut listed = match self.form {
            Form::Folder(root) => self.listed_on_disk(&root.join(folder)),
            Form::Artifact(application) => listed_in(application, folder),
        };
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        listed
    }

    fn listed_on_disk(self, folder: &Path) -> Vec<Listed> {
        let entries = self.faults.known(folder, folder.read_dir());
        let entries = entries.into_iter().flatten().filter_map(|entry| self.faults.known(folder, entry));
        let listed = entries.filter_map(|entry| {
            let is_dir = self.faults.known(folder, entry.file_type()).is_some_and(|kind| kind.is_dir());
            Some(Listed { name: entry.file_name().into_string().ok()?, is_dir })
        });
        listed.collect()
    }

    /// Everything in it, sorted by path: names are paths. What is hidden, or below something hidden or a link, is left
    /// out.
    pub(super) fn visible(self) -> Vec<Listed> {
        let mut found = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            for entry in self.list(&folder).into_iter().filter(|entry| !entry.name.starts_with('.')) {
                let name = if folder.is_empty() { entry.name } else { format!("{folder}/{}", entry.name) };
                if entry.is_dir {
                    folders.push(name.clone());
                }
                found.push(Listed { name, is_dir: entry.is_dir });
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// Whether a jar of the application holds an entry whose name `wanted` takes; no when it is no readable archive.
    pub(super) fn jar_holds(self, jar: &str, wanted: &dyn Fn(&[u8]) -> bool) -> bool {
        let found = match self.form {
            Form::Folder(root) => {
                let path = root.join(jar);
                let source = self.faults.known(&path, Source::open(&path)).map(Arc::new);
                source.and_then(|file| self.archive(&path, names_among(&Span::whole(&file), wanted)))
            }
            Form::Artifact(application) => {
                let content = application.get(jar).and_then(Entry::content);
                content.and_then(|content| self.archive(Path::new(jar), names_in(content, wanted)))
            }
        };
        found.is_some_and(|found| found > 0)
    }

    /// What an archive of the application holds; none when it is broken.
    fn archive<T>(self, path: &Path, read: Result<T, ArchiveError>) -> Option<T> {
        self.faults.sound(path, read)
    }

    /// Names of the files directly in a folder that `wanted` takes, sorted.
    pub(super) fn files(self, folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let listed = self.list(folder).into_iter();
        listed.filter(|entry| !entry.is_dir && wanted(&entry.name)).map(|entry| entry.name).collect()
    }

    /// A small text file.
    pub(super) fn text(self, path: &str) -> Option<String> {
        let bytes = match self.form {
            Form::Folder(root) => {
                let path = root.join(path);
                let metadata = self.metadata(&path)?;
                let small = metadata.is_file() && metadata.len() <= TEXT_BYTES;
                if small { self.faults.known(&path, files::read(&path, TEXT_BYTES))? } else { return None }
            }
            Form::Artifact(application) => {
                let read = application.get(path)?.content()?.read(TEXT_BYTES);
                self.archive(Path::new(path), read.map_err(ArchiveError::Content))?.into_owned()
            }
        };
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The content of a file.
    pub(super) fn content(self, path: &str) -> Option<Content> {
        match self.form {
            Form::Folder(root) => {
                let path = root.join(path);
                let metadata = self.metadata(&path).filter(Metadata::is_file)?;
                Some(Content::file(&path, metadata.len()))
            }
            Form::Artifact(application) => application.get(path)?.content().cloned(),
        }
    }

    /// A small text file in a jar of the application; none when the jar is no readable archive.
    pub(super) fn text_in_jar(self, jar: &str, path: &str) -> Option<String> {
        let (place, entries) = match self.form {
            Form::Folder(root) => {
                let place = root.join(jar);
                let source = Arc::new(self.faults.known(&place, Source::open(&place))?);
                (place, zip::read(&source))
            }
            Form::Artifact(application) => (Path::new(jar).to_owned(), application.nested(application.get(jar)?)),
        };
        let entries = match entries {
            Ok(entries) => entries,
            Err(OpenError::Archive { source, .. }) => return self.archive(&place, Err(source)),
            Err(_) => return None,
        };
        let content = entries.iter().find(|entry| entry.path.as_str() == path).and_then(Entry::content)?;
        let text = self.archive(&place, content.read(TEXT_BYTES).map_err(ArchiveError::Content))?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    /// Classes in the application and its libraries, as the buildpack's fifth generation counts them.
    pub(super) fn classes(self) -> i64 {
        match self.form {
            Form::Folder(root) => self.faults.known(root, memcalc::count::v5_classes(root)).unwrap_or(0),
            Form::Artifact(application) => {
                let classes: u64 = application.entries().iter().map(|entry| self.classes_of(entry)).sum();
                i64::try_from(classes).unwrap_or(i64::MAX)
            }
        }
    }

    fn classes_of(self, entry: &Entry) -> u64 {
        let is_class = |name: &[u8]| name.ends_with(b".class") || name.ends_with(b".groovy");
        let Some(content) = entry.content() else { return 0 };
        let name = entry.path.as_str();
        if is_class(name.as_bytes()) {
            return 1;
        }
        if name.strip_suffix(".jar").is_none() {
            return 0;
        }
        self.archive(Path::new(name), names_in(content, is_class)).unwrap_or(0)
    }

    /// Those of them that are usually loaded, by the libraries they belong to.
    pub(super) fn likely_classes(self) -> i64 {
        let likely = match self.form {
            Form::Folder(root) => self.faults.known(root, memcalc::count::likely(root)).unwrap_or(0),
            Form::Artifact(application) => {
                application.entries().iter().map(|entry| self.likely_thousandths_of(entry)).sum::<u64>() / 1000
            }
        };
        i64::try_from(likely).unwrap_or(i64::MAX)
    }

    fn likely_thousandths_of(self, entry: &Entry) -> u64 {
        let mut likely = LikelyClasses::default();
        match entry.content() {
            Some(content) if entry.path.has_extension("jar") => {
                // A broken jar counts as far as it can be read.
                let counted = names_in(content, |name| {
                    likely.take_file(name);
                    false
                });
                self.archive(Path::new(entry.path.as_str()), counted);
            }
            Some(_) => likely.take_file(entry.path.as_str().as_bytes()),
            None => {}
        }
        likely.thousandths()
    }

    /// Classes that will be loaded, by the rule of the buildpack's fifth generation.
    pub(super) fn loaded_classes(self, java: u32) -> i64 {
        memcalc::count::v5_loaded(self.classes(), java)
    }
}

fn has_below(application: &Application, path: &str) -> bool {
    !application.below(&format!("{path}/")).is_empty()
}

fn listed_in(application: &Application, folder: &str) -> Vec<Listed> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let mut listed: Vec<Listed> = Vec::new();
    for entry in application.below(&prefix) {
        let Some(rest) = entry.path.as_str().strip_prefix(&prefix) else { continue };
        let (name, is_dir) = match rest.split_once('/') {
            Some((name, _)) => (name, true),
            None => (rest, matches!(entry.kind, crate::application::EntryKind::Directory)),
        };
        if listed.last().is_none_or(|last| last.name != name) {
            listed.push(Listed { name: name.to_owned(), is_dir });
        }
    }
    listed.dedup();
    listed
}

fn names_in(content: &Content, wanted: impl FnMut(&[u8]) -> bool) -> Result<u64, ArchiveError> {
    names_among(&census::archive(content)?, wanted)
}

fn names_among(jar: &Span, mut wanted: impl FnMut(&[u8]) -> bool) -> Result<u64, ArchiveError> {
    let mut found = 0;
    zip::Names::of(&jar.source, jar.range.clone())?.for_each(|name| found += u64::from(wanted(name)))?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;
    use crate::application::zip::writer::{Item, Zip};

    /// A folder and a jar of the same files give the same answers.
    #[test]
    fn a_folder_and_its_jar_are_the_same_bits() {
        let inner = Zip::of([
            ("a/A.class", "x"),
            ("a/B.class", "x"),
            ("B.groovy", ""),
            ("META-INF/MANIFEST.MF", "Main-Class: a.A\n"),
        ])
        .bytes();
        let work = tempfile::tempdir().unwrap();
        let jar = work.path().join("app.jar");
        let files: [(&str, &[u8]); 7] = [
            ("BOOT-INF/lib/in.jar", &inner),
            ("BOOT-INF/lib/broken.jar", b"PK"),
            ("META-INF/MANIFEST.MF", b"Main-Class: x.Main\n"),
            ("x/Main.class", b"class"),
            ("BOOT-INF/classes/y/Y.class", b"class"),
            (".hidden/y.jar", b""),
            ("main.jar", &inner),
        ];
        fs::write(&jar, Zip::with(files.map(|(name, bytes)| Item::new(name, bytes))).bytes()).unwrap();
        let folder = work.path().join("folder");
        for (name, bytes) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let application = Application::open(&jar).unwrap();
        let faults = Faults::default();
        for bits in [Bits::folder(&folder, &faults), Bits::artifact(&application, &faults)] {
            // Three quarters of its own class, a quarter of each of seven others.
            assert_eq!(bits.likely_classes(), 2);
            assert!(bits.exists("BOOT-INF") && bits.is_dir("BOOT-INF/lib") && !bits.is_dir("main.jar"));
            assert!(!bits.exists("lib") && bits.exists("x/Main.class"));
            let names: Vec<_> = bits.list("").into_iter().map(|entry| (entry.name, entry.is_dir)).collect();
            let wanted = [(".hidden", true), ("BOOT-INF", true), ("META-INF", true), ("main.jar", false), ("x", true)];
            assert_eq!(names, wanted.map(|(name, is_dir)| (name.to_owned(), is_dir)));
            assert_eq!(bits.files("BOOT-INF/lib", |name| name.starts_with('b')), ["broken.jar"]);
            assert_eq!(bits.text_in_jar("main.jar", "META-INF/MANIFEST.MF").unwrap(), "Main-Class: a.A\n");
            assert_eq!(bits.text_in_jar("BOOT-INF/lib/broken.jar", "META-INF/MANIFEST.MF"), None);
            assert_eq!(bits.text("META-INF/MANIFEST.MF").unwrap(), "Main-Class: x.Main\n");
            let visible: Vec<_> = bits.visible().into_iter().map(|entry| entry.name).collect();
            let (libraries, rest) = (
                [
                    "BOOT-INF",
                    "BOOT-INF/classes",
                    "BOOT-INF/classes/y",
                    "BOOT-INF/classes/y/Y.class",
                    "BOOT-INF/lib",
                    "BOOT-INF/lib/broken.jar",
                    "BOOT-INF/lib/in.jar",
                ],
                ["META-INF", "META-INF/MANIFEST.MF", "main.jar", "x", "x/Main.class"],
            );
            assert_eq!(visible, [&libraries[..], &rest].concat());
            let class = |name: &[u8]| name.ends_with(b"A.class");
            assert!(bits.jar_holds("main.jar", &class) && !bits.jar_holds("main.jar", &|_| false));
            assert!(!bits.jar_holds("BOOT-INF/lib/broken.jar", &class) && !bits.jar_holds("no.jar", &class));
            // three in each readable jar, two loose
            assert_eq!(bits.loaded_classes(8), 2);
            assert_eq!(bits.loaded_classes(17), 14_778);
        }
        faults.check().unwrap();
    }
}
