//! A small offline buildpack, an application, and a staging of one by the other.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::write::GzEncoder;
use fs_err as fs;

use super::super::{Buildpack, Staging};
use crate::application::Content;
use crate::java::cloudfoundry::{Bits, Deposit, Failed, Faults, Log, Programs};

const VERSION: &str =
    "---\nhash: 29c79f2\noffline: true\nremote: https://github.com/cloudfoundry/java-buildpack.git\nversion: v3.8.1\n";
const COMPONENTS: &str = r#"---
containers:
  - "JavaBuildpack::Container::DistZip"
  - "JavaBuildpack::Container::Groovy"
  - "JavaBuildpack::Container::JavaMain"
  - "JavaBuildpack::Container::PlayFramework"
  - "JavaBuildpack::Container::Ratpack"
  - "JavaBuildpack::Container::SpringBoot"
  - "JavaBuildpack::Container::SpringBootCLI"
  - "JavaBuildpack::Container::Tomcat"
jres:
  - "JavaBuildpack::Jre::OpenJdkJRE"
frameworks:
  - "JavaBuildpack::Framework::AppDynamicsAgent"
  - "JavaBuildpack::Framework::ContainerCertificateTrustStore"
  - "JavaBuildpack::Framework::ContainerCustomizer"
  - "JavaBuildpack::Framework::Debug"
  - "JavaBuildpack::Framework::DynaTraceAgent"
  - "JavaBuildpack::Framework::Jmx"
  - "JavaBuildpack::Framework::JrebelAgent"
  - "JavaBuildpack::Framework::LunaSecurityProvider"
  - "JavaBuildpack::Framework::MariaDbJDBC"
  - "JavaBuildpack::Framework::NewRelicAgent"
  - "JavaBuildpack::Framework::PlayFrameworkAutoReconfiguration"
  - "JavaBuildpack::Framework::PlayFrameworkJPAPlugin"
  - "JavaBuildpack::Framework::PostgresqlJDBC"
  - "JavaBuildpack::Framework::RuxitAgent"
  - "JavaBuildpack::Framework::SpringAutoReconfiguration"
  - "JavaBuildpack::Framework::SpringInsight"
  - "JavaBuildpack::Framework::YourKitProfiler"
  - "JavaBuildpack::Framework::JavaOpts"
"#;
const OPEN_JDK: &str = r#"---
jre:
  version: 1.8.0_91-unlimited-crypto
  repository_root: "{default.repository.root}/openjdk/{platform}/{architecture}"
memory_calculator:
  version: 2.0.2_RELEASE
  repository_root: "{default.repository.root}/memory-calculator/{platform}/{architecture}"
  stack_threads: 300
  memory_sizes:
    heap:
    metaspace: 64m..
    native:
    permgen: 64m..
    stack: 228k..
  memory_heuristics:
    heap: 65
    metaspace: 10
    native: 15
    permgen: 10
    stack: 10
  memory_initials:
    heap: 100%
    metaspace: 100%
    permgen: 100%
"#;
/// Components of one jar: their settings, the version, whether there is a switch.
const JARS: [(&str, &str, &str, bool); 3] = [
    ("spring_auto_reconfiguration", "1.10.0_RELEASE", "auto-reconfiguration", true),
    ("container_customizer", "1.0.0_RELEASE", "container-customizer", false),
    ("postgresql_jdbc", "9.4.1208", "postgresql-jdbc", false),
];
const SMALL: [(&str, &str); 7] = [
    ("repository", "---\ndefault_repository_root: https://download.run.pivotal.io\n"),
    ("java_main", "---\njava_main_class:\narguments:\n"),
    ("java_opts", "---\nfrom_environment: true\njava_opts:\n"),
    ("debug", "---\nenabled: false\nport: 8000\nsuspend: false\n"),
    ("jmx", "---\nenabled: false\nport: 5000\n"),
    ("logging", "---\ndefault_log_level: INFO\nenable_log_file: false\n"),
    ("cache", "---\nremote_downloads: disabled\n"),
];
/// Where an index lies, and what it lists.
pub(super) const INDICES: [(&str, &str, &str); 3] = [
    (
        "openjdk/trusty/x86_64",
        "1.8.0_91-unlimited-crypto",
        "openjdk/trusty/x86_64/openjdk-1.8.0_91-unlimited-crypto.tar.gz",
    ),
    (
        "memory-calculator/trusty/x86_64",
        "2.0.2_RELEASE",
        "memory-calculator/trusty/x86_64/memory-calculator-2.0.2_RELEASE.tar.gz",
    ),
    ("auto-reconfiguration", "1.10.0_RELEASE", "auto-reconfiguration/auto-reconfiguration-1.10.0_RELEASE.jar"),
];
const INDEX_ROOT: &str = "https://download.run.pivotal.io";
const FILE_ROOT: &str = "https://java-buildpack.cloudfoundry.org";

/// A tar.gz of these files, names as they are; a name that ends in `/` is a folder.
pub(super) fn tar_gz(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        // as it is: the crate's own setter takes `./` off
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(if name.ends_with('/') { tar::EntryType::Directory } else { tar::EntryType::Regular });
        header.set_size(text.len() as u64);
        header.set_mode(0o755);
        header.set_cksum();
        archive.append(&header, text.as_bytes()).unwrap();
    }
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&archive.into_inner().unwrap()).unwrap();
    encoder.finish().unwrap()
}

/// An offline buildpack and an application in a folder of their own.
pub(super) struct Place {
    folder: tempfile::TempDir,
    pub(super) environment: BTreeMap<String, String>,
}

/// What a phase said, on both streams.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said {
    pub(super) out: String,
    pub(super) err: String,
}

impl Said {
    /// Why a step ended: the last line, which the original's log says before.
    pub(super) fn reason(&self, step: &str) -> &str {
        let reason = self.err.lines().last().unwrap_or_default();
        let wanted = format!(
            "[Buildpack]                      ERROR {step} failed with exception #<RuntimeError: {reason}>\n{reason}\n"
        );
        assert!(self.err.ends_with(&wanted), "{}", self.err);
        reason
    }
}

impl Place {
    pub(super) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), environment: BTreeMap::new() };
        for folder in ["config", "resources/cache", "resources/open_jdk_jre/bin"] {
            fs::create_dir_all(place.buildpack().join(folder)).unwrap();
        }
        for folder in ["app", "cache", "scratch"] {
            fs::create_dir(place.folder.path().join(folder)).unwrap();
        }
        for (name, text) in
            SMALL.into_iter().chain([("version", VERSION), ("components", COMPONENTS), ("open_jdk_jre", OPEN_JDK)])
        {
            place.write_config(name, text);
        }
        for (name, version, repository, switch) in JARS {
            let enabled = if switch { "enabled: true\n" } else { "" };
            let root = format!("\"{{default.repository.root}}/{repository}\"");
            place.write_config(name, &format!("---\nversion: {version}\nrepository_root: {root}\n{enabled}"));
        }
        fs::write(place.buildpack().join("resources/open_jdk_jre/bin/extra"), "beside java").unwrap();
        for (folder, version, file) in INDICES {
            let index = format!("---\n{version}: {FILE_ROOT}/{file}\n");
            fs::write(place.cached(&format!("{INDEX_ROOT}/{folder}/index.yml")), index).unwrap();
        }
        let java =
            tar_gz(&[("./", ""), ("./bin/", ""), ("./bin/java", "java"), ("./release", "JAVA_VERSION=\"1.8.0_91\"")]);
        fs::write(place.file(0), java).unwrap();
        fs::write(place.file(1), tar_gz(&[("java-buildpack-memory-calculator-linux", "calculator")])).unwrap();
        fs::write(place.file(2), "jar").unwrap();
        place
    }

    pub(super) fn buildpack(&self) -> PathBuf {
        self.folder.path().join("buildpack")
    }

    /// The application, which lies where builders have it, as far as messages and commands tell.
    pub(super) fn app(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    pub(super) fn write_config(&self, name: &str, text: &str) {
        fs::write(self.buildpack().join("config").join(format!("{name}.yml")), text).unwrap();
    }

    pub(super) fn write_app(&self, name: &str, text: &str) {
        let path = self.app().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The cached file that an index lists.
    pub(super) fn file(&self, at: usize) -> PathBuf {
        self.cached(&format!("{FILE_ROOT}/{}", INDICES[at].2))
    }

    pub(super) fn index(&self, at: usize) -> PathBuf {
        self.cached(&format!("{INDEX_ROOT}/{}/index.yml", INDICES[at].0))
    }

    fn cached(&self, uri: &str) -> PathBuf {
        let name = uri.replace(':', "%3A").replace('/', "%2F");
        self.buildpack().join("resources/cache").join(format!("{name}.cached"))
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Runs a phase.
    pub(super) fn phase<T>(&self, run: impl FnOnce(&Buildpack, &Staging<'_>) -> T) -> (T, Said) {
        let said = RefCell::new(Said::default());
        let (out, err) = (
            |text: &str| said.borrow_mut().out.push_str(text),
            |text: &str| {
                said.borrow_mut().err.push_str(text);
            },
        );
        let ticks = Cell::new(0);
        let clock = || {
            ticks.set(ticks.get() + 1);
            Duration::from_millis(40 * ticks.get())
        };
        let (app, cache, scratch) = (self.app(), self.folder.path().join("cache"), self.folder.path().join("scratch"));
        let faults = Faults::default();
        let staging = Staging {
            bits: Bits::folder(&app, &faults),
            build_dir: Path::new("/tmp/app"),
            cache_dir: &cache,
            environment: &self.environment,
            platform: "trusty",
            architecture: "x86_64",
            programs: &Programs { javaexec: Content::from_bytes(b"ours".to_vec()) },
            scratch: &scratch,
            clock: &clock,
            log: Log::new(&out),
            errors: Log::new(&err),
        };
        let buildpack = Buildpack::read(&self.buildpack()).unwrap().unwrap();
        let result = run(&buildpack, &staging);
        (result, said.into_inner())
    }

    pub(super) fn compile(&self) -> (Result<Deposit, Failed>, Said) {
        self.phase(Buildpack::compile)
    }

    /// Compiles, which must fail: the reason.
    pub(super) fn refused(&self) -> String {
        let (result, said) = self.compile();
        assert_eq!(result.map(|_| ()).unwrap_err(), Failed { exit: 1 });
        said.reason("Compile").to_owned()
    }
}
