//! Recordings of the original buildpack, replayed on a folder that holds its data but no scripts.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use fs_err as fs;

use crate::support::{JavaBuildpack, Staging, fixture, processes_sorted, recordings};

/// Where the original had its buildpack.
const BUILDPACK: &str = "/tmp/buildpacks/deb3ba08c7cb5ec73338f27953eb386a";
const KEY: &str = "java_buildpack";

/// A recording's name, the change of the buildpack, what lays the application out.
type Case = (&'static str, fn(JavaBuildpack) -> JavaBuildpack, fn(&Path));

/// What a case's manifest has, by what the name says, and what the application is.
const CASES: [Case; 13] = [
    ("j01-zipkin", whole, zipkin),
    ("j02-boot-no-jvmkill", |all| all.without("jvmkill"), boot),
    ("j04-boot-no-memory-calculator", |all| all.without("memory-calculator"), boot),
    ("j05-unsupported-stack", whole, boot),
    ("j07-skip-detect", whole, boot),
    ("j08-jre-11-absent", whole, boot),
    ("j10-java-opts", whole, boot),
    ("j11-java-main", whole, main_class),
    ("j13-bad-sha-jre", |all| all.claiming("openjdk", &"0".repeat(64)), boot),
    ("j14-cached-file-missing", |all| all.missing("memory-calculator"), boot),
    ("j16-frameworks-off", whole, boot),
    ("j17-spring-auto-reconf-on", whole, boot),
    ("j20-unknown-jbp-config", whole, boot),
];

#[test]
fn recorded_stagings_are_matched() {
    let mut recorded: Vec<_> = crate::support::names(&recordings());
    recorded.retain(|name| recordings().join(name).is_dir());
    assert_eq!(recorded, CASES.map(|(name, ..)| name));
    let mut failures = Vec::new();
    for (name, buildpack, application) in CASES {
        let case = recordings().join(name);
        let staging = stage(&case, &buildpack(JavaBuildpack::new()), application);
        failures.extend(staging.into_iter().map(|difference| format!("{name}: {difference}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn whole(buildpack: JavaBuildpack) -> JavaBuildpack {
    buildpack
}

fn zipkin(app: &Path) {
    let status = Command::new("unzip").arg("-q").arg(fixture("zipkin")).arg("-d").arg(app).status();
    assert!(status.expect("unzip is missing: scripts/setup-tests installs it").success());
}

fn boot(app: &Path) {
    for folder in ["BOOT-INF/classes", "BOOT-INF/lib"] {
        fs::create_dir_all(app.join(folder)).unwrap();
    }
    let launcher = "org.springframework.boot.loader.launch.JarLauncher";
    manifest(app, &format!("Main-Class: {launcher}\nStart-Class: x.Main\nSpring-Boot-Version: 3.5.0\n"));
}

fn main_class(app: &Path) {
    manifest(app, "Main-Class: x.Main\n");
}

fn manifest(app: &Path, attributes: &str) {
    fs::create_dir_all(app.join("META-INF")).unwrap();
    fs::write(app.join("META-INF/MANIFEST.MF"), format!("Manifest-Version: 1.0\n{attributes}")).unwrap();
}

/// Stages a case and says in what it differs from the recording.
fn stage(case: &Path, buildpack: &JavaBuildpack, application: fn(&Path)) -> Vec<String> {
    let recorded = |name: &str| fs::read_to_string(case.join(name)).ok();
    let mut staging = Staging::new().key(KEY).variable("CF_STACK", "cflinuxfs4");
    for line in recorded("env").unwrap().lines().filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once('=').unwrap();
        staging = staging.variable(name, value);
    }
    buildpack.write(&staging.buildpack_folder(KEY));
    fs::set_permissions(staging.path("app"), std::fs::Permissions::from_mode(0o755)).unwrap();
    application(&staging.path("app"));
    let skips = recorded("command").unwrap().contains("-skipDetect=true");
    let staged = staging.stage(&[if skips { "-skipDetect=true" } else { "-skipDetect=false" }]);

    let mut found = Vec::new();
    let mut compare = |what: &str, wanted: Option<String>, actual: Option<String>| {
        if wanted != actual {
            found.push(difference(what, &wanted.unwrap_or_default(), &actual.unwrap_or_default()));
        }
    };
    let text = |name: &str| fs::read_to_string(staging.path(name)).ok();
    let named = |text: &str| {
        let buildpack = staging.buildpack_folder(KEY).display().to_string();
        let application = staging.path("app").display().to_string();
        without_checksum(&text.replace(&buildpack, BUILDPACK).replace(&application, "/tmp/app"))
    };
    let code = staged.code.unwrap().to_string();
    compare("exit code", recorded("exitcode").map(|text| text.trim().to_owned()), Some(code));
    compare("stdout", recorded("stdout").map(|text| without_checksum(&text)), Some(named(&staged.stdout)));
    compare("stderr", recorded("stderr"), Some(named(&staged.stderr)));
    let result = |text: Option<String>| text.map(|text| processes_sorted(&text));
    compare("result.json", result(recorded("result.json")), result(text("out/result.json")));
    let Some(members) = recorded("droplet.txt") else {
        compare("droplet", None, staging.path("out/droplet").exists().then(String::new));
        return found;
    };
    compare("staging_info.yml", recorded("staging_info.yml"), Some(staging.member("./staging_info.yml")));
    let mut listing = staging.listing();
    listing.retain(|line| !is_left_out(line.split(' ').nth(1).unwrap()));
    compare("droplet", Some(sorted(&members)), Some(sorted(&listing.join("\n"))));
    for (name, wanted) in files(&recorded("files.txt").unwrap()) {
        let actual = staging.member(&format!("./{name}"));
        if name == "profile.d/000_multi-supply.sh" {
            compare(name, Some(sorted(&wanted)), Some(sorted(&actual)));
        } else {
            compare(name, Some(wanted.replace("@CONTENTS@", "/home/vcap")), Some(actual));
        }
    }
    found
}

/// The actual checksum, which is that of another archive here, taken out.
fn without_checksum(text: &str) -> String {
    let Some((before, rest)) = text.split_once("actual sha256 ") else { return text.to_owned() };
    format!("{before}actual sha256 @SHA256@{}", &rest[64..])
}

/// What the recorded listings leave out.
fn is_left_out(name: &str) -> bool {
    name.starts_with("./deps/0/lib/") || name.starts_with("./deps/0/jre/jre-17.0.20/")
}

/// Names and texts of a droplet's files. A name may be followed by the checksum of a text that is the original's own.
fn files(recorded: &str) -> Vec<(&str, String)> {
    let parts = recorded.split("== ").skip(1).filter_map(|part| part.split_once('\n'));
    parts.filter(|(name, _)| !name.contains(" sha256 ")).map(|(name, text)| (name, text.to_owned())).collect()
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// The lines that only one of both has.
fn difference(what: &str, wanted: &str, actual: &str) -> String {
    let only = |sign: &str, one: &str, other: &str| {
        let lines = one.lines().filter(|line| !other.lines().any(|known| known == *line));
        lines.map(|line| format!("\n  {sign} {line}")).collect::<Vec<_>>().concat()
    };
    format!("{what}:{}{}", only("-", wanted, actual), only("+", actual, wanted))
}
