//! Directories as trees.
//!
//! Of a file's mode only the owner's execute bit counts: umask clears bits of group and others, and `unzip` restores an
//! archive's modes, so an unpacked jar gives the same tree as the jar under every usual umask.

use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use fs_err as fs;
use walkdir::WalkDir;

use super::left_out::Rules;
use super::{
    ArchiveError, Content, Entry, EntryError, EntryKind, EntryPath, LeftOut, Limits, OpenError, StatRecord, tree,
};

/// The owner's execute bit (`stat.h`).
const S_IXUSR: u32 = 0o100;

/// Stat records by path, sorted.
pub(super) type Records = Vec<(String, StatRecord)>;

/// A directory that was read.
pub(super) struct Tree {
    pub(super) entries: Vec<Entry>,
    /// Each entry's stat record, the root's own included under the empty path, and those of the ignore files.
    pub(super) records: Records,
    pub(super) left_out: LeftOut,
}

/// Reads the directory `root` with everything in it: sorted entries, their contents files on disk, opened when they are
/// read.
///
/// # Errors
/// Besides what a file's name or link breaks, [`EntryError::Special`] for everything that is neither file, directory nor
/// link.
pub fn read(root: &Path) -> Result<Vec<Entry>, OpenError> {
    let tree = read_by(root, Rules::none(), &Limits::default())?;
    match tree.left_out.special.first() {
        Some(path) => Err(OpenError::entry(&root.display().to_string(), path, EntryError::Special)),
        None => Ok(tree.entries),
    }
}

/// Reads the application in the directory `root`.
pub(super) fn read_within(root: &Path, limits: &Limits) -> Result<Tree, OpenError> {
    read_by(root, Rules::of(root)?, limits)
}

fn read_by(root: &Path, rules: Rules, limits: &Limits) -> Result<Tree, OpenError> {
    let name = root.display().to_string();
    let (mut entries, mut records) = (Vec::new(), rules.records.clone());
    let mut total = 0_u64;
    let mut walk = Walk::of(root, rules);
    for found in &mut walk {
        let Found { path, metadata, relative } = found?;
        if relative.is_empty() {
            records.push((relative, StatRecord::of(&metadata)));
            continue;
        }
        let refuse = |source: EntryError| OpenError::entry(&name, &relative, source);
        let kind = kind(&path, &metadata, limits).map_err(|error| match error {
            Kind::Read(source) => OpenError::read(&path, source),
            Kind::Entry(source) => refuse(source),
        })?;
        records.push((relative.clone(), StatRecord::of(&metadata)));
        let entry = Entry { path: EntryPath::new(&relative).map_err(|error| refuse(error.into()))?, kind };
        total = total.saturating_add(entry.size());
        if entries.len() >= limits.entries {
            return Err(OpenError::archive(&name, ArchiveError::TooManyEntries { limit: limits.entries }));
        }
        if total > limits.total_bytes {
            return Err(OpenError::archive(&name, ArchiveError::TooLarge { limit: limits.total_bytes }));
        }
        entries.push(entry);
    }
    records.sort_by(|a, b| a.0.cmp(&b.0));
    walk.left_out.sort();
    Ok(Tree { entries: tree::build(&name, entries, limits)?, records, left_out: walk.left_out })
}

/// The stat records of everything in `root` that is part of the application, and of its ignore files, sorted by path.
pub(super) fn stat_records(root: &Path) -> Result<Records, OpenError> {
    let rules = Rules::of(root)?;
    let mut records = rules.records.clone();
    for found in Walk::of(root, rules) {
        let found = found?;
        records.push((found.relative, StatRecord::of(&found.metadata)));
    }
    records.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(records)
}

/// Something in a directory.
struct Found {
    path: PathBuf,
    metadata: Metadata,
    /// Its path below the root; empty for the root itself.
    relative: String,
}

/// Everything in a directory that is not left out, each with its own metadata; only the root itself may be a link.
struct Walk {
    root: PathBuf,
    entries: walkdir::IntoIter,
    rules: Rules,
    left_out: LeftOut,
}

impl Walk {
    fn of(root: &Path, rules: Rules) -> Self {
        let entries = WalkDir::new(root).into_iter();
        Self { root: root.to_owned(), entries, rules, left_out: LeftOut::default() }
    }

    /// What was found; none when it is left out.
    fn found(&mut self, entry: walkdir::DirEntry) -> Result<Option<Found>, OpenError> {
        let is_root = entry.depth() == 0;
        let relative = relative(&self.root, entry.path())?;
        let file_type = entry.file_type();
        if !is_root && self.rules.leave_out(&relative, file_type.is_dir()) {
            if file_type.is_dir() {
                self.entries.skip_current_dir();
            }
            self.left_out.ignore(relative);
            return Ok(None);
        }
        if !is_root && file_type.is_dir() && self.rules.is_output(entry.path()) {
            self.entries.skip_current_dir();
            self.left_out.outputs.push(relative);
            return Ok(None);
        }
        if file_type.is_socket() || file_type.is_fifo() {
            self.left_out.special.push(relative);
            return Ok(None);
        }
        let metadata = if is_root {
            fs::metadata(entry.path()).map_err(|source| OpenError::read(entry.path(), source))?
        } else {
            entry.metadata().map_err(|error| self.failed(error))?
        };
        Ok(Some(Found { path: entry.into_path(), metadata, relative }))
    }

    fn failed(&self, error: walkdir::Error) -> OpenError {
        let path = error.path().map_or_else(|| self.root.clone(), Path::to_owned);
        OpenError::Read { path, source: error.into() }
    }
}

impl Iterator for Walk {
    type Item = Result<Found, OpenError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let found = match self.entries.next()? {
                Ok(entry) => self.found(entry),
                Err(error) => Err(self.failed(error)),
            };
            if let Some(found) = found.transpose() {
                return Some(found);
            }
        }
    }
}

/// The path below `root`; empty for `root` itself.
fn relative(root: &Path, path: &Path) -> Result<String, OpenError> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let refused = || OpenError::entry(&root.display().to_string(), &below.to_string_lossy(), EntryError::NotUtf8);
    below.to_str().map(str::to_owned).ok_or_else(refused)
}

enum Kind {
    Read(std::io::Error),
    Entry(EntryError),
}

fn kind(path: &Path, metadata: &Metadata, limits: &Limits) -> Result<EntryKind, Kind> {
    let file_type = metadata.file_type();
    if file_type.is_dir() {
        return Ok(EntryKind::Directory);
    }
    if file_type.is_symlink() {
        let limit = limits.link_bytes;
        let target = fs::read_link(path).map_err(Kind::Read)?;
        let target = target.to_str().ok_or(Kind::Entry(EntryError::LinkTarget { limit }))?;
        return Ok(EntryKind::Symlink { target: target.into() });
    }
    if !file_type.is_file() {
        return Err(Kind::Entry(EntryError::Special));
    }
    let size = metadata.len();
    if size > limits.entry_bytes {
        return Err(Kind::Entry(EntryError::TooLarge { size, limit: limits.entry_bytes }));
    }
    rustix::fs::access(path, rustix::fs::Access::READ_OK).map_err(|error| Kind::Read(error.into()))?;
    let content = Content::file(path, size);
    Ok(EntryKind::File { executable: metadata.permissions().mode() & S_IXUSR != 0, content })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::application::zip;
    use crate::application::{Application, Source};
    use std::sync::Arc;

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, mode) in [("b/c.txt", 0o644), ("b-a", 0o600), ("a/run", 0o755)] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        root
    }

    fn refused(root: &Path) -> EntryError {
        match read(root) {
            Err(OpenError::Entry { source, .. }) => source,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_a_sorted_tree_with_execute_bits_and_links() {
        let root = tree();
        symlink("../b/c.txt", root.path().join("a/link")).unwrap();
        let entries = read(root.path()).unwrap();
        let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["a", "a/link", "a/run", "b", "b-a", "b/c.txt"]);
        assert!(matches!(entries[1].kind, EntryKind::Symlink { .. }));
        assert!(matches!(entries[2].kind, EntryKind::File { executable: true, .. }));
        assert!(matches!(entries[4].kind, EntryKind::File { executable: false, .. }));
        assert_eq!(&*entries[5].content().unwrap().read(10).unwrap(), b"x");
    }

    /// `unzip` and `mkdir` leave group and others out under umask 077 and nothing out under 000.
    #[test]
    fn a_umask_does_not_show() {
        let bits = |file: u32, run: u32| {
            let root = tree();
            for (path, mode) in [("b/c.txt", file), ("b-a", file), ("a/run", run), ("a", 0o777 & run), ("b", run)] {
                let permissions = std::fs::Permissions::from_mode(mode);
                fs::set_permissions(root.path().join(path), permissions).unwrap();
            }
            let describe = |entry: &Entry| (entry.path.to_string(), std::mem::discriminant(&entry.kind), entry.size());
            let executable = |entry: &Entry| matches!(entry.kind, EntryKind::File { executable: true, .. });
            let entries = read(root.path()).unwrap();
            entries.iter().map(|entry| (describe(entry), executable(entry))).collect::<Vec<_>>()
        };
        assert_eq!(bits(0o666, 0o777), bits(0o600, 0o700));
        assert_eq!(bits(0o644, 0o755), bits(0o600, 0o700));
    }

    #[test]
    fn refuses_links_out_of_the_tree_and_special_files() {
        let root = tree();
        let link = root.path().join("a/link");
        for target in ["/etc/passwd", "../../x"] {
            symlink(target, &link).unwrap();
            assert!(matches!(refused(root.path()), EntryError::LinkLeaves { .. }));
            fs::remove_file(&link).unwrap();
        }
        let _listener = UnixListener::bind(&link).unwrap();
        assert!(matches!(refused(root.path()), EntryError::Special));
    }

    #[test]
    fn what_is_no_part_of_an_application_is_left_out_and_counted() {
        let root = tree();
        let _listener = UnixListener::bind(root.path().join("a/socket")).unwrap();
        for path in [".git/config", ".env", "a/run~", "b/.DS_Store"] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        symlink("/etc/passwd", root.path().join("b/out")).unwrap();
        fs::write(root.path().join(".stageignore"), "b/out\n").unwrap();
        let application = Application::open(root.path()).unwrap();
        let paths: Vec<&str> = application.entries().iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["a/run", "b-a", "b/c.txt"]);
        let left_out = application.left_out();
        assert_eq!((left_out.ignored, left_out.special.as_slice()), (6, &["a/socket".to_owned()][..]));
        // A change of the rules shows, one of what is left out does not.
        fs::write(root.path().join(".git/config"), "longer").unwrap();
        application.verify_unchanged().unwrap();
        fs::write(root.path().join(".stageignore"), "b/out\nb-a\n").unwrap();
        assert!(matches!(application.verify_unchanged(), Err(OpenError::Changed { .. })));
    }

    #[test]
    fn refuses_names_that_are_not_utf8() {
        use std::os::unix::ffi::OsStrExt;
        let root = tree();
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
        fs::write(root.path().join(name), "x").unwrap();
        assert!(matches!(refused(root.path()), EntryError::NotUtf8));
    }

    #[test]
    fn an_unpacked_archive_is_the_same_tree() {
        use crate::application::zip::writer::{Item, Zip};
        let items = [
            Item { mode: Some(0o40_755), ..Item::new("a/", "") },
            Item { mode: Some(0o100_755), deflate: true, ..Item::new("a/run", "x") },
            Item { mode: Some(0o100_644), ..Item::new("b-a", "x") },
            Item::new("b/c.txt", "x"),
        ];
        let source = Source::from_bytes(Zip::with(items).bytes(), Path::new("test.zip"));
        let packed = zip::read(&Arc::new(source)).unwrap();
        let root = tree();
        let unpacked = Application::open(root.path()).unwrap();
        let describe = |entry: &Entry| {
            let executable = matches!(entry.kind, EntryKind::File { executable: true, .. });
            (entry.path.to_string(), executable, entry.content().map(|content| content.read(9).unwrap().into_owned()))
        };
        let files = |entries: &[Entry]| {
            entries.iter().filter(|entry| entry.content().is_some()).map(describe).collect::<Vec<_>>()
        };
        assert_eq!(files(&packed), files(unpacked.entries()));
    }
}
