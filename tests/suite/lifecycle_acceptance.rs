//! What the original lifecycle's own tests assert, row by row: a recorded case of the original shows it, or a test here.

use std::path::Path;
use std::process::Command;

use fs_err as fs;
use serde_json::{Value, json};

use crate::support::{Certificates, Server, Staged, Staging, names};

/// Rows that recordings of the original show, in `fixtures/golden/cloud-foundry/cases`; `cloudfoundry.rs` replays them.
const RECORDED: &[(&str, &str)] = &[
    ("a buildpack that detects builds; its text is `detected_buildpack`", "b01-detect-compile"),
    ("one that does not is passed over", "b02-detect-second-wins"),
    ("none detects: 222", "b04-none-detects"),
    ("compile fails: 223", "b05-compile-fails"),
    ("release fails: 224", "b08-release-fails"),
    ("supply fails: 225", "b19-supply-fails"),
    ("the last one's supply fails: 223, with result.json", "b07-final-supply-fails"),
    ("no `web`: two lines, and success", "b10-release-no-web"),
    ("release prints nothing", "b65-release-empty-output"),
    ("release prints YAML of another shape: 224", "b56-release-multiline-stringlist"),
    ("the Procfile's `web` wins", "b11-procfile-web-overrides"),
    ("a Procfile that is no YAML: 1", "b13-procfile-bogus"),
    ("finalize and supply of one buildpack; profile.d/finalized.sh, deps/0/supplied", "b17-finalize-in-detect-mode"),
    ("one dependency folder and one cache folder a buildpack", "b50-nine-supply-buildpacks"),
    ("a buildpack before the last without supply: 225", "b20-nonfinal-without-supply"),
    ("the last without finalize after others: a warning", "b25-final-without-finalize"),
    ("processes and sidecars of launch.yml: newrelic, oldrelic with memory", "b26-launch-yml-final"),
    ("entrypoint_prefix in staging_info.yml", "b31-entrypoint-prefix"),
    ("folders named by MD5, nested", "b47-nested-buildpack-dir"),
    ("folders named by both hashes: xxHash64 first", "b49-both-dirs-xxh64-first"),
    ("detect missing: told, and the next one asked", "b37-detect-missing"),
    ("a git URL with a branch", "b59-url-git-file"),
    ("a git URL without a repository: 1", "b58-url-git-missing"),
    ("CredHub without certificates: 4", "b43-credhub-without-certs"),
    ("launcher: order of profile scripts", "l01-order-and-env"),
    ("launcher: exit code 26 is the application's", "l02-exit-code"),
    ("launcher: entrypoint prefix", "l13-entrypoint-prefix"),
    ("launcher: entrypoint prefix that is missing: 127", "l14-entrypoint-prefix-missing"),
    ("launcher: invalid platform options: 3", "l10-platform-options-invalid"),
    ("shell: no .profile", "s01-shell"),
    ("shell: the folder in HOME", "s04-shell-home-app"),
];

#[test]
fn recorded_rows_have_their_recordings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/cloud-foundry/cases");
    for (row, case) in RECORDED {
        assert!(folder.join(format!("{case}.json")).exists(), "{row}: no case {case}");
    }
}

const RELEASE: (&str, &str) = ("release", "printf -- '---\\ndefault_process_types:\\n  web: start web\\n'");
const NO_WEB: &str = "No start command specified by buildpack or via Procfile.\n\
                      App will not start unless a command is provided at runtime.\n";

/// A row that one run of the builder shows.
struct Row {
    name: &'static str,
    app: &'static [(&'static str, &'static str)],
    buildpacks: &'static [(&'static str, &'static [(&'static str, &'static str)])],
    flags: &'static [&'static str],
    code: i32,
    stderr: &'static str,
    check: fn(&Staging, &Staged),
}

const ROWS: &[Row] = &[
    Row {
        name: "always-detects, also-always-detects: the first in the order wins",
        app: &[],
        buildpacks: &[
            ("first", &[("detect", "printf 'First\\r\\n\\n'"), ("compile", "true"), RELEASE]),
            ("second", &[("detect", "touch $1/asked"), ("compile", "false")]),
        ],
        flags: &[],
        code: 0,
        stderr: "",
        check: |staging, _| {
            assert_eq!(staging.result()["lifecycle_metadata"]["detected_buildpack"], "First");
            assert!(!staging.path("app/asked").exists());
        },
    },
    Row {
        name: "always-detects-creates-build-artifacts",
        app: &[],
        buildpacks: &[(
            "bp",
            &[
                ("detect", "echo detected"),
                ("supply", "printf 'name: Creates Buildpack Artifacts\\nversion: 9.1.3\\n' > $3/$4/config.yml"),
                ("finalize", "echo cached > $2/artifact"),
                RELEASE,
            ],
        )],
        flags: &[],
        code: 0,
        stderr: "",
        check: |staging, _| {
            let wanted = json!({"buildpack_key": "bp", "detected_buildpack": "Creates Buildpack Artifacts", "buildpacks":
                [{"key": "bp", "name": "Creates Buildpack Artifacts", "version": "9.1.3"}]});
            assert_eq!(staging.result()["lifecycle_metadata"], wanted);
            assert_eq!(staging.cache(), ["./", "./final/", "./final/artifact"]);
        },
    },
    Row {
        name: "always-detects-non-web, with-procfile: no `web`, yet success with the other processes",
        app: &[("Procfile", "spider: crawl\n")],
        buildpacks: &[(
            "bp",
            &[
                ("detect", "echo x"),
                ("compile", "true"),
                ("release", "printf -- '---\\ndefault_process_types:\\n  nonweb: start\\n'"),
            ],
        )],
        flags: &[],
        code: 0,
        stderr: NO_WEB,
        check: |staging, _| {
            assert_eq!(staging.result()["process_types"], json!({"nonweb": "start", "spider": "crawl"}));
            assert_eq!(staging.member("./staging_info.yml"), "{\"detected_buildpack\":\"x\",\"start_command\":\"\"}\n");
        },
    },
    Row {
        name: "release-without-command, with-procfile-with-web: the Procfile's command",
        app: &[("Procfile", "web: from procfile\n")],
        buildpacks: &[("bp", &[("detect", "echo x"), ("compile", "true"), ("release", "echo '--- {}'")])],
        flags: &[],
        code: 0,
        stderr: "",
        check: |staging, _| assert_eq!(staging.result()["process_types"], json!({"web": "from procfile"})),
    },
    Row {
        name: "has-finalize: finalize is preferred over compile",
        app: &[],
        buildpacks: &[(
            "bp",
            &[
                ("supply", "echo supplied > $3/$4/supplied"),
                ("finalize", "echo finalized > $5/finalized.sh"),
                ("compile", "touch $1/compiled; false"),
                RELEASE,
            ],
        )],
        flags: &["-skipDetect=true"],
        code: 0,
        stderr: "",
        check: |staging, _| {
            let wanted = [
                "./",
                "./app/",
                "./deps/",
                "./deps/0/",
                "./deps/0/supplied",
                "./logs/",
                "./profile.d/",
                "./profile.d/finalized.sh",
                "./staging_info.yml",
                "./tmp/",
            ];
            assert_eq!(staging.droplet(), wanted);
        },
    },
    Row {
        name: "has-finalize-no-supply: 225 before the last",
        app: &[],
        buildpacks: &[("bp", &[("finalize", "true")]), ("last", &[("supply", "true"), ("finalize", "true"), RELEASE])],
        flags: &["-skipDetect"],
        code: 225,
        stderr: "Error: one of the buildpacks chosen to supply dependencies does not support multi-buildpack apps\n",
        check: |staging, _| assert_eq!(staging.result(), Value::Null),
    },
    Row {
        name: "has-finalize-no-supply: builds as the last",
        app: &[],
        buildpacks: &[("first", &[("supply", "true")]), ("bp", &[("finalize", "echo $4 > $1/index"), RELEASE])],
        flags: &["-skipDetect"],
        code: 0,
        stderr: "",
        check: |staging, _| assert_eq!(staging.member("./app/index"), "1\n"),
    },
    Row {
        name: "finalize fails: 223, and result.json says who",
        app: &[],
        buildpacks: &[(
            "bp",
            &[
                ("detect", "echo detected"),
                ("finalize", "printf 'name: Failing\\nversion: 1\\n' > $3/$4/config.yml; exit 9"),
            ],
        )],
        flags: &[],
        code: 223,
        stderr: "Failed to compile droplet: Failed to run finalize script: exit status 9\n",
        check: |staging, _| {
            let result = staging.result();
            assert_eq!(result["process_types"], Value::Null);
            assert_eq!(result["lifecycle_metadata"]["buildpacks"][0]["name"], "Failing");
            assert!(!staging.path("out/droplet").exists());
        },
    },
    Row {
        name: "release-generates-bad-yaml: 224",
        app: &[],
        buildpacks: &[(
            "bp",
            &[("detect", "echo x"), ("compile", "true"), ("release", "echo 'Loading the \"jam\"'; echo {}")],
        )],
        flags: &[],
        code: 224,
        stderr: "Failed to build droplet release: buildpack's release output invalid: ",
        check: |staging, _| assert_eq!(staging.result()["process_types"], Value::Null),
    },
    Row {
        name: "a detect that may not be executed: a warning, and the next one is tried",
        app: &[],
        buildpacks: &[
            ("first", &[("bin/detect", "#!/bin/bash\necho first\n"), ("compile", "true")]),
            ("second", &[("detect", "echo second"), ("compile", "true"), RELEASE]),
        ],
        flags: &[],
        code: 0,
        stderr: "",
        check: |staging, staged| {
            assert_eq!(staged.stdout, "WARNING: buildpack script '/bin/detect' is not executable\n");
            assert_eq!(staging.result()["lifecycle_metadata"]["detected_buildpack"], "second");
        },
    },
    Row {
        name: "launch.yml of a buildpack before the last, release of the last",
        app: &[],
        buildpacks: &[
            (
                "first",
                &[(
                    "supply",
                    "printf 'processes:\\n- {type: web, command: first}\\n- type: newrelic\\n  command: run\\n  \
                     platforms: {cloudfoundry: {sidecar_for: [web]}}\\n' > $3/$4/launch.yml",
                )],
            ),
            ("last", &[("finalize", "true"), RELEASE]),
        ],
        flags: &["-skipDetect"],
        code: 0,
        stderr: "",
        check: |staging, _| {
            let result = staging.result();
            assert_eq!(result["processes"], json!([{"type": "web", "command": "start web"}]));
            assert_eq!(result["sidecars"], json!([{"name": "newrelic", "process_types": ["web"], "command": "run"}]));
        },
    },
];

#[test]
fn rows_of_the_builder() {
    for row in ROWS {
        let mut staging = Staging::new();
        for (name, text) in row.app {
            staging = staging.app(name, text);
        }
        for (key, scripts) in row.buildpacks {
            staging = staging.buildpack(key, scripts);
        }
        let staged = staging.stage(row.flags);
        assert_eq!(staged.code, Some(row.code), "{}: {staged:?}", row.name);
        let matches = if row.stderr.ends_with('\n') || row.stderr.is_empty() {
            staged.stderr == row.stderr
        } else {
            staged.stderr.starts_with(row.stderr)
        };
        assert!(matches, "{}: {staged:?}", row.name);
        (row.check)(&staging, &staged);
        assert_eq!(names(&staging.path("tmp")), [""; 0], "{}", row.name);
    }
}

#[test]
fn cache_folders_of_buildpacks_that_are_gone_are_removed() {
    let supply = ("supply", "cat $2/* > $1/seen-$4 2>/dev/null; echo new > $2/kept");
    let finalize = ("finalize", "cat $2/kept > $1/seen-final; true");
    let staging = Staging::new().buildpack("first", &[supply]).buildpack("last", &[finalize, RELEASE]);
    let first = format!("{:016x}", xxhash_rust::xxh64::xxh64(b"first", 0));
    for (name, text) in [(first.as_str(), "first"), ("final", "last"), ("0123456789abcdef", "gone")] {
        fs::create_dir_all(staging.path("cache").join(name)).unwrap();
        fs::write(staging.path("cache").join(name).join("kept"), text).unwrap();
    }
    fs::write(staging.path("cache/stray"), "").unwrap();
    assert_eq!(staging.stage(&["-skipDetect"]).code, Some(0));
    let folders = [format!("./{first}/"), format!("./{first}/kept"), "./final/".to_owned(), "./final/kept".to_owned()];
    assert_eq!(staging.cache()[1..], folders);
    assert_eq!(staging.member("./app/seen-0"), "first");
    assert_eq!(staging.member("./app/seen-final"), "last");
}

#[test]
fn an_entrypoint_prefix_of_a_buildpack_starts_the_application() {
    let config = (
        "finalize",
        "printf 'config: {entrypoint_prefix: \"../deps/0/prefix with\"}\\n' > $3/$4/config.yml; \
        printf '#!/bin/bash\\necho \"prefix $*\"\\n' > $3/$4/prefix; chmod +x $3/$4/prefix",
    );
    let staging = Staging::new().buildpack("bp", &[("detect", "echo x"), config, RELEASE]);
    assert_eq!(staging.stage(&[]).code, Some(0));
    let output = staging.launcher(&["app", "", ""]).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.ends_with("Invoking start command.\nprefix with start web\n"), "{stdout}");
}

/// A buildpack of two scripts as a zip, nested as hosts of repositories nest them.
fn zipped(folder: &Path) {
    let write = |name: &str, text: &str| {
        let path = folder.join("bp-main/bin").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/bash\n{text}\n")).unwrap();
        Command::new("chmod").arg("755").arg(&path).status().unwrap();
    };
    write("detect", "echo zipped");
    write("compile", "true");
    write("release", RELEASE.1);
    let status = Command::new("python3")
        .args(["-c", "import shutil; shutil.make_archive('bp', 'zip', '.', 'bp-main')"])
        .current_dir(folder)
        .status();
    assert!(status.expect("python3 is missing: scripts/setup-tests installs it").success());
}

/// A `PATH` without `unzip` but with what scripts need.
fn path_without_unzip(staging: &Staging) -> String {
    let folder = staging.path("programs");
    fs::create_dir(&folder).unwrap();
    for name in ["bash", "cp", "tar", "cat", "env"] {
        let found = ["/usr/bin", "/bin"].iter().map(|folder| Path::new(folder).join(name)).find(|it| it.exists());
        std::os::unix::fs::symlink(found.unwrap(), folder.join(name)).unwrap();
    }
    folder.display().to_string()
}

#[test]
fn a_zip_url_is_downloaded_with_unzip_and_without() {
    let unzip = Command::new("unzip").arg("-v").output();
    assert!(unzip.is_ok_and(|it| it.status.success()), "unzip is missing: scripts/setup-tests installs it");
    let shared = tempfile::tempdir().unwrap();
    zipped(shared.path());
    let server = Server::plain(shared.path());
    for with in [true, false] {
        let url = format!("{}/bp.zip?version=1", server.address);
        let mut staging = Staging::new().key(&url);
        if !with {
            let path = path_without_unzip(&staging);
            staging = staging.variable("PATH", &path);
        }
        let staged = staging.stage(&[]);
        assert_eq!(staged.code, Some(0), "unzip {with}: {staged:?}");
        // What follows the path may be a token.
        let shown = format!("Downloaded buildpack `{}/bp.zip?***` (", server.address);
        assert!(staged.stdout.starts_with(&shown), "{}", staged.stdout);
        assert_eq!(staging.result()["lifecycle_metadata"]["detected_buildpack"], "zipped");
        assert_eq!(names(&staging.path("tmp")), [""; 0]);
    }
}

#[test]
fn a_zip_url_that_fails_says_at_what() {
    let shared = tempfile::tempdir().unwrap();
    fs::write(shared.path().join("broken.zip"), "no zip").unwrap();
    let server = Server::plain(shared.path());
    for (name, what) in [("broken.zip", "extract"), ("missing.zip", "download")] {
        for with in [true, false] {
            let url = format!("{}/{name}", server.address);
            let mut staging = Staging::new().key(&url);
            if !with {
                let path = path_without_unzip(&staging);
                staging = staging.variable("PATH", &path);
            }
            let staged = staging.stage(&[]);
            assert_eq!(staged.code, Some(1), "{staged:?}");
            assert!(staged.stderr.starts_with(&format!("Failed to {what} buildpack '{url}': ")), "{}", staged.stderr);
            assert_eq!(staging.left(), [""; 0]);
        }
    }
}

#[test]
fn a_certificate_of_nobody_is_taken_only_with_skip_cert_verify() {
    let shared = tempfile::tempdir().unwrap();
    zipped(shared.path());
    let certificates = Certificates::new();
    let server = Server::tls(shared.path(), &certificates);
    let url = format!("{}/bp.zip", server.address);
    let staged = Staging::new().key(&url).stage(&[]);
    assert_eq!(staged.code, Some(1), "{staged:?}");
    assert!(staged.stderr.starts_with(&format!("Failed to download buildpack '{url}': ")), "{}", staged.stderr);
    let staged = Staging::new().key(&url).stage(&["-skipCertVerify"]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
}

const REFERENCE: &str = r#"{"db":[{"credentials":{"credhub-ref":"/db"}}]}"#;
const ANSWER: &str = r#"{"db":[{"credentials":{"uri":"mysql://user:secret@host/db"}}]}"#;

/// A store that answers, if it does, and what a program finds in its environment to ask it.
fn store(certificates: &Certificates, answers: bool) -> (tempfile::TempDir, Server) {
    let shared = tempfile::tempdir().unwrap();
    if answers {
        fs::create_dir_all(shared.path().join("api/v1")).unwrap();
        fs::write(shared.path().join("api/v1/interpolate"), ANSWER).unwrap();
    }
    let server = Server::for_clients(shared.path(), certificates);
    (shared, server)
}

fn asking(staging: Staging, server: &Server, certificates: &Certificates, client: &str) -> Staging {
    staging
        .variable("VCAP_SERVICES", REFERENCE)
        .variable("VCAP_PLATFORM_OPTIONS", &json!({"credhub-uri": server.address}).to_string())
        .variable("CF_INSTANCE_CERT", &certificates.path(&format!("{client}.crt")))
        .variable("CF_INSTANCE_KEY", &certificates.path(&format!("{client}.key")))
        .variable("CF_SYSTEM_CERT_PATH", &certificates.system())
}

const SHOW: &str = "echo \"$VCAP_SERVICES $DATABASE_URL ${VCAP_PLATFORM_OPTIONS:+kept}\"";
const QUICK: [&str; 2] = ["-credhubConnectAttempts=3", "-credhubRetryDelay=1ms"];

fn three_failures(stdout: &str) -> bool {
    let lines: Vec<_> = stdout.lines().filter(|line| line.starts_with("Failed on attempt ")).collect();
    let numbered = |(at, line): (usize, &&str)| {
        line.starts_with(&format!("Failed on attempt {} out of 3: Unable to interpolate credhub references: ", at + 1))
    };
    lines.len() == 3 && lines.iter().enumerate().all(numbered)
}

#[test]
fn credentials_come_from_the_store_to_clients_it_knows() {
    let certificates = Certificates::new();
    let (_folder, server) = store(&certificates, true);
    let staging = Staging::new().buildpack("bp", &[("detect", "echo x"), ("compile", SHOW), RELEASE]);
    let staging = asking(staging, &server, &certificates, "client");
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
    assert_eq!(staged.stdout, format!("{ANSWER} mysql2://user:secret@host/db kept\n"));
    let application: Staged = staging.launcher(&["app", SHOW, ""]).output().unwrap().into();
    assert!(application.stdout.ends_with(&format!("{ANSWER} mysql2://user:secret@host/db \n")), "{application:?}");
    let mut shell = staging.program();
    let shell: Staged = shell.args(["shell"]).arg(staging.path("home/app")).arg(SHOW).output().unwrap().into();
    assert_eq!(shell.stdout, format!("{ANSWER} mysql2://user:secret@host/db \n"));
    assert_eq!(server.posted(), vec![format!("POST /api/v1/interpolate {REFERENCE}"); 3]);
}

#[test]
fn three_failures_of_the_store_end_builder_launcher_and_shell() {
    let certificates = Certificates::new();
    for (client, answers, asked) in [("client", false, 9), ("stranger", true, 0)] {
        let (_folder, server) = store(&certificates, answers);
        let staging = Staging::new().buildpack("bp", &[("detect", "touch $1/ran"), ("compile", "true"), RELEASE]);
        let staging = asking(staging, &server, &certificates, client);
        let staged = staging.stage(&QUICK);
        assert_eq!(staged.code, Some(4), "{staged:?}");
        assert!(three_failures(&staged.stdout), "{staged:?}");
        assert!(staged.stderr.starts_with("Unable to interpolate credhub refs: "), "{staged:?}");
        assert!(!staging.path("app/ran").exists());
        // The flags only count where the text that is not used would be.
        let mut launcher = staging.program();
        let application: Staged = launcher.args(["launcher", "app", SHOW]).args(QUICK).output().unwrap().into();
        assert_eq!(application.code, Some(3), "{application:?}");
        assert!(three_failures(&application.stdout), "{application:?}");
        let mut shell = staging.program();
        let shell: Staged = shell.args(["shell", "app", SHOW]).args(QUICK).output().unwrap().into();
        assert_eq!(shell.code, Some(1), "{shell:?}");
        assert!(three_failures(&shell.stdout), "{shell:?}");
        assert_eq!(server.posted().len(), asked);
    }
}

#[test]
fn a_text_in_the_third_place_hides_the_launchers_flags() {
    let certificates = Certificates::new();
    let (_folder, server) = store(&certificates, false);
    let staging = asking(Staging::new(), &server, &certificates, "client");
    let mut launcher = staging.program();
    let arguments = ["launcher", "app", SHOW, "text", "-credhubConnectAttempts=1"];
    let application: Staged = launcher.args(arguments).output().unwrap().into();
    assert!(three_failures(&application.stdout), "{application:?}");
}
