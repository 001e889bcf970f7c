//! A place of its own for each test: folder, cache, environment.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use super::fixtures::wheel;
use super::jar::fake_jre;
use super::schemas::assert_follows_its_schema;

/// A folder that is gone with the value, with a cache in it that holds one Java runtime.
pub(crate) struct World {
    folder: TempDir,
    program: PathBuf,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

fn template() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let world = World { program: env!("CARGO_BIN_EXE_stage").into(), folder };
        world.add_runtime();
        world.folder
    });
    folder.path()
}

/// A cache with a real JRE 17, and the program's layers of it in every compression that was asked for before.
fn real_template() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let world = World { program: env!("CARGO_BIN_EXE_stage").into(), folder: tempfile::tempdir().unwrap() };
        let (file, prefix) = wheel("17.0.9");
        let file = file.to_str().unwrap();
        world.run(["dependency", "add", file, "--id", "jre", "--version", "17.0.9", "--prefix", prefix]).ok();
        let jar = super::BootJar::new().write(&world.path("app.jar"));
        for compression in ["gzip", "zstd", "none"] {
            world.run([jar.to_str().unwrap(), "--compression", compression, "-o", "oci:out"]).ok();
        }
        world.folder
    });
    folder.path()
}

impl World {
    /// With the runtime of [`fake_jre`], which `--base none` goes with.
    pub(crate) fn new() -> Self {
        Self::over(template())
    }

    /// Adds the runtime of [`fake_jre`] to the cache.
    pub(crate) fn add_runtime(&self) {
        fs::write(self.path("fake-jre.zip"), fake_jre("17.0.1")).unwrap();
        let add = ["dependency", "add", "fake-jre.zip", "--id", "fake", "--version", "17.0.1", "--prefix", "fake"];
        self.run(add).ok();
    }

    /// With a real JRE 17 whose layers, and those of the host's libraries for it, are built already.
    pub(crate) fn with_jre() -> Self {
        Self::over(real_template())
    }

    /// With nothing in the cache.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), program: env!("CARGO_BIN_EXE_stage").into() }
    }

    fn over(template: &Path) -> Self {
        let world = Self::empty();
        copy_tree(&template.join("cache"), &world.cache());
        world
    }

    /// A path in the world's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.path("cache")
    }

    /// The program, in the world's folder, with nothing but a search path, a home and the cache in its environment.
    pub(crate) fn command(&self) -> Command {
        self.clean(&self.program)
    }

    /// Another program in the same surroundings.
    pub(crate) fn clean(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        command.env("HOME", self.folder.path()).env("STAGE_CACHE_DIR", self.cache());
        command
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Done {
        Done::of(self.command().args(args))
    }

    /// Stages on no base and returns the report.
    pub(crate) fn stage<S: AsRef<OsStr>>(&self, app: &Path, args: impl IntoIterator<Item = S>) -> Value {
        self.report(app, args, |_| ())
    }

    /// As [`World::stage`], with a change of the command.
    pub(crate) fn report<S: AsRef<OsStr>>(
        &self,
        app: &Path,
        args: impl IntoIterator<Item = S>,
        change: impl FnOnce(&mut Command),
    ) -> Value {
        let mut command = self.command();
        command.arg(app).args(["--base", "none", "--json"]).args(args);
        change(&mut command);
        Done::of(&mut command).ok().json()
    }

    /// The digest of the image made of `app`.
    pub(crate) fn digest<S: AsRef<OsStr>>(&self, app: &Path, args: impl IntoIterator<Item = S>) -> String {
        digest_of(&self.stage(app, args))
    }

    /// Gives everything here to another user, who gets a program he can read.
    pub(crate) fn give_to(&mut self, uid: u32) {
        require_root();
        let copy = self.own_program();
        self.program = copy;
        for path in std::iter::once(self.folder.path().to_owned()).chain(list(self.folder.path())) {
            std::os::unix::fs::lchown(&path, Some(uid), Some(uid)).unwrap();
        }
    }

    /// Lets every user into the folder and read what is in it.
    pub(crate) fn open_to_all(&mut self) {
        let copy = self.own_program();
        self.program = copy;
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A copy of the program in the world's folder, made by another process: while this one has it open to write, what a
    /// test beside this one starts may inherit that, and a file that somebody writes cannot be run.
    fn own_program(&self) -> PathBuf {
        let copy = self.path("stage");
        assert!(Command::new("cp").arg(&self.program).arg(&copy).status().unwrap().success());
        copy
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Temporary files in the cache and beside outputs.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let is_temporary = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let inside = path.parent().is_some_and(|folder| folder.ends_with("tmp"));
            inside || name.starts_with(".new-") || name.contains(".stage-")
        };
        list(self.folder.path()).into_iter().filter(is_temporary).collect()
    }
}

/// `image.digest` of a report.
pub(crate) fn digest_of(report: &Value) -> String {
    report["image"]["digest"].as_str().expect("image.digest").to_owned()
}

impl Done {
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let done = Self { code: status.code(), stdout: text(stdout), stderr: text(stderr) };
        assert!(!matches!(done.code, Some(70 | 101)) && !done.stderr.contains("panicked"), "a defect: {done:?}");
        done
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// It failed with this code and said all of this.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, said: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        let has_no_result = self.stdout.is_empty() || self.stdout.starts_with("{\"schema\":\"stage.error/1\"");
        assert!(has_no_result, "data on standard output of a failure: {}", self.stdout);
        for text in said {
            assert!(self.stderr.contains(text), "`{text}` is not in:\n{}", self.stderr);
        }
    }

    /// As [`Done::failed`], of a command that has an answer all the same.
    #[track_caller]
    pub(crate) fn failed_with_answer(&self, code: i32, said: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        for text in said {
            assert!(self.stdout.contains(text), "`{text}` is not in:\n{}", self.stdout);
        }
    }

    /// The document on standard output, which follows its schema.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let document = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout));
        assert_follows_its_schema(&document);
        document
    }
}

/// Files from this size on are linked, not copied: layers and archives of real runtimes, which tests do not write to.
const LINKED_BYTES: u64 = 1 << 20;

/// Copies a folder, large read-only files by hard links.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        let metadata = entry.metadata().unwrap();
        if metadata.is_dir() {
            copy_tree(&entry.path(), &to);
        } else if metadata.permissions().mode() & 0o222 == 0 && metadata.len() >= LINKED_BYTES {
            fs::hard_link(entry.path(), &to).unwrap();
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

/// Everything below a folder, sorted.
pub(crate) fn list(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(list(&entry.path()));
        }
        found.push(entry.path());
    }
    found.sort();
    found
}

/// Some rules can be tested by root only: another user, a small disk.
pub(crate) fn require_root() {
    assert!(rustix::process::geteuid().is_root(), "this test needs root: run `sudo ./check`");
}
