//! An image as a process of this machine: unpacked into a folder of its own, started by its launcher.

use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use buildpacks::files;
use fs_err as fs;
use serde_json::Value;
use tempfile::TempDir;

use super::unpacked::{moved, unpack};
use super::{Ended, RunError, Start, code, end_group, kill_group, last_lines};
use crate::image::base::Base;

/// How long it may take to end in good order, and how often to look.
const PATIENCE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(20);
/// So much of the end of what it printed is looked at, bytes.
const LOG_BYTES: u64 = 1 << 20;

/// A process group; it is killed and its folder removed with the value.
#[derive(Debug)]
pub struct Process {
    child: Mutex<Child>,
    pid: u32,
    folder: TempDir,
}

impl Process {
    /// Unpacks the image and starts it. Nothing enforces the limit; the launcher sizes memory by it.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn start(image: &Base, start: &Start) -> Result<Self, RunError> {
        let failed = |program: &Path| {
            let program = program.display().to_string();
            move |source| RunError::Process { program, source }
        };
        let folder = tempfile::Builder::new().prefix("stage-measure-").tempdir().map_err(failed(Path::new("/tmp")))?;
        unpack(image, folder.path())?;
        let runtime = &image.config["config"];
        let words = |name: &str| -> Vec<String> {
            runtime[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let command = [words("Entrypoint"), words("Cmd")].concat();
        let (program, arguments) = command.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
        let program = PathBuf::from(moved(program, folder.path()));
        let log = fs::File::create_new(folder.path().join("log")).map_err(failed(&program))?.into_file();
        let errors = log.try_clone().map_err(failed(&program))?;
        let mut starting = Command::new(&program);
        starting.args(arguments).env_clear().stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        for entry in words("Env") {
            let (name, value) = entry.split_once('=').unwrap_or((&entry, ""));
            starting.env(name, moved(value, folder.path()));
        }
        starting.env("MEMORY_LIMIT", format!("{}k", start.limit >> 10));
        starting.envs(start.environment.iter().map(|(name, value)| (name, value)));
        let child = starting.spawn().map_err(failed(&program))?;
        Ok(Self { pid: child.id(), child: Mutex::new(child), folder })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Where the image's files are.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        let status = self.child.lock().ok()?.try_wait().ok()??;
        Some(Ended { code: code(status), out_of_memory: false })
    }

    pub(super) fn log(&self) -> Vec<String> {
        let bytes = end_of(&self.folder.path().join("log")).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&bytes))
    }
}

/// The last bytes of a file.
fn end_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = files::open_found(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Drop for Process {
    fn drop(&mut self) {
        // In good order first: a JVM removes its files in the folder of temporary files only then.
        end_group(self.pid);
        let started = Instant::now();
        if let Ok(mut child) = self.child.lock() {
            while started.elapsed() < PATIENCE && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(STEP);
            }
            kill_group(self.pid);
            drop(child.wait());
        }
    }
}
