//! The application's bits as the classic rules look at them: is there a folder, which jars lie in it, what does a
//! manifest say. A folder on disk is taken as it is, with whatever links and names it has; an artifact stays packed.

use std::path::Path;
use std::sync::Arc;

use fs_err as fs;

use crate::application::{Application, Content, Entry, Source, Span, zip};
use crate::files;
use crate::java::census;
use memcalc::count::LikelyClasses;

/// Largest text file that is read, bytes.
const TEXT_BYTES: u64 = 4 << 20;

/// The application.
#[derive(Clone, Copy, Debug)]
pub enum Bits<'a> {
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

impl Bits<'_> {
    /// Whether there is a file, folder or link to one of this name.
    pub(super) fn exists(self, path: &str) -> bool {
        match self {
            Self::Folder(root) => fs::metadata(root.join(path)).is_ok(),
            Self::Artifact(application) => application.get(path).is_some() || has_below(application, path),
        }
    }

    /// Whether there is a folder of this name.
    pub(super) fn is_dir(self, path: &str) -> bool {
        match self {
            Self::Folder(root) => root.join(path).is_dir(),
            Self::Artifact(application) => {
                has_below(application, path) || application.get(path).is_some_and(|entry| entry.content().is_none())
            }
        }
    }

    /// What lies directly in a folder (empty for the root), sorted by name; names that are not UTF-8 are passed over.
    pub(super) fn list(self, folder: &str) -> Vec<Listed> {
        let mut listed = match self {
            Self::Folder(root) => {
                let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
                entries
                    .filter_map(|entry| {
                        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
                        Some(Listed { name: entry.file_name().into_string().ok()?, is_dir })
                    })
                    .collect()
            }
            Self::Artifact(application) => listed_in(application, folder),
        };
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        listed
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

    /// Whether a jar of the application holds an entry whose name `wanted` takes; no when it cannot be read.
    pub(super) fn jar_holds(self, jar: &str, wanted: &dyn Fn(&[u8]) -> bool) -> bool {
        match self {
            Self::Folder(root) => {
                let source = Source::open(&root.join(jar)).map(Arc::new);
                source.is_ok_and(|file| names_among(&Span::whole(&file), wanted).is_some_and(|found| found > 0))
            }
            Self::Artifact(application) => {
                let content = application.get(jar).and_then(Entry::content);
                content.is_some_and(|content| names_in(content, wanted).is_some_and(|found| found > 0))
            }
        }
    }

    /// Names of the files directly in a folder that `wanted` takes, sorted.
    pub(super) fn files(self, folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let listed = self.list(folder).into_iter();
        listed.filter(|entry| !entry.is_dir && wanted(&entry.name)).map(|entry| entry.name).collect()
    }

    /// A small text file.
    pub(super) fn text(self, path: &str) -> Option<String> {
        let bytes = match self {
            Self::Folder(root) => {
                let path = root.join(path);
                let small =
                    fs::metadata(&path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= TEXT_BYTES);
                if small { files::read(&path, TEXT_BYTES).ok()? } else { return None }
            }
            Self::Artifact(application) => application.get(path)?.content()?.read(TEXT_BYTES).ok()?.into_owned(),
        };
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The content of a file.
    pub(super) fn content(self, path: &str) -> Option<Content> {
        match self {
            Self::Folder(root) => {
                let path = root.join(path);
                let metadata = fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
                Some(Content::file(&path, metadata.len()))
            }
            Self::Artifact(application) => application.get(path)?.content().cloned(),
        }
    }

    /// A small text file in a jar of the application; none when the jar cannot be read.
    pub(super) fn text_in_jar(self, jar: &str, path: &str) -> Option<String> {
        let entries = match self {
            Self::Folder(root) => zip::read(&Arc::new(Source::open(&root.join(jar)).ok()?)).ok()?,
            Self::Artifact(application) => application.nested(application.get(jar)?).ok()?,
        };
        let content = entries.iter().find(|entry| entry.path.as_str() == path).and_then(Entry::content)?;
        Some(String::from_utf8_lossy(&content.read(TEXT_BYTES).ok()?).into_owned())
    }

    /// Classes in the application and its libraries, as the buildpack's fifth generation counts them.
    pub(super) fn classes(self) -> i64 {
        match self {
            Self::Folder(root) => memcalc::count::v5_classes(root),
            Self::Artifact(application) => {
                let classes: u64 = application.entries().iter().map(classes_of).sum();
                i64::try_from(classes).unwrap_or(i64::MAX)
            }
        }
    }

    /// Those of them that are usually loaded, by the libraries they belong to.
    pub(super) fn likely_classes(self) -> i64 {
        let likely = match self {
            Self::Folder(root) => memcalc::count::likely(root),
            Self::Artifact(application) => application.entries().iter().map(likely_thousandths_of).sum::<u64>() / 1000,
        };
        i64::try_from(likely).unwrap_or(i64::MAX)
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

fn classes_of(entry: &Entry) -> u64 {
    let is_class = |name: &[u8]| name.ends_with(b".class") || name.ends_with(b".groovy");
    let Some(content) = entry.content() else { return 0 };
    let name = entry.path.as_str();
    if is_class(name.as_bytes()) {
        return 1;
    }
    if name.strip_suffix(".jar").is_some() { names_in(content, is_class).unwrap_or(0) } else { 0 }
}

fn likely_thousandths_of(entry: &Entry) -> u64 {
    let mut likely = LikelyClasses::default();
    match entry.content() {
        Some(content) if entry.path.has_extension("jar") => {
            // A broken jar counts as far as it can be read.
            let _ = names_in(content, |name| {
                likely.take_file(name);
                false
            });
        }
        Some(_) => likely.take_file(entry.path.as_str().as_bytes()),
        None => {}
    }
    likely.thousandths()
}

fn names_in(content: &Content, wanted: impl FnMut(&[u8]) -> bool) -> Option<u64> {
    names_among(&census::archive(content)?, wanted)
}

fn names_among(jar: &Span, mut wanted: impl FnMut(&[u8]) -> bool) -> Option<u64> {
    let mut found = 0;
    zip::Names::of(&jar.source, jar.range.clone()).ok()?.for_each(|name| found += u64::from(wanted(name))).ok()?;
    Some(found)
}

#[cfg(test)]
mod tests {
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
        for bits in [Bits::Folder(&folder), Bits::Artifact(&application)] {
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
    }
}
