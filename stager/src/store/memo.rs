//! The memo of a whole run: when every input's stat record is what it was, the result is what it was.
//!
//! This is the only place where a stat record stands in for content, under the racy-git rule: a memo is written only
//! when every input had settled before it was read.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use buildpacks::absence::absent_ok;
use buildpacks::application::{Fingerprint, StatRecord};
use data_encoding::HEXLOWER;
use fs_err as fs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::files;

/// Largest memo that is read, bytes: that of a folder with as many files as an application may have, a million, and long
/// paths.
const MOST_BYTES: u64 = 1 << 30;

/// Everything but the inputs' content that decides a result: program, settings, their values.
#[derive(Clone, Copy, Debug)]
pub struct MemoKey([u8; 32]);

/// A memo on disk.
#[derive(Debug)]
pub struct Memo {
    path: PathBuf,
    scratch: Option<PathBuf>,
}

/// An input whose change would change the result, and its state when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// A file, or the list of names in a folder; `None` when it was not there.
    Entry(PathBuf, Option<StatRecord>),
    /// A file or a folder with everything below it.
    Tree(PathBuf, Fingerprint),
    /// The files directly in a folder whose names end so.
    Files(PathBuf, String, Fingerprint),
}

#[derive(Serialize, Deserialize)]
struct Record<T> {
    inputs: Vec<Input>,
    result: T,
}

impl MemoKey {
    /// Hashes the parts, each with its length before it.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Self(*hasher.finalize().as_bytes())
    }
}

impl Input {
    /// Notes the state of the file or folder at `path` now.
    ///
    /// # Errors
    /// When something is there that cannot be looked at: that is no state.
    pub fn entry(path: PathBuf) -> io::Result<Self> {
        let state = absent_ok(fs::metadata(&path))?.map(|metadata| StatRecord::of(&metadata));
        Ok(Self::Entry(path, state))
    }

    /// Notes the files directly in `folder` whose names end with `suffix`.
    ///
    /// # Errors
    /// As [`Input::entry`].
    pub fn files(folder: PathBuf, suffix: &str) -> io::Result<Self> {
        let mut records = Vec::new();
        for entry in absent_ok(fs::read_dir(&folder))?.into_iter().flatten() {
            let entry = entry?;
            if entry.file_name().to_string_lossy().ends_with(suffix)
                // One that goes while the folder is read is not there.
                && let Some(metadata) = absent_ok(entry.metadata())?
            {
                records.push((entry.file_name(), StatRecord::of(&metadata)));
            }
        }
        records.sort_by(|(a, _), (b, _)| a.cmp(b));
        let hash = blake3::hash(format!("{records:?}").as_bytes()).to_hex().to_string();
        let youngest = records.into_iter().map(|(_, record)| record).max_by_key(|record| record.ctime_ns);
        let none = StatRecord { dev: 0, ino: 0, size: 0, mtime_ns: 0, ctime_ns: 0 };
        Ok(Self::Files(folder, suffix.to_owned(), Fingerprint::Directory { hash, newest: youngest.unwrap_or(none) }))
    }

    /// Whether it is what it was when it was noted.
    pub(crate) fn is_unchanged(&self) -> bool {
        match self {
            Self::Entry(path, _) => Self::entry(path.clone()).is_ok_and(|now| now == *self),
            Self::Files(folder, suffix, _) => Self::files(folder.clone(), suffix).is_ok_and(|now| now == *self),
            Self::Tree(path, before) => Fingerprint::of(path).is_ok_and(|now| now == *before),
        }
    }

    fn is_settled(&self, noted: SystemTime) -> bool {
        match self {
            Self::Entry(_, state) => state.is_none_or(|state| state.settled_at(noted)),
            Self::Tree(_, fingerprint) | Self::Files(_, _, fingerprint) => fingerprint.settled(noted),
        }
    }
}

impl Memo {
    pub(super) fn new(folder: &Path, writable: bool, key: MemoKey) -> Self {
        let scratch = writable.then(|| folder.with_file_name("tmp"));
        Self { path: folder.join(format!("{}.json", HEXLOWER.encode(&key.0))), scratch }
    }

    /// The remembered result, if every input is as it was. A memo that cannot be read, or says nothing, is as good as
    /// none: without it the result is the same.
    pub fn recall<T: DeserializeOwned>(&self) -> Option<T> {
        let record: Record<T> = serde_json::from_slice(&buildpacks::files::read(&self.path, MOST_BYTES).ok()?).ok()?;
        match record.inputs.iter().find(|input| !input.is_unchanged()) {
            None => Some(record.result),
            Some(Input::Entry(path, _) | Input::Tree(path, _) | Input::Files(path, ..)) => {
                log::info!("`{}` is not what it was when the result was remembered", path.display());
                None
            }
        }
    }

    /// Remembers a result whose inputs were noted at `noted`, before they were read. Does nothing when one of them had
    /// changed so shortly before that a later change might not show, or has changed since.
    pub fn remember<T: Serialize>(&self, inputs: Vec<Input>, noted: SystemTime, result: &T) -> io::Result<()> {
        let Some(scratch) = &self.scratch else { return Ok(()) };
        if !inputs.iter().all(|input| input.is_settled(noted) && input.is_unchanged()) {
            return Ok(());
        }
        let mut file = files::new_temporary(scratch, files::NEW)?;
        // Not through a buffer that is dropped: what a full disk does not take must not get its name.
        file.write_all(&serde_json::to_vec(&Record { inputs, result })?)?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}
