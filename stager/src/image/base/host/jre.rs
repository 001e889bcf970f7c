//! The JRE's programs and libraries, and what they need.

use std::collections::{BTreeMap, BTreeSet};

use buildpacks::application::{Content, Entry, EntryKind};
use rayon::prelude::*;

use super::super::BaseError;
use super::super::elf::{self, ElfNeeds};

/// Largest program or library that is looked into, bytes: `libjvm.so` with symbols has about 30 MB.
const MAX_ELF_BYTES: u64 = 256 << 20;

/// What every application may load: the launcher, the virtual machine and the libraries of the modules that a server
/// uses. Whatever they need must be on the host.
const REQUIRED: &[&str] = &[
    "java",
    "jspawnhelper",
    "libattach.so",
    "libextnet.so",
    "libinstrument.so",
    "libjava.so",
    "libjimage.so",
    "libjli.so",
    "libjvm.so",
    "libmanagement.so",
    "libmanagement_agent.so",
    "libmanagement_ext.so",
    "libnet.so",
    "libnio.so",
    "libprefs.so",
    "librmi.so",
    "libverify.so",
    "libzip.so",
];

/// Images and colours without a screen (`ImageIO`, `BufferedImage`): what they need is taken where the host has it.
const HEADLESS: &[&str] = &["libawt.so", "libawt_headless.so", "libjavajpeg.so", "liblcms.so", "libmlib_image.so"];

/// How far the base goes for a file of the JRE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Importance {
    /// Its libraries must be there.
    Required,
    /// Its libraries are taken where they are there.
    Headless,
    /// No library is taken for it.
    Rest,
}

/// A program or library of the JRE.
#[derive(Debug)]
pub(super) struct JreObject {
    /// Path below the JRE's root.
    pub(super) path: String,
    /// What it needs.
    pub(super) needs: ElfNeeds,
    /// How far the base goes for it.
    pub(super) importance: Importance,
}

/// All programs and libraries of a JRE, of one ABI.
#[derive(Debug, Default)]
pub(super) struct Jre {
    /// In the order of their paths.
    pub(super) objects: Vec<JreObject>,
    by_name: BTreeMap<String, usize>,
}

impl Jre {
    /// Reads the ELF files among `entries`. Files of another ABI than `bin/java`'s are left out.
    pub(super) fn read(entries: &[Entry]) -> Result<Self, BaseError> {
        let found: Result<Vec<_>, _> = entries.par_iter().filter_map(|entry| candidate(entry).transpose()).collect();
        let mut objects = found?;
        objects.sort_unstable_by(|one, two| one.path.cmp(&two.path));
        let program = objects.iter().find(|object| object.file_name() == "java");
        if let Some(abi) = program.or(objects.first()).map(|object| object.needs.abi) {
            objects.retain(|object| object.needs.abi == abi);
        }
        let mut by_name = BTreeMap::new();
        for (index, object) in objects.iter().enumerate() {
            by_name.entry(object.file_name().to_owned()).or_insert(index);
            if let Some(soname) = &object.needs.soname {
                by_name.entry(soname.clone()).or_insert(index);
            }
        }
        // A link to a library is another name of it.
        let targets = entries.iter().filter_map(|entry| match &entry.kind {
            EntryKind::Symlink { target } => Some((entry.path.file_name(), target.rsplit('/').next()?)),
            _ => None,
        });
        for (name, target) in targets {
            if let Some(&index) = by_name.get(target) {
                by_name.entry(name.to_owned()).or_insert(index);
            }
        }
        Ok(Self { objects, by_name })
    }

    /// The JRE's own library of this name. Where it lies does not matter: the launcher loads `libjvm.so` by its path,
    /// and the loader takes a library of the same name that is loaded already.
    pub(super) fn library(&self, name: &str) -> Option<&JreObject> {
        self.by_name.get(name).map(|&index| &self.objects[index])
    }

    /// Names of libraries that `object` and the JRE's libraries below it need from outside.
    pub(super) fn outside_needs<'a>(&'a self, object: &'a JreObject) -> BTreeSet<&'a str> {
        let mut outside = BTreeSet::new();
        let mut seen = BTreeSet::from([object.path.as_str()]);
        let mut pending = vec![object];
        while let Some(object) = pending.pop() {
            for name in &object.needs.needed {
                match self.library(name) {
                    Some(own) if seen.insert(&own.path) => pending.push(own),
                    Some(_) => {}
                    None => drop(outside.insert(name.as_str())),
                }
            }
        }
        outside
    }
}

impl JreObject {
    fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

fn candidate(entry: &Entry) -> Result<Option<JreObject>, BaseError> {
    let EntryKind::File { executable, content } = &entry.kind else { return Ok(None) };
    let name = entry.path.file_name();
    if !*executable && !name.contains(".so") {
        return Ok(None);
    }
    let Some(needs) = read_needs(entry.path.as_str(), content)? else { return Ok(None) };
    let importance = if REQUIRED.contains(&name) {
        Importance::Required
    } else if HEADLESS.contains(&name) {
        Importance::Headless
    } else {
        Importance::Rest
    };
    Ok(Some(JreObject { path: entry.path.as_str().to_owned(), needs, importance }))
}

/// What the program or library `content`, called `name` in messages, needs; none when it is no ELF file. Its bytes are
/// known by their hash from then on.
pub(super) fn read_needs(name: &str, content: &Content) -> Result<Option<ElfNeeds>, BaseError> {
    let mut start = [0; elf::MAGIC.len()];
    let unread = |source| BaseError::Content { name: name.to_owned(), source };
    if content.read_prefix(&mut start).map_err(unread)? < start.len() || start != *elf::MAGIC {
        return Ok(None);
    }
    let bytes = content.read(MAX_ELF_BYTES).map_err(unread)?;
    elf::needs(&bytes).map_err(|source| BaseError::Elf { name: name.to_owned(), source })
}
