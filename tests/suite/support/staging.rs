//! Cloud Foundry's builder, launcher and shell on applications and buildpacks made by code.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use fs_err as fs;
use serde_json::Value;

/// The folders of a staging, gone with the value.
pub(crate) struct Staging {
    folder: tempfile::TempDir,
    order: Vec<String>,
    variables: Vec<(String, String)>,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Staged {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Staging {
    /// With an empty application and no buildpacks. Everybody may write to its folders.
    pub(crate) fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    /// In a folder of the caller's.
    pub(crate) fn at(folder: tempfile::TempDir) -> Self {
        let mode = |path: &Path, mode| fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(folder.path(), 0o755);
        for name in ["app", "tmp", "cache", "buildpacks", "out"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            mode(&path, 0o777);
        }
        Self { folder, order: Vec::new(), variables: Vec::new() }
    }

    /// Adds a file of the application.
    pub(crate) fn app(self, name: &str, text: &str) -> Self {
        write(&self.path("app").join(name), text, 0o644);
        self
    }

    /// Adds a buildpack to the end of the order. Scripts are lines of bash; other files are named with a `/`.
    pub(crate) fn buildpack(mut self, key: &str, scripts: &[(&str, &str)]) -> Self {
        for (name, text) in scripts {
            self.script(key, name, text);
        }
        self.order.push(key.to_owned());
        self
    }

    /// Sets a variable of the program's environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn script(&self, key: &str, name: &str, text: &str) {
        let folder = self.buildpack_folder(key);
        if name.contains('/') {
            write(&folder.join(name), text, 0o644);
        } else {
            write(&folder.join("bin").join(name), &format!("#!/bin/bash\n{text}\n"), 0o755);
        }
    }

    /// Where the buildpack of this key lies.
    pub(crate) fn buildpack_folder(&self, key: &str) -> PathBuf {
        self.path("buildpacks").join(format!("{:016x}", xxhash_rust::xxh64::xxh64(key.as_bytes(), 0)))
    }

    /// A path below the staging's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds a key to the order whose buildpack is not laid out here.
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.order.push(key.to_owned());
        self
    }

    /// The builder with all its paths and these flags after them.
    pub(crate) fn builder(&self, flags: &[&str]) -> Command {
        let mut arguments = vec!["builder".to_owned(), format!("-buildpackOrder={}", self.order.join(","))];
        for (flag, name) in [
            ("buildDir", "app"),
            ("buildpacksDir", "buildpacks"),
            ("buildpacksDownloadDir", "downloads"),
            ("buildArtifactsCacheDir", "cache"),
            ("outputDroplet", "out/droplet"),
            ("outputMetadata", "out/result.json"),
            ("outputBuildArtifactsCache", "out/cache.tgz"),
        ] {
            arguments.push(format!("-{flag}={}", self.path(name).display()));
        }
        let mut command = self.program();
        command.args(arguments).args(flags);
        command
    }

    /// The program with this staging's environment and folder.
    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stage"));
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("TMPDIR", self.path("tmp"));
        command.envs(self.variables.iter().cloned()).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Runs the builder to its end.
    pub(crate) fn stage(&self, flags: &[&str]) -> Staged {
        self.builder(flags).output().unwrap().into()
    }

    /// Runs the builder, which is `program`, by another program that takes it as its last arguments.
    pub(crate) fn stage_below(&self, wrapper: &[&str], program: &Path, flags: &[&str]) -> Staged {
        let builder = self.builder(flags);
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(program).args(builder.get_args()).current_dir(self.folder.path());
        command
            .env_clear()
            .envs(builder.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::null());
        command.output().expect("a program of util-linux is missing: scripts/setup-tests installs it").into()
    }

    /// A copy of the program that every user may run.
    pub(crate) fn own_program(&self) -> PathBuf {
        let program = self.path("stage");
        // Not by ourselves: a process that another test starts meanwhile would hold the file open for writing.
        let built = env!("CARGO_BIN_EXE_stage");
        let copied = Command::new("install").args(["-m", "755", built]).arg(&program).status().unwrap();
        assert!(copied.success());
        program
    }

    /// Starts the builder and waits until a script has made this file below the application. It heeds every signal, also
    /// when the tests are a job in the background, which do not.
    pub(crate) fn start(&self, flags: &[&str], file: &str) -> Child {
        let builder = self.builder(flags);
        let mut command = Command::new("/usr/bin/env");
        command.arg("--default-signal").arg(builder.get_program()).args(builder.get_args());
        command.env_clear().envs(builder.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for("the script's file", || fs::metadata(self.path("app").join(file)).is_ok_and(|it| it.len() > 0));
        child
    }

    /// `result.json`; null when there is none.
    pub(crate) fn result(&self) -> Value {
        fs::read(self.path("out/result.json")).map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap())
    }

    /// The names of the droplet's members.
    pub(crate) fn droplet(&self) -> Vec<String> {
        members(&self.path("out/droplet"))
    }

    /// The droplet's members: mode, name, target of a link, as `ls` writes them.
    pub(crate) fn listing(&self) -> Vec<String> {
        let file = fs::File::open(self.path("out/droplet")).unwrap();
        let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(file));
        let line = |entry: tar::Entry<'_, _>| {
            let mode = mode(entry.header());
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let target = entry.link_name_bytes().map(|it| format!(" -> {}", String::from_utf8_lossy(&it)));
            format!("{mode} {name}{}", target.unwrap_or_default())
        };
        archive.entries().unwrap().map(|entry| line(entry.unwrap())).collect()
    }

    /// The names of the cache's members.
    pub(crate) fn cache(&self) -> Vec<String> {
        members(&self.path("out/cache.tgz"))
    }

    /// A file of the droplet.
    pub(crate) fn member(&self, name: &str) -> String {
        let file = fs::File::open(self.path("out/droplet")).unwrap();
        let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(file));
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            if *entry.path_bytes() == *name.as_bytes() {
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                return text;
            }
        }
        panic!("no {name} in the droplet");
    }

    /// Unpacks the droplet with `tar`, as platforms do, and gives the launcher in it.
    pub(crate) fn launcher(&self, arguments: &[&str]) -> Command {
        let mut command = self.program();
        command.arg("launcher").args(arguments).current_dir(self.unpack_droplet());
        command
    }

    /// Unpacks the droplet with `tar`, as platforms do, and gives its folder.
    pub(crate) fn unpack_droplet(&self) -> PathBuf {
        let home = self.path("home");
        fs::create_dir(&home).unwrap();
        let tar = Command::new("tar").arg("xzf").arg(self.path("out/droplet")).arg("-C").arg(&home).status().unwrap();
        assert!(tar.success());
        home
    }

    /// The processes that run with this staging's environment: programs of its scripts, and the builder itself. Their numbers
    /// and command lines.
    pub(crate) fn running(&self) -> Vec<String> {
        let mark = format!("TMPDIR={}", self.path("tmp").display());
        let named = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let numbers = named.filter(|name| name.parse::<u32>().is_ok());
        let ours = numbers.filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        });
        ours.map(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            format!("{pid} {}", String::from_utf8_lossy(&line).replace('\0', " "))
        })
        .collect()
    }

    /// What is left in folders that a failed or interrupted staging must leave empty.
    pub(crate) fn left(&self) -> Vec<String> {
        ["tmp", "out"].into_iter().flat_map(|name| names(&self.path(name))).collect()
    }
}

/// A member's type and mode as `ls` writes them.
pub(crate) fn mode(header: &tar::Header) -> String {
    let kind = match header.entry_type() {
        tar::EntryType::Directory => 'd',
        tar::EntryType::Symlink => 'l',
        _ => '-',
    };
    let mode = header.mode().unwrap();
    let bit = |at: u32| if mode >> (8 - at) & 1 == 1 { ['r', 'w', 'x'][at as usize % 3] } else { '-' };
    std::iter::once(kind).chain((0..9).map(bit)).collect()
}

/// `result.json` with its processes sorted: their order is random in the original.
pub(crate) fn processes_sorted(result: &str) -> String {
    let Some((before, rest)) = result.split_once("\"processes\":[{") else { return result.to_owned() };
    let (processes, after) = rest.split_once("}]").unwrap();
    let mut processes: Vec<_> = processes.split("},{").collect();
    processes.sort_unstable();
    format!("{before}\"processes\":[{{{}}}]{after}", processes.join("},{"))
}

/// Sorted names of a folder's entries.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn members(path: &Path) -> Vec<String> {
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(fs::File::open(path).unwrap()));
    let entries = archive.entries().unwrap();
    let mut names: Vec<_> = entries.map(|it| String::from_utf8_lossy(&it.unwrap().path_bytes()).into_owned()).collect();
    names.sort();
    names
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Waits until something is so, for a minute at most.
pub(crate) fn wait_for(what: &str, so: impl FnMut() -> bool) {
    wait_within(Duration::from_mins(1), what, so);
}

/// Waits until something is so, for this long at most.
pub(crate) fn wait_within(time: Duration, what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + time;
    while !so() {
        assert!(Instant::now() < deadline, "{what}: not within {time:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process runs, and is not just waiting for its parent to notice its end.
pub(crate) fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
