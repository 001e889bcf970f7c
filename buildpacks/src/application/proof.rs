//! Proof by hashing: what was read of a file is the content of one state of it, and that state can be recognised later.

use std::fs::File;
use std::io::{self, Seek as _};
use std::sync::OnceLock;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::files;

use super::StatRecord;

/// Names this run of the machine's kernel. Device numbers and clocks mean the same only within one, and after a loss of
/// power a file may have its size and its times, but not its bytes.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
/// How often a file that changes while it is read is read again. A new hard link counts as a change.
const ATTEMPTS: usize = 8;

/// Whoever finds a file in this state may take it for what it was when it was read, until the machine is started again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    stat: StatRecord,
    boot_id: String,
}

/// What was read of a file that did not change meanwhile.
#[derive(Clone, Debug)]
pub struct Witnessed<T> {
    /// What was read.
    pub value: T,
    /// The file's state before and after.
    pub stat: StatRecord,
    /// Proves the value for later; `None` where a change while it was read might not have shown in the state, or where
    /// the kernel does not say which run of it this is.
    pub proof: Option<Proof>,
}

impl Proof {
    /// Whether the file in this state is the one that was read, since the machine was started.
    pub fn holds(&self, stat: &StatRecord) -> bool {
        self.stat == *stat && boot_id() == Some(self.boot_id.as_str())
    }
}

impl<T> Witnessed<T> {
    /// Reads the open `file` from its start, again where it changed meanwhile; `None` when it does not stop changing.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(mut file: &File, read: impl Fn(&File) -> io::Result<T>) -> io::Result<Option<Self>> {
        let state = |file: &File| file.metadata().map(|metadata| StatRecord::of(&metadata));
        let mut stat = state(file)?;
        for _ in 0..ATTEMPTS {
            let settled = stat.settled_at(SystemTime::now());
            file.rewind()?;
            let value = read(file)?;
            let after = state(file)?;
            if after == stat {
                let boot_id = boot_id().filter(|_| settled).map(str::to_owned);
                return Ok(Some(Self { value, stat, proof: boot_id.map(|boot_id| Proof { stat, boot_id }) }));
            }
            stat = after;
        }
        Ok(None)
    }
}

/// Which run of the machine's kernel this is; `None` where the kernel does not say.
pub fn boot_id() -> Option<&'static str> {
    static BOOT: OnceLock<Option<String>> = OnceLock::new();
    let read = || files::read_text(BOOT_ID.as_ref(), files::SYSTEM_BYTES).ok().map(|text| text.trim().to_owned());
    BOOT.get_or_init(read).as_deref().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::Read as _;
    use std::os::unix::fs::FileExt as _;
    use std::time::Duration;

    use super::*;

    fn text(mut file: &File) -> io::Result<String> {
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(text)
    }

    /// A file whose last change lies long enough back that any further one shows.
    fn settled(content: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), content).unwrap();
        let stat = || StatRecord::of(&file.as_file().metadata().unwrap());
        while !stat().settled_at(SystemTime::now()) {
            std::thread::yield_now();
        }
        file
    }

    #[test]
    fn a_file_at_rest_is_proved_and_any_change_ends_the_proof() {
        let file = settled("one");
        let witnessed = Witnessed::read(file.as_file(), text).unwrap().unwrap();
        let proof = witnessed.proof.unwrap();
        assert_eq!(witnessed.value, "one");
        assert!(proof.holds(&witnessed.stat));
        file.as_file().write_at(b"two", 0).unwrap();
        file.as_file().set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).unwrap();
        assert!(!proof.holds(&StatRecord::of(&file.as_file().metadata().unwrap())));
        let other = Proof { boot_id: "of another run".into(), ..proof };
        assert!(!other.holds(&witnessed.stat), "a record of another boot proves nothing");
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_read_again() {
        let file = settled("one");
        let first = Cell::new(true);
        let witnessed = Witnessed::read(file.as_file(), |open| {
            let text = text(open)?;
            if first.replace(false) {
                file.as_file().write_at(b"two", 0)?;
            }
            Ok(text)
        });
        let witnessed = witnessed.unwrap().unwrap();
        assert_eq!(witnessed.value, "two");
        assert_eq!(witnessed.proof, None, "it changed a moment ago: a further change might not show");
    }

    #[test]
    fn a_file_that_does_not_stop_changing_proves_nothing() {
        let file = settled("one");
        let size = Cell::new(3);
        let witnessed = Witnessed::read(file.as_file(), |open| {
            let text = text(open)?;
            size.set(size.get() + 1);
            file.as_file().set_len(size.get())?;
            Ok(text)
        });
        assert!(witnessed.unwrap().is_none());
    }
}
