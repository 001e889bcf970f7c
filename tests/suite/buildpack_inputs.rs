//! What the builder reads and did not make: files that hang or never end, lists that lead out of their buildpack, URLs that
//! carry credentials.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use fs_err as fs;
use serde_json::json;

use crate::support::{BootJar, Certificates, JavaBuildpack, Server, Staged, Staging, lay_out_java_v3, list, names};

const DETECT: (&str, &str) = ("detect", "echo found");
const RELEASE: (&str, &str) = ("release", "echo '{}'");

/// Runs the builder; one that hangs fails the test.
fn stage(staging: &Staging) -> Staged {
    let staged = staging.stage_below(&["timeout", "-s", "KILL", "60"], env!("CARGO_BIN_EXE_stage").as_ref(), &[]);
    assert!(staged.signal.is_none() && staged.code != Some(137), "it hangs: {staged:?}");
    staged
}

#[test]
fn files_that_hang_or_never_end_are_told_or_passed_over() {
    for (make, what) in [
        ("mkfifo", "is a FIFO, not a regular file"),
        ("ln -s /dev/zero", "is a device, not a regular file"),
        ("truncate -s 1T", "has more than 16777216 bytes"),
    ] {
        // The file, the exit code, and how the message starts.
        for (file, code, said) in [
            ("$3/$4/launch.yml", 1, "open "),
            ("$3/$4/config.yml", 0, ""),
            ("$1/Procfile", 1, "Failed to read command from Procfile: open "),
        ] {
            // What never ends is not packed either.
            let unpacked = if code == 0 && make.starts_with("truncate") { "truncate -s 17M" } else { make };
            let staging =
                Staging::new().buildpack("bp", &[DETECT, ("finalize", &format!("{unpacked} {file}")), RELEASE]);
            let staged = stage(&staging);
            assert_eq!(staged.code, Some(code), "{make} {file}: {staged:?}");
            if code != 0 {
                assert!(staged.stderr.starts_with(said) && staged.stderr.contains(what), "{make} {file}: {staged:?}");
                assert!(!staging.path("out/droplet").exists());
            }
            assert_eq!(names(&staging.path("tmp")), [""; 0]);
        }
    }
}

#[test]
fn a_launcher_is_not_held_up_by_its_staging_info() {
    let staging = Staging::new();
    let status = Command::new("mkfifo").arg(staging.path("staging_info.yml")).status().unwrap();
    assert!(status.success());
    let mut command = Command::new("timeout");
    let program = staging.program();
    command.args(["-s", "KILL", "60"]).arg(program.get_program()).args(["launcher", "app", "", ""]);
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let launched: Staged = command.current_dir(staging.path("")).output().unwrap().into();
    assert_eq!(launched.code, Some(1), "{launched:?}");
    assert!(launched.stderr.contains("is a FIFO, not a regular file"), "{launched:?}");
}

#[test]
fn files_of_a_fifth_generations_package_lie_in_it() {
    const KEY: &str = "java_buildpack";
    for kind in ["up", "absolute", "link", "folder"] {
        let staging = Staging::new().key(KEY).variable("CF_STACK", "cflinuxfs4");
        BootJar::new().explode(&staging.path("app"), 0o644);
        let folder = staging.buildpack_folder(KEY);
        JavaBuildpack::new().write(&folder);
        // The runtime itself, with the right checksum, but outside.
        let text = fs::read_to_string(folder.join("manifest.yml")).unwrap();
        let file = text.split("- name: openjdk\n").nth(2).unwrap().split("file: ").nth(1).unwrap();
        let file = file.lines().next().unwrap().to_owned();
        let outside = staging.path("outside");
        fs::create_dir(&outside).unwrap();
        fs::rename(folder.join(&file), outside.join("openjdk.tgz")).unwrap();
        let name = match kind {
            "up" => "../../outside/openjdk.tgz".to_owned(),
            "absolute" => outside.join("openjdk.tgz").display().to_string(),
            "link" => {
                symlink(outside.join("openjdk.tgz"), folder.join(&file)).unwrap();
                file.clone()
            }
            _ => {
                symlink("../../outside", folder.join("elsewhere")).unwrap();
                "elsewhere/openjdk.tgz".to_owned()
            }
        };
        fs::write(folder.join("manifest.yml"), text.replace(&format!("file: {file}"), &format!("file: {name}")))
            .unwrap();
        let staged = stage(&staging);
        assert_eq!(staged.code, Some(223), "{kind}: {staged:?}");
        let said = format!("`file: {name}` of openjdk ");
        let all = format!("{}{}", staged.stdout, staged.stderr);
        assert!(all.contains(&said) && all.contains("leads out of the buildpack"), "{kind}: {all}");
        assert!(!staging.path("out/droplet").exists());
    }
}

#[test]
fn files_of_a_third_generations_package_lie_in_it() {
    let staging = Staging::new().key("java_buildpack").variable("CF_STACK", "cflinuxfs3");
    BootJar::new().explode(&staging.path("app"), 0o644);
    let folder = staging.buildpack_folder("java_buildpack");
    lay_out_java_v3(&folder);
    let outside = staging.path("outside");
    fs::rename(folder.join("resources/cache"), &outside).unwrap();
    fs::create_dir(folder.join("resources/cache")).unwrap();
    for file in list(&outside) {
        symlink(&file, folder.join("resources/cache").join(file.file_name().unwrap())).unwrap();
    }
    let staged = stage(&staging);
    assert_ne!(staged.code, Some(0), "{staged:?}");
    assert!(staged.stderr.contains("is a link that leads out of that folder"), "{staged:?}");
    assert!(!staging.path("out/droplet").exists());
}

/// A server that answers every request by sending on to this place.
fn redirecting(to: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // A request is one packet here.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address.to_string()
}

/// A zip of a buildpack whose `detect` never ends.
fn zipped(folder: &Path) {
    let bin = folder.join("bp/bin");
    fs::create_dir_all(&bin).unwrap();
    for (name, text) in [("detect", "sleep 1000"), ("compile", "true")] {
        fs::write(bin.join(name), format!("#!/bin/bash\n{text}\n")).unwrap();
        fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let zip = ["-c", "import shutil; shutil.make_archive('bp', 'zip', '.', 'bp')"];
    let status = Command::new("python3").args(zip).current_dir(folder).status();
    assert!(status.expect("python3 is missing: scripts/setup-tests installs it").success());
    fs::create_dir(folder.join("empty")).unwrap();
    fs::write(folder.join("broken.zip"), "no zip").unwrap();
}

#[test]
fn credentials_in_urls_are_never_printed() {
    let shared = tempfile::tempdir().unwrap();
    zipped(shared.path());
    let server = Server::plain(shared.path());
    let here = server.address.trim_start_matches("http://").to_owned();
    let nowhere = "127.0.0.1:1".to_owned();
    let led = |to: &str| redirecting(to);
    let elsewhere = led("http://user:secret@127.0.0.1:1/x.zip?token=secret");
    let nonsense = led("gopher://user:secret@host/x.zip?token=secret");
    let around = led("http://user:secret@127.0.0.1:99999/x.zip?token=secret");
    let none = ("NONE", "");
    for (host, path, variable) in [
        (&nowhere, "/bp.zip", none),
        (&nowhere, "/bp", none),
        (&here, "/absent.zip", none),
        (&here, "/broken.zip", none),
        (&here, "/empty", none),
        (&here, "/bp.zip", none),
        (&elsewhere, "/bp.zip", none),
        (&nonsense, "/bp.zip", none),
        (&around, "/bp.zip", none),
        (&here, "/bp.zip", ("HTTP_PROXY", "http://user:secret@127.0.0.1:1")),
        (&here, "/bp.zip", ("http_proxy", "http://user:secret@::nonsense")),
        (&here, "/bp.zip", ("ALL_PROXY", "ftp://user:secret@127.0.0.1:1")),
    ] {
        for credentials in ["user:secret@", "user:se@cret:secret@", ""] {
            let url = format!("http://{credentials}{host}{path}?token=secret");
            let staging = Staging::new().key(&url).variable("STAGE_SCRIPT_TIMEOUT", "300ms");
            let staged = stage(&staging.variable(variable.0, variable.1));
            assert_ne!(staged.code, Some(0), "{url}: {staged:?}");
            assert!(!format!("{staged:?}").contains("cret"), "{url}: {staged:?}");
            assert!(staged.stderr.contains("***") || staged.code == Some(222), "{url}: {staged:?}");
        }
    }
}

#[test]
fn credentials_of_the_credential_store_are_never_printed() {
    let certificates = Certificates::new();
    let services = r#"{"db":[{"credentials":{"credhub-ref":"/db"}}]}"#;
    for uri in ["https://user:secret@127.0.0.1:1", "https://user:secret@127.0.0.1:99999", "gopher://user:secret@host"] {
        let staging = Staging::new()
            .buildpack("bp", &[DETECT, ("compile", "true"), RELEASE])
            .variable("VCAP_SERVICES", services)
            .variable("VCAP_PLATFORM_OPTIONS", &json!({ "credhub-uri": uri }).to_string())
            .variable("CF_INSTANCE_CERT", &certificates.path("client.crt"))
            .variable("CF_INSTANCE_KEY", &certificates.path("client.key"))
            .variable("CF_SYSTEM_CERT_PATH", &certificates.system());
        let staged = staging.stage(&["-credhubConnectAttempts=2", "-credhubRetryDelay=1ms"]);
        assert_eq!(staged.code, Some(4), "{staged:?}");
        assert!(!format!("{staged:?}").contains("secret"), "{uri}: {staged:?}");
    }
}
