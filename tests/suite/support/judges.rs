//! Programs of others that judge our images: skopeo, umoci, podman. `scripts/setup-tests` installs them.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::fixtures::project;
use super::{Done, Image, World};

/// Zipkin needs some five seconds on a quiet machine; tests beside it and slow disks take what they take.
const HEALTHY_WITHIN: Duration = Duration::from_mins(5);

/// A program that must be installed.
#[track_caller]
pub(crate) fn tool(world: &World, name: &str) -> Command {
    let found = ["/usr/local/bin", "/usr/bin", "/usr/sbin"].iter().any(|folder| Path::new(folder).join(name).is_file());
    assert!(found, "`{name}` is missing: run `scripts/setup-tests`, which installs it");
    world.clean(name)
}

/// The root file system made of Debian packages by `scripts/make-base`.
#[track_caller]
pub(crate) fn debian_base() -> PathBuf {
    let path = project().join(".cache/fixtures/base.tar");
    assert!(path.is_file(), "{} is missing: run `scripts/setup-tests`, which makes it", path.display());
    path
}

/// The image in an OCI archive, unpacked into `to`.
pub(crate) fn read_archive(archive: &Path, to: &Path) -> Image {
    tar::Archive::new(fs::File::open(archive).unwrap()).unpack(to).unwrap();
    Image::read(to)
}

/// What [`Image::read`] leaves open: media types of one family, a history that counts its layers, nothing unset.
#[track_caller]
pub(crate) fn assert_conforms(image: &Image, family: &str, compression: &str) {
    let (manifest, config) = (&image.manifest, &image.config);
    let (manifest_type, config_type, layer_type) = match family {
        "oci" => (
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar",
        ),
        _ => (
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar",
        ),
    };
    let layer_type = match (family, compression) {
        (_, "none") => layer_type.to_owned(),
        ("oci", other) => format!("{layer_type}+{other}"),
        (_, other) => format!("{layer_type}.{other}"),
    };
    assert_eq!(manifest["schemaVersion"], 2);
    assert_eq!(manifest["mediaType"], manifest_type);
    assert_eq!(manifest["config"]["mediaType"], config_type);
    for layer in manifest["layers"].as_array().unwrap() {
        assert_eq!(layer["mediaType"], layer_type.as_str(), "{layer}");
    }
    assert_eq!(config["rootfs"]["type"], "layers");
    assert_eq!((&config["os"], &config["architecture"]), (&"linux".into(), &"amd64".into()));
    let history = config["history"].as_array().unwrap();
    let real = history.iter().filter(|entry| entry["empty_layer"] != Value::Bool(true)).count();
    assert_eq!(real, image.layers.len(), "{history:?}");
}

/// podman with a store of its own, which is gone with the value. One at a time: containers of 512 MB and two processors
/// do not go well together.
pub(crate) struct Podman {
    store: TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// A container that is gone with the value. It shares the host's network.
pub(crate) struct Container<'a> {
    podman: &'a Podman,
    world: &'a World,
    id: String,
    port: u16,
}

impl Podman {
    #[track_caller]
    pub(crate) fn open() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = project().join(".cache/tests");
        fs::create_dir_all(&folder).unwrap();
        let store = tempfile::Builder::new().prefix("podman-").tempdir_in(folder).unwrap();
        Self { store, _alone: alone }
    }

    pub(crate) fn command(&self, world: &World) -> Command {
        drop(tool(world, "podman"));
        let mut command = world.clean(project().join("scripts/podman"));
        command.env("STAGE_PODMAN", self.store.path());
        command
    }

    /// Has `stage measure` run its containers here.
    pub(crate) fn measure_with(&self, command: &mut Command) {
        command.env("STAGE_PODMAN", self.store.path()).arg("--engine").arg(project().join("scripts/podman"));
    }

    /// Runs podman and returns what it printed.
    #[track_caller]
    pub(crate) fn say(&self, world: &World, args: &[&str]) -> String {
        Done::of(self.command(world).args(args)).ok().stdout.trim().to_owned()
    }

    /// Starts the image `source`, `oci:DIR:TAG` in the world's folder, with 512 MB and a variable that holds the port.
    #[track_caller]
    pub(crate) fn start<'a>(
        &'a self,
        world: &'a World,
        source: &str,
        port_variable: &str,
        more: &[&str],
    ) -> Container<'a> {
        self.start_within(world, "512m", source, port_variable, more)
    }

    /// The same with so much memory, as podman takes it.
    #[track_caller]
    pub(crate) fn start_within<'a>(
        &'a self,
        world: &'a World,
        memory: &str,
        source: &str,
        port_variable: &str,
        more: &[&str],
    ) -> Container<'a> {
        let image = self.say(world, &["pull", "-q", source]);
        let port = free_port();
        let variable = format!("{port_variable}={port}");
        let limits = ["--memory", memory, "--memory-swap", memory, "--network", "host", "--env", &variable];
        let args = [&["run", "-d"][..], &limits, more, &[&image]].concat();
        let id = self.say(world, &args);
        Container { podman: self, world, id, port }
    }

    /// Runs a command as user 2000 with this much memory, over `/usr` of this machine, with these folders and files of
    /// it at these places. The variables are set, and `PORT`.
    #[track_caller]
    pub(crate) fn run_over_host<'a>(
        &'a self,
        world: &'a World,
        memory: &str,
        places: &[(&Path, &str)],
        variables: &[(&str, &str)],
        command: &[&str],
    ) -> Container<'a> {
        let root = world.path("root");
        for folder in ["etc", "proc", "sys", "dev", "tmp", "usr"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for link in ["bin", "lib", "lib64"] {
            symlink(format!("usr/{link}"), root.join(link)).unwrap();
        }
        let port = free_port();
        let mut run: Vec<_> = ["run", "-d", "--memory", memory, "--memory-swap", memory, "--network", "host"]
            .into_iter()
            .chain(["--user", "2000:2000", "--volume", "/usr:/usr:ro", "--env"])
            .map(str::to_owned)
            .collect();
        run.push(format!("PORT={port}"));
        run.extend(variables.iter().flat_map(|(name, value)| ["--env".to_owned(), format!("{name}={value}")]));
        run.extend(places.iter().flat_map(|(from, to)| ["--volume".to_owned(), format!("{}:{to}", from.display())]));
        run.extend(["--rootfs".to_owned(), root.display().to_string()]);
        run.extend(command.iter().map(|&word| word.to_owned()));
        let id = self.say(world, &run.iter().map(String::as_str).collect::<Vec<_>>());
        Container { podman: self, world, id, port }
    }
}

/// A port of this machine that nothing listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Drop for Podman {
    fn drop(&mut self) {
        let remove = Command::new(project().join("scripts/podman"))
            .arg("--remove-store")
            .env("STAGE_PODMAN", self.store.path())
            .output();
        drop(remove);
    }
}

impl Container<'_> {
    /// Waits until `/health` answers with 200, and returns the answer.
    #[track_caller]
    pub(crate) fn healthy(&self) -> Value {
        self.answer("/health")
    }

    /// Waits until this path answers with 200, and returns the answer.
    #[track_caller]
    pub(crate) fn answer(&self, path: &str) -> Value {
        let deadline = Instant::now() + HEALTHY_WITHIN;
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let retry = ["--retry", "2", "--retry-delay", "1", "--retry-all-errors", "--max-time", "10"];
        loop {
            let mut curl = tool(self.world, "curl");
            let answer = Done::of(curl.args(["-sS", "--fail", "--noproxy", "*"]).args(retry).arg(&url));
            if answer.code == Some(0) {
                return answer.json();
            }
            assert_eq!(self.inspect("{{.State.Status}}"), "running", "{}", self.log());
            assert!(Instant::now() < deadline, "no answer: {}{}", answer.stderr, self.log());
        }
    }

    /// Everything it printed.
    pub(crate) fn log(&self) -> String {
        let done = Done::of(self.podman.command(self.world).args(["logs", &self.id])).ok();
        done.stdout + &done.stderr
    }

    /// The line in which the launcher tells the memory configuration.
    #[track_caller]
    pub(crate) fn memory_line(&self) -> String {
        let log = self.log();
        let line = log.lines().find(|line| line.starts_with("Calculated JVM Memory Configuration:"));
        line.unwrap_or_else(|| panic!("no memory line in:\n{log}")).to_owned()
    }

    #[track_caller]
    pub(crate) fn inspect(&self, format: &str) -> String {
        self.podman.say(self.world, &["inspect", "--format", format, &self.id])
    }

    /// A file of `/proc` about the container's first process, as the host sees it.
    #[track_caller]
    pub(crate) fn process(&self, file: &str) -> String {
        let path = Path::new("/proc").join(self.inspect("{{.State.Pid}}")).join(file);
        String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
    }

    /// The most memory that its control group ever had, bytes, by either generation of control groups.
    #[track_caller]
    pub(crate) fn peak_memory(&self) -> u64 {
        let groups = self.process("cgroup");
        let group = |controller: &str| {
            let line = groups.lines().find_map(|line| line.split_once(controller).map(|(_, path)| path.to_owned()));
            line.map(|path| path.trim_start_matches('/').to_owned())
        };
        let file = match group(":memory:") {
            Some(path) => Path::new("/sys/fs/cgroup/memory").join(path).join("memory.max_usage_in_bytes"),
            None => Path::new("/sys/fs/cgroup").join(group("0::").unwrap()).join("memory.peak"),
        };
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())).trim().parse().unwrap()
    }

    /// Real user and group of the first process.
    #[track_caller]
    pub(crate) fn user(&self) -> (String, String) {
        let status = self.process("status");
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().to_owned()
        };
        (field("Uid:"), field("Gid:"))
    }

    /// Waits until it has ended by itself, and returns its exit code and whether the kernel killed it for its memory.
    #[track_caller]
    pub(crate) fn ended(&self) -> String {
        self.podman.say(self.world, &["wait", &self.id]);
        self.inspect("{{.State.ExitCode}} {{.State.OOMKilled}}")
    }

    /// Asks it to end, as an orchestrator does, and returns its exit code.
    #[track_caller]
    pub(crate) fn stop(&self) -> String {
        self.podman.say(self.world, &["stop", "--time", "60", &self.id]);
        self.inspect("{{.State.ExitCode}} {{.State.OOMKilled}}")
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        drop(self.podman.command(self.world).args(["rm", "--force", "--time", "0", &self.id]).output());
    }
}
