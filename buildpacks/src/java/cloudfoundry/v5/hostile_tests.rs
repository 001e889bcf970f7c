//! Names and texts of applications, archives, manifests and platforms that a path or a shell would take for something else.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use fs_err as fs;

use super::{ArchiveMemo, Manifest, Runtime, Staging, Supplier, finalize, supply};
use crate::application::{Content, Entry, EntryPath};
use crate::dependency::{DependencyCache, Sha256};
use crate::java::cloudfoundry::{Bits, Deposit, Faults, Log, Programs};
use crate::yaml;

struct NoMemo;

impl ArchiveMemo for NoMemo {
    fn sha256(
        &self,
        _: &Path,
        _: crate::application::StatRecord,
        hash: &dyn Fn() -> io::Result<Sha256>,
    ) -> io::Result<Sha256> {
        hash()
    }

    fn recall(&self, _: &[u8; 32]) -> Option<Runtime> {
        None
    }

    fn remember(&self, _: &[u8; 32], _: &Runtime) {}
}

/// A staging and what its buildpack and platform say.
#[derive(Default)]
struct Case<'a> {
    app: &'a [(&'a str, &'a str)],
    environment: &'a [(&'a str, &'a str)],
    /// More of `default_versions`, and of `dependencies`.
    more: (&'a str, &'a str),
    version: &'a str,
    /// The folder in the runtime's archive.
    runtime: &'a str,
    others: &'a [Supplier],
}

fn write(root: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn runtime(folder: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (path, text) in [("bin/java", "x"), ("release", "JAVA_VERSION=\"17.0.1\"\n")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o755);
        builder.append_data(&mut header, format!("{folder}/{path}"), text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

impl Case<'_> {
    /// What is left in the droplet, none when staging ends; and the log.
    fn stage(&self) -> (Option<Deposit>, String) {
        let work = tempfile::tempdir().unwrap();
        let (app, buildpack) = (work.path().join("app"), work.path().join("buildpack"));
        fs::create_dir_all(&app).unwrap();
        self.app.iter().for_each(|(name, text)| write(&app, name, text));
        let archive = runtime(if self.runtime.is_empty() { "jdk-17" } else { self.runtime });
        write(&buildpack, "o.tgz", &archive);
        write(&buildpack, "j.so", "agent");
        write(&buildpack, "VERSION", if self.version.is_empty() { "5.0.7" } else { self.version });
        write(&buildpack, "s.jar", "agent");
        let agent = Sha256::of(b"agent").to_string();
        let manifest = format!(
            "language: java\ndefault_versions:\n- {{name: openjdk, version: 17.x}}\n\
             - {{name: container-security-provider, version: 1.x}}\n{}dependencies:\n\
             - {{name: openjdk, version: 17.0.1+2, uri: 'https://host/o.tgz', sha256: {}, file: o.tgz}}\n\
             - {{name: container-security-provider, version: 1.0.0, uri: 'https://host/s.jar', sha256: {agent}, \
             file: s.jar}}\n{}",
            self.more.0,
            Sha256::of(&archive),
            self.more.1.replace("SHA256", &agent),
        );
        write(&buildpack, "manifest.yml", manifest);
        let manifest = Manifest::read(&buildpack).unwrap();
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let off = [("JBP_CONFIG_CLIENT_CERTIFICATE_MAPPER", "{enabled: false}")];
        let environment: BTreeMap<_, _> = self.environment.iter().chain(&off).map(own).collect();
        let said = std::cell::RefCell::new(String::new());
        let sink = |text: &str| said.borrow_mut().push_str(text);
        let faults = Faults::default();
        let staging = Staging {
            bits: Bits::folder(&app, &faults),
            build_dir: Path::new("/home/vcap/app"),
            dep_dir: Path::new("/home/vcap/deps/0"),
            index: "0",
            cache_dir: &work.path().join("build-cache"),
            environment: &environment,
            manifest: &manifest,
            dependencies: &DependencyCache::open(&work.path().join("cache")),
            programs: &Programs { javaexec: Content::from_bytes(b"x".to_vec()) },
            memo: &NoMemo,
            scratch: work.path(),
            today: "2026-01-01",
            log: Log::new(&sink),
        };
        let deposit = supply(&staging).and_then(|supplied| finalize(&staging, supplied, self.others));
        (deposit.ok(), said.into_inner())
    }

    fn command(&self) -> String {
        let (deposit, log) = self.stage();
        deposit.unwrap_or_else(|| panic!("{log}")).processes[0].1.clone()
    }
}

const AGENT: &str = "- {name: jvmkill, version: VERSION, uri: 'https://host/j.so', sha256: SHA256, file: j.so}\n";
const MAIN: &[(&str, &str)] = &[("META-INF/MANIFEST.MF", "Main-Class: demo.Main\n")];

#[test]
fn names_of_the_application_are_one_word_of_the_start_command() {
    let command = |app: &[(&str, &str)]| Case { app, ..Case::default() }.command();
    assert!(command(&[("spring-1.0+2_a.jar", "")]).ends_with(" -jar $HOME/spring-1.0+2_a.jar"));
    assert!(command(&[("spring $(id).jar", "")]).ends_with(" -jar $HOME/'spring $(id).jar'"));
    assert!(command(&[("it's boot;.jar", "")]).ends_with(r" -jar $HOME/'it'\''s boot;.jar'"));
    let script = command(&[("lib/spring-boot-2.7.0.jar", ""), ("bin/run it", "")]);
    assert!(script.ends_with("$HOME/bin/'run it'"), "{script}");
    assert!(command(MAIN).ends_with(" demo.Main"));
    // a class within a class
    let inner = command(&[("META-INF/MANIFEST.MF", "Main-Class: demo.Outer$Main\n")]);
    assert!(inner.ends_with(" 'demo.Outer$Main'"), "{inner}");
    let unpacked =
        command(&[("META-INF/MANIFEST.MF", "Spring-Boot-Version: 2.7.0\nMain-Class: a; id\n"), ("BOOT-INF/x", "")]);
    assert!(unpacked.ends_with(" 'a; id'"), "{unpacked}");
}

#[test]
fn a_script_whose_name_no_droplet_can_hold_is_a_warning() {
    let app = [("lib/spring-boot-2.7.0.jar", ""), ("bin/a", ""), ("bin/b\\c", "")];
    let (deposit, log) = Case { app: &app, ..Case::default() }.stage();
    assert!(log.contains(r"Could not make b\c executable"), "{log}");
    let files: Vec<_> = deposit.unwrap().app.files.entries().map(|entry| entry.path.to_string()).collect();
    assert_eq!(files, ["bin/a", "tmp/java-buildpack-release-step.yml"]);
}

#[test]
fn a_calculator_is_one_that_there_is() {
    let with = |name: &str| {
        let environment = [("STAGE_MEMORY_CALCULATOR", name)];
        Case { app: MAIN, environment: &environment, ..Case::default() }.stage()
    };
    let program = |name: &str| {
        let files: Vec<_> = with(name).0.unwrap().deps.files.entries().map(|entry| entry.path.to_string()).collect();
        files.into_iter().filter(|path| path.contains("calculator-")).collect::<Vec<_>>()
    };
    for name in ["fit", "libjvm", "v2", "v3"] {
        let path = format!("jre/bin/java-buildpack-memory-calculator-{name}");
        let start = format!("CALCULATED_MEMORY=$($DEPS_DIR/0/{path} --total-memory=$MEMORY_LIMIT --class-count=");
        let (deposit, log) = with(name);
        let command = deposit.unwrap_or_else(|| panic!("{log}")).processes[0].1.clone();
        assert!(command.starts_with(&start), "{command}");
        assert!(command.contains(" --thread-count=250 --java=17 --jvm-options=\"$JAVA_OPTS\") && echo "), "{command}");
        assert_eq!(program(name), [path]);
    }
    for (name, programs) in [("off", vec![]), ("v4", program("")), ("", program("v4"))] {
        assert_eq!(program(name), programs, "{name}");
    }
    let (deposit, log) = with("fit; id");
    assert!(deposit.is_none() && log.contains("`STAGE_MEMORY_CALCULATOR`: `fit; id` is none of fit, "), "{log}");
}

#[test]
fn a_version_that_is_none_is_not_installed() {
    for version in ["1.0.0+../../../x", "1.0.0-$(id)", "1.0.0-a//b"] {
        let more = ("- {name: jvmkill, version: '*'}\n", &*AGENT.replace("VERSION", version));
        let (deposit, log) = Case { app: MAIN, more, ..Case::default() }.stage();
        assert!(log.contains("Failed to install JVMKill agent: "), "{log}");
        assert!(!deposit.unwrap().deps.files.entries().any(|entry| entry.path.as_str().contains("jvmkill")));
    }
}

#[test]
fn a_runtime_in_a_folder_with_a_strange_name_is_refused() {
    let (deposit, log) = Case { app: MAIN, runtime: "jdk $(id)", ..Case::default() }.stage();
    assert!(deposit.is_none() && log.contains("could not find valid JAVA_HOME in /home/vcap/deps/0/jre"), "{log}");
}

#[test]
fn what_a_buildpack_says_of_itself_is_yaml_whatever_its_version() {
    let (deposit, _) = Case { app: MAIN, version: "5.0.7\nname: other: x", ..Case::default() }.stage();
    let deposit = deposit.unwrap();
    for text in [deposit.deps.files.text("config.yml"), deposit.cache.text("BUILDPACK_METADATA")] {
        let text = text.unwrap();
        let root = yaml::parse(&text).unwrap().unwrap();
        let fields = root.entries("map", &mut Vec::new());
        let version = fields.iter().find(|(name, _)| name == "version").unwrap().1.text(&mut Vec::new());
        assert_eq!(version.unwrap(), "5.0.7\nname: other: x", "{text}");
    }
}

#[test]
fn a_heap_dump_s_path_is_one_word_of_the_options() {
    let environment = [
        ("VCAP_SERVICES", r#"{"nfs":[{"name":"heap-dump","volume_mounts":[{"container_dir":"/var/my data"}]}]}"#),
        (
            "VCAP_APPLICATION",
            r#"{"space_name":"it's mine","space_id":"1","application_name":"$HOME","application_id":"2"}"#,
        ),
    ];
    let more = ("- {name: jvmkill, version: 1.x}\n", &*AGENT.replace("VERSION", "1.0.0"));
    let (deposit, _) = Case { app: MAIN, environment: &environment, more, ..Case::default() }.stage();
    let options = deposit.unwrap().deps.files.text("java_opts/05_jre.opts").unwrap();
    let wanted =
        r"heapDumpPath=/var/my\ data/it\'s\ mine-1/\$HOME-2/$CF_INSTANCE_INDEX-%FT%T%z-$CF_INSTANCE_GUID.hprof";
    assert!(options.contains(wanted), "{options}");
}

#[test]
fn names_that_are_missing_in_the_heap_dump_s_path_are_a_warning() {
    let volume = r#"{"nfs":[{"name":"heap-dump","volume_mounts":[{"container_dir":"/data"}]}]}"#;
    let whole = r#"{"space_name":"s","space_id":"1","application_name":"a","application_id":"2"}"#;
    for (application, folder, said) in [
        (whole, "/data/s-1/a-2/", ""),
        ("{", "/data/-/-/", "VCAP_APPLICATION cannot be read (EOF while parsing an object at line 1 column 1): "),
        ("[]", "/data/-/-/", "VCAP_APPLICATION cannot be read (invalid type: sequence"),
        (r#"{"space_name":"s","space_id":"1"}"#, "/data/s-1/-/", "has no application_name, application_id: "),
    ] {
        let environment = [("VCAP_SERVICES", volume), ("VCAP_APPLICATION", application)];
        let more = ("- {name: jvmkill, version: 1.x}\n", &*AGENT.replace("VERSION", "1.0.0"));
        let (deposit, log) = Case { app: MAIN, environment: &environment, more, ..Case::default() }.stage();
        let options = deposit.unwrap().deps.files.text("java_opts/05_jre.opts").unwrap();
        assert!(options.contains(&format!("heapDumpPath={folder}$CF_INSTANCE_INDEX-")), "{options}");
        let warnings = log.matches("VCAP_APPLICATION").count();
        assert!(log.contains(said) && warnings == usize::from(!said.is_empty()), "{application}: {log}");
    }
}

#[test]
fn other_buildpacks_folders_with_strange_names_are_left_out_with_a_warning() {
    let script = |name: &str| Entry::file(EntryPath::new(name).unwrap(), Content::from_bytes(b"x".to_vec()));
    let supplier = |index: &str| Supplier {
        index: index.to_owned(),
        folders: vec!["bin".to_owned()],
        profile: vec![script("a.sh")],
    };
    let others = [supplier("1"), supplier("a\\b"), supplier("$(id)")];
    let (deposit, log) = Case { app: MAIN, others: &others, ..Case::default() }.stage();
    assert!(log.contains("The folder `$(id)` below deps") && log.contains(r"The folder `a\b` below deps"), "{log}");
    let profile = deposit.unwrap().profile;
    let text = profile.text("000_multi-supply.sh").unwrap();
    assert!(text.starts_with("export PATH=$DEPS_DIR/1/bin:$DEPS_DIR/0/bin$("), "{text}");
    assert!(profile.entries().all(|entry| entry.path.as_str().starts_with(['0', '1'])));
}
