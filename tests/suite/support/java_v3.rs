//! An offline package of the Java buildpack 3.8.1: settings as it has them, and in its cache a real Java 8, the memory
//! calculator that this program is under another name, and a jar made by code.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use fs_err as fs;
use tempfile::TempDir;

use super::fixtures::wheel;
use super::{Item, Zip, class};

/// `config/<name>.yml`, as far as staging with what the cache holds reads it.
const SETTINGS: [(&str, &str); 11] = [
    (
        "version",
        "hash: 29c79f2\noffline: true\nremote: https://github.com/cloudfoundry/java-buildpack.git\nversion: v3.8.1\n",
    ),
    ("components", COMPONENTS),
    ("open_jdk_jre", OPEN_JDK_JRE),
    ("repository", "default_repository_root: https://download.run.pivotal.io\n"),
    ("cache", "remote_downloads: disabled\n"),
    ("logging", "default_log_level: INFO\nenable_log_file: false\n"),
    ("java_main", "java_main_class:\narguments:\n"),
    ("java_opts", "from_environment: true\njava_opts:\n"),
    ("debug", "enabled: false\nport: 8000\nsuspend: false\n"),
    ("jmx", "enabled: false\nport: 5000\n"),
    (
        "spring_auto_reconfiguration",
        "version: 1.10.0_RELEASE\nrepository_root: \"{default.repository.root}/auto-reconfiguration\"\nenabled: true\n",
    ),
];
const COMPONENTS: &str = "\
containers:
  - JavaBuildpack::Container::DistZip
  - JavaBuildpack::Container::Groovy
  - JavaBuildpack::Container::JavaMain
  - JavaBuildpack::Container::PlayFramework
  - JavaBuildpack::Container::Ratpack
  - JavaBuildpack::Container::SpringBoot
  - JavaBuildpack::Container::SpringBootCLI
  - JavaBuildpack::Container::Tomcat
jres:
  - JavaBuildpack::Jre::OpenJdkJRE
frameworks:
  - JavaBuildpack::Framework::ContainerCustomizer
  - JavaBuildpack::Framework::Debug
  - JavaBuildpack::Framework::Jmx
  - JavaBuildpack::Framework::MariaDbJDBC
  - JavaBuildpack::Framework::PostgresqlJDBC
  - JavaBuildpack::Framework::SpringAutoReconfiguration
  - JavaBuildpack::Framework::JavaOpts
";
const OPEN_JDK_JRE: &str = r#"jre:
  version: 1.8.0_91-unlimited-crypto
  repository_root: "{default.repository.root}/openjdk/{platform}/{architecture}"
memory_calculator:
  version: 2.0.2_RELEASE
  repository_root: "{default.repository.root}/memory-calculator/{platform}/{architecture}"
  stack_threads: 300
  memory_sizes: {heap: , metaspace: 64m.., native: , permgen: 64m.., stack: 228k..}
  memory_heuristics: {heap: 65, metaspace: 10, native: 15, permgen: 10, stack: 10}
  memory_initials: {heap: 100%, metaspace: 100%, permgen: 100%}
"#;

/// A dependency: the folder of its index, its version, its file.
struct Cached {
    folder: &'static str,
    version: &'static str,
    file: &'static str,
}

const JRE: Cached = Cached {
    folder: "openjdk/trusty/x86_64",
    version: "1.8.0_91-unlimited-crypto",
    file: "openjdk-1.8.0_91-unlimited-crypto.tar.gz",
};
const CALCULATOR: Cached = Cached {
    folder: "memory-calculator/trusty/x86_64",
    version: "2.0.2_RELEASE",
    file: "memory-calculator-2.0.2_RELEASE.tar.gz",
};
const RECONFIGURATION: Cached = Cached {
    folder: "auto-reconfiguration",
    version: "1.10.0_RELEASE",
    file: "auto-reconfiguration-1.10.0_RELEASE.jar",
};

/// Lays the package out in `folder`, which need not be there. It has no scripts.
pub(crate) fn lay_out_java_v3(folder: &Path) {
    fs::create_dir_all(folder.join("config")).unwrap();
    for (name, text) in SETTINGS {
        fs::write(folder.join(format!("config/{name}.yml")), format!("---\n{text}")).unwrap();
    }
    let cache = folder.join("resources/cache");
    fs::create_dir_all(&cache).unwrap();
    JRE.put(&cache, |path| fs::hard_link(runtime(), path).unwrap());
    CALCULATOR.put(&cache, calculator);
    RECONFIGURATION.put(&cache, |path| {
        let name = "demo/Reconfiguration";
        fs::write(path, Zip::new([Item::new(format!("{name}.class"), class(name, 50, b"none"))]).bytes()).unwrap();
    });
}

impl Cached {
    fn put(&self, cache: &Path, write: impl FnOnce(&Path)) {
        let at = |uri: &str| cache.join(format!("{}.cached", uri.replace(':', "%3A").replace('/', "%2F")));
        let file = format!("https://java-buildpack.cloudfoundry.org/{}/{}", self.folder, self.file);
        let index = format!("https://download.run.pivotal.io/{}/index.yml", self.folder);
        fs::write(at(&index), format!("---\n{}: {file}\n", self.version)).unwrap();
        write(&at(&file));
    }
}

/// The Java 8 of the fixtures in the form of the buildpack's archives: a gzipped tar, names that start with `./`.
fn runtime() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (archive, prefix) = wheel("1.8.0");
        let unpacked = folder.path().join("unpacked");
        unzip(&archive, &[&format!("{prefix}/*")], &unpacked);
        let mut tar = Command::new("tar");
        tar.args(["-I", "gzip -1", "--sort=name", "-cf"]).arg(folder.path().join(JRE.file));
        assert!(tar.arg("-C").arg(unpacked.join(prefix)).arg(".").status().unwrap().success());
        fs::remove_dir_all(unpacked).unwrap();
        folder
    });
    folder.path().join(JRE.file)
}

/// The launcher is the calculator when it is called so.
fn calculator(path: &Path) {
    let encoder = GzEncoder::new(File::create(path).unwrap(), Compression::fast());
    let mut archive = tar::Builder::new(encoder);
    let program = stager::launcher::bytes();
    let mut header = tar::Header::new_gnu();
    header.set_size(program.len() as u64);
    header.set_mode(0o755);
    archive.append_data(&mut header, "java-buildpack-memory-calculator-linux", program).unwrap();
    archive.into_inner().unwrap().finish().unwrap();
}

/// Unpacks entries of a zip with a program that is not ours.
pub(crate) fn unzip(archive: &Path, entries: &[&str], to: &Path) {
    let status = Command::new("unzip").args(["-q", "-o"]).arg(archive).args(entries).arg("-d").arg(to).status();
    assert!(status.expect("`unzip` is missing: run `scripts/setup-tests`, which installs it").success());
}
