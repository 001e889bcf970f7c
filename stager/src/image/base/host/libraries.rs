//! Finds the host's libraries as the dynamic loader does: `DT_RUNPATH`, the directories of `/etc/ld.so.conf`, the
//! default ones. `LD_LIBRARY_PATH` and the variants for newer processors (`glibc-hwcaps`) are left out on purpose: the
//! image runs elsewhere.

use std::collections::BTreeMap;

use buildpacks::application::Content;

use super::super::BaseError;
use super::super::elf::{Abi, ElfNeeds};
use super::jre::read_needs;
use super::root::{Host, read_error};
use buildpacks::files;

/// How deep configuration files may include one another.
const MAX_DEPTH: usize = 4;

/// A library of the host.
#[derive(Clone, Debug)]
pub(super) struct Library {
    /// Where the image has it, below its root.
    pub(super) image_path: String,
    /// The file. What it needs was read from the same bytes.
    pub(super) content: Content,
    /// What it needs itself.
    needs: ElfNeeds,
    /// The directory it was found in, below the root.
    origin: String,
}

/// A library that is not on the host.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    /// Its name.
    pub(super) library: String,
    /// Who needs it.
    pub(super) needed_by: String,
}

/// The libraries taken so far.
#[derive(Debug)]
pub(super) struct Libraries {
    abi: Abi,
    /// The directory of the C library: the image's loader finds what lies there without a cache.
    home: String,
    directories: Vec<String>,
    taken: BTreeMap<String, Library>,
}

impl Libraries {
    /// Prepares the search for libraries of `abi`; `home` is the directory of the dynamic loader.
    pub(super) fn new(host: &mut Host<'_>, abi: Abi, home: &str) -> Result<Self, BaseError> {
        let mut wanted = configured_directories(host)?;
        if let Some(triplet) = multiarch(abi) {
            wanted.extend([format!("lib/{triplet}"), format!("usr/lib/{triplet}")]);
        }
        let plain: &[&str] = if abi.wide { &["lib64", "usr/lib64", "lib", "usr/lib"] } else { &["lib", "usr/lib"] };
        wanted.extend(plain.iter().map(|&dir| dir.to_owned()));
        let mut directories = Vec::new();
        for directory in wanted {
            if let Some(found) = host.directory(&directory)?
                && !directories.contains(&found.path)
            {
                directories.push(found.path);
            }
        }
        Ok(Self { abi, home: home.to_owned(), directories, taken: BTreeMap::new() })
    }

    /// Takes `name` and everything below it, or nothing when something is missing.
    pub(super) fn take(
        &mut self,
        host: &mut Host<'_>,
        name: &str,
        needed_by: &str,
    ) -> Result<Result<(), Missing>, BaseError> {
        let mut found: BTreeMap<String, Library> = BTreeMap::new();
        let mut pending = vec![(name.to_owned(), needed_by.to_owned(), Vec::new())];
        while let Some((name, needed_by, first)) = pending.pop() {
            if self.taken.contains_key(&name) || found.contains_key(&name) {
                continue;
            }
            let Some(library) = self.find(host, &name, &first)? else {
                return Ok(Err(Missing { library: name, needed_by }));
            };
            let search = library.search_directories();
            let below = library.needs.needed.iter();
            pending.extend(below.map(|needed| (needed.clone(), format!("/{}", library.image_path), search.clone())));
            found.insert(name, library);
        }
        self.taken.append(&mut found);
        Ok(Ok(()))
    }

    /// Whether a library of this name is taken.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.taken.contains_key(name)
    }

    /// What was taken under this name.
    pub(super) fn get(&self, name: &str) -> Option<&Library> {
        self.taken.get(name)
    }

    /// What was taken, in the order of the names.
    pub(super) fn into_taken(self) -> impl Iterator<Item = Library> {
        self.taken.into_values()
    }

    fn find(&self, host: &mut Host<'_>, name: &str, first: &[String]) -> Result<Option<Library>, BaseError> {
        if name.contains('/') {
            let directory = host.directory(parent(name))?.filter(|_| name.starts_with('/')).map(|found| found.path);
            return directory.map_or(Ok(None), |directory| self.candidate(host, name, name, Some(&directory)));
        }
        for directory in first {
            let home = host.directory(directory)?.map(|found| found.path);
            if let Some(home) = home
                && let Some(library) = self.candidate(host, name, &format!("{home}/{name}"), Some(&home))?
            {
                return Ok(Some(library));
            }
        }
        for directory in &self.directories {
            if let Some(library) = self.candidate(host, name, &format!("{directory}/{name}"), None)? {
                return Ok(Some(library));
            }
        }
        Ok(None)
    }

    /// The library at `path` when it is one of the right ABI; the loader passes over others, too. It goes to `place`,
    /// else beside the C library.
    fn candidate(
        &self,
        host: &mut Host<'_>,
        name: &str,
        path: &str,
        place: Option<&str>,
    ) -> Result<Option<Library>, BaseError> {
        let Some(found) = host.file(path)? else { return Ok(None) };
        let content = Content::file(&found.on_disk, found.metadata.len());
        let needs = match read_needs(path, &content) {
            Ok(Some(needs)) => needs,
            Ok(None) | Err(BaseError::Elf { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        if needs.abi != self.abi {
            return Ok(None);
        }
        let file_name = name.rsplit('/').next().unwrap_or(name);
        let image_path = format!("{}/{file_name}", place.unwrap_or(&self.home));
        let origin = parent(&found.path).to_owned();
        Ok(Some(Library { image_path, content, needs, origin }))
    }
}

impl Library {
    fn search_directories(&self) -> Vec<String> {
        let origin = format!("/{}", self.origin);
        let expand = |dir: &String| dir.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin);
        self.needs.search.iter().map(expand).filter(|dir| !dir.contains('$')).collect()
    }
}

/// The directory of a path, empty for the root.
pub(super) fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// Debian's name of the directory for libraries of `abi`.
fn multiarch(abi: Abi) -> Option<&'static str> {
    Some(match abi.architecture()? {
        "386" => "i386-linux-gnu",
        "amd64" => "x86_64-linux-gnu",
        "arm64" => "aarch64-linux-gnu",
        "arm" => "arm-linux-gnueabihf",
        "riscv64" => "riscv64-linux-gnu",
        "ppc64le" => "powerpc64le-linux-gnu",
        "s390x" => "s390x-linux-gnu",
        "loong64" => "loongarch64-linux-gnu",
        _ => return None,
    })
}

/// Directories of `/etc/ld.so.conf` and what it includes, in order.
fn configured_directories(host: &mut Host<'_>) -> Result<Vec<String>, BaseError> {
    let mut directories = Vec::new();
    read_configuration(host, "/etc/ld.so.conf", 0, &mut directories)?;
    Ok(directories)
}

fn read_configuration(
    host: &mut Host<'_>,
    path: &str,
    depth: usize,
    directories: &mut Vec<String>,
) -> Result<(), BaseError> {
    let Some(file) = host.file(path)? else { return Ok(()) };
    let text = files::read(&file.on_disk, files::SYSTEM_BYTES).map_err(|source| read_error(&file.on_disk, source))?;
    for line in String::from_utf8_lossy(&text).lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(patterns) = line.strip_prefix("include").filter(|rest| rest.starts_with([' ', '\t'])) {
            for pattern in patterns.split_whitespace().filter(|_| depth < MAX_DEPTH) {
                for included in matching(host, pattern)? {
                    read_configuration(host, &included, depth + 1, directories)?;
                }
            }
        } else if line.starts_with('/') {
            // `DIR=TYPE` is an old form; `hwcap` lines name no directory.
            directories.extend(line.split('=').next().map(|dir| dir.trim().to_owned()));
        }
    }
    Ok(())
}

/// Files that match a pattern with at most one `*`, in its last component; a relative one is meant below `/etc`.
fn matching(host: &mut Host<'_>, pattern: &str) -> Result<Vec<String>, BaseError> {
    let pattern = if pattern.starts_with('/') { pattern.to_owned() } else { format!("/etc/{pattern}") };
    let (directory, name) = pattern.rsplit_once('/').unwrap_or(("", &pattern));
    let Some((before, after)) = name.split_once('*') else { return Ok(vec![pattern]) };
    let Some(found) = host.directory(directory)? else { return Ok(Vec::new()) };
    let fits = |name: &String| {
        name.len() >= before.len() + after.len()
            && name.starts_with(before)
            && name.ends_with(after)
            && !name.starts_with('.')
    };
    let names = host.names(&found)?;
    Ok(names.into_iter().filter(fits).map(|name| format!("{directory}/{name}")).collect())
}
