//! The host layer: libraries by need, files by list.

use std::collections::BTreeMap;
use std::path::PathBuf;

use buildpacks::application::{Content, Entry, EntryKind, EntryPath, StatRecord};

use super::super::{BaseError, Platform};
use super::jre::{Importance, Jre};
use super::libraries::{Libraries, Library, Missing, parent};
use super::root::{Host, Resolved};
use super::{HostRoot, SkippedLibrary, account, system, zones};
use crate::image::base::elf::Abi;
use crate::layer::{LayerEntry, Owner};

/// Libraries that are loaded without being named in any ELF header, by the C library itself (name service, thread
/// cancellation) or with native code inside jars (compression, TLS); taken where the host has them.
const FAMILY: &[&str] = &[
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libresolv.so.2",
    "libnss_dns.so.2",
    "libnss_files.so.2",
    "libgcc_s.so.1",
    "libstdc++.so.6",
    "libz.so.1",
];

/// A base layer made from a host.
#[derive(Clone, Debug)]
pub struct HostBase {
    /// The layer's members in the order of their paths; parent directories may be missing.
    pub entries: Vec<LayerEntry>,
    /// Platform of the libraries.
    pub platform: Platform,
    /// The host's distribution as its `os-release` calls it.
    pub distribution: Option<String>,
    /// Paths of the shared libraries in the image, sorted.
    pub libraries: Vec<String>,
    /// Libraries of the JRE that cannot be loaded on this base.
    pub skipped: Vec<SkippedLibrary>,
    /// Whether it has the locale `C.UTF-8`, in files or in its C library.
    pub has_utf8_locale: bool,
    /// Files and directories of the host whose unchanged records mean an unchanged layer, given the same JRE.
    pub inputs: Vec<(PathBuf, StatRecord)>,
}

/// Collects the base layer that `jre` needs from `root`. Without any ELF file in `jre` it is a layer for programs of
/// the machine `stage` was built for.
///
/// # Errors
/// [`BaseError::Interpreter`] and [`BaseError::Library`] when the host lacks what the JRE cannot do without.
pub fn closure(jre: &[Entry], root: &HostRoot) -> Result<HostBase, BaseError> {
    let jre = Jre::read(jre)?;
    let mut host = Host::new(root);
    let mut layer = Layer::default();

    let (abi, interpreter, program) = loader(&jre)?;
    let architecture = abi.architecture().ok_or(BaseError::Machine { machine: abi.machine })?;
    let Some(loader) = host.file(&interpreter)? else {
        return Err(BaseError::Interpreter { interpreter, needed_by: program });
    };
    let mut libraries = Libraries::new(&mut host, abi, parent(&loader.path))?;
    let skipped = take_libraries(&jre, &mut host, &mut libraries)?;

    let built_in = libraries.get("libc.so.6").map_or(Ok(false), system::has_built_in_locale)?;
    let mut names = Vec::new();
    for library in libraries.into_taken() {
        names.push(library.image_path.clone());
        layer.library(&library)?;
    }
    names.sort_unstable();
    layer.chain(&loader)?;
    // The loader's built-in directories are `/lib/...` and `/lib64`: where the host has merged them into `/usr`, the
    // image must, too.
    for directory in ["lib", "lib64"] {
        if let Some(found) = host.directory(directory)? {
            layer.links(&found)?;
        }
    }
    let has_utf8_locale = system::add_locale(&mut host, &mut layer)? || built_in;
    let distribution = system::add(&mut host, &mut layer)?;
    zones::add(&mut host, &mut layer)?;
    account::add(&mut layer)?;
    Ok(HostBase {
        entries: layer.into_entries(),
        platform: platform(architecture),
        distribution,
        libraries: names,
        skipped,
        has_utf8_locale,
        inputs: host.into_inputs(),
    })
}

/// ABI and dynamic loader, and the program that names it.
fn loader(jre: &Jre) -> Result<(Abi, String, String), BaseError> {
    let program = jre.objects.iter().filter(|object| object.needs.interpreter.is_some());
    let program = program.min_by_key(|object| (object.importance, &object.path));
    if let Some(object) = program
        && let Some(interpreter) = &object.needs.interpreter
    {
        return Ok((object.needs.abi, interpreter.clone(), object.path.clone()));
    }
    let abi = match jre.objects.first() {
        Some(object) => object.needs.abi,
        None => Abi::NATIVE.ok_or(BaseError::Machine { machine: 0 })?,
    };
    let interpreter = abi.interpreter().ok_or(BaseError::Machine { machine: abi.machine })?;
    Ok((abi, interpreter.to_owned(), "bin/java".to_owned()))
}

/// Takes what the JRE's files need by their importance, and returns those that stay without.
fn take_libraries(jre: &Jre, host: &mut Host<'_>, libraries: &mut Libraries) -> Result<Vec<SkippedLibrary>, BaseError> {
    for name in FAMILY {
        // What is not there is nobody's need yet.
        let _ = libraries.take(host, name, "the base")?;
    }
    for importance in [Importance::Required, Importance::Headless] {
        for object in jre.objects.iter().filter(|object| object.importance == importance) {
            for name in jre.outside_needs(object) {
                match libraries.take(host, name, &object.path)? {
                    Err(Missing { library, needed_by }) if importance == Importance::Required => {
                        return Err(BaseError::Library { library, needed_by });
                    }
                    _ => {}
                }
            }
        }
    }
    let skipped = jre.objects.iter().filter_map(|object| {
        let missing: Vec<_> =
            jre.outside_needs(object).into_iter().filter(|name| !libraries.contains(name)).map(str::to_owned).collect();
        (!missing.is_empty()).then(|| SkippedLibrary { path: object.path.clone(), missing })
    });
    Ok(skipped.collect())
}

fn platform(architecture: &str) -> Platform {
    let variant = (architecture == "arm64").then(|| "v8".to_owned());
    Platform { os: "linux".to_owned(), architecture: architecture.to_owned(), variant }
}

/// The layer while it grows; a path is added once, the first one stays.
#[derive(Debug, Default)]
pub(super) struct Layer(BTreeMap<EntryPath, LayerEntry>);

impl Layer {
    /// Adds an entry owned by root with its normal mode.
    pub(super) fn add(&mut self, path: &str, kind: EntryKind) -> Result<(), BaseError> {
        let path = EntryPath::new(path).map_err(|source| BaseError::HostName { name: path.to_owned(), source })?;
        let entry = LayerEntry::normalised(Entry { path: path.clone(), kind });
        self.0.entry(path).or_insert(entry);
        Ok(())
    }

    /// Adds a file made here.
    pub(super) fn text(&mut self, path: &str, text: impl Into<String>) -> Result<(), BaseError> {
        let content = Content::from_bytes(text.into().into_bytes());
        self.add(path, EntryKind::File { executable: false, content })
    }

    /// Adds a file of the host.
    pub(super) fn file(&mut self, path: &str, file: &Resolved) -> Result<(), BaseError> {
        let content = Content::file(&file.on_disk, file.metadata.len());
        self.add(path, EntryKind::File { executable: false, content })
    }

    /// Adds a symbolic link.
    pub(super) fn link(&mut self, path: &str, target: &str) -> Result<(), BaseError> {
        self.add(path, EntryKind::Symlink { target: target.into() })
    }

    /// Adds a directory with its own mode and owner.
    pub(super) fn directory(&mut self, path: &str, mode: u32, owner: Owner) -> Result<(), BaseError> {
        self.add(path, EntryKind::Directory)?;
        if let Some(entry) = self.0.get_mut(path) {
            (entry.mode, entry.owner) = (mode, owner);
        }
        Ok(())
    }

    /// Adds a library under its soname, executable since it may be the loader.
    fn library(&mut self, library: &Library) -> Result<(), BaseError> {
        self.add(&library.image_path, EntryKind::File { executable: true, content: library.content.clone() })
    }

    /// Adds the links on the way to `found`.
    fn links(&mut self, found: &Resolved) -> Result<(), BaseError> {
        found.links.iter().try_for_each(|(path, target)| self.link(path, target))
    }

    /// Adds a program of the host with the links on the way to it. A library taken under the name of one of the links
    /// is the end of the way.
    fn chain(&mut self, found: &Resolved) -> Result<(), BaseError> {
        for (path, target) in &found.links {
            if self.0.get(path.as_str()).is_some_and(|entry| matches!(entry.kind, EntryKind::File { .. })) {
                return Ok(());
            }
            self.link(path, target)?;
        }
        let content = Content::file(&found.on_disk, found.metadata.len());
        self.add(&found.path, EntryKind::File { executable: true, content })
    }

    fn into_entries(self) -> Vec<LayerEntry> {
        self.0.into_values().collect()
    }
}
