//! Cloud Foundry's builder and launcher with broken buildpacks, hostile applications, full disks, and killed while they
//! pack.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use fs_err as fs;

use crate::support::{Staged, Staging, names, require_root, wait_for};

const DETECT: (&str, &str) = ("detect", "echo found");
const COMPILE: (&str, &str) = ("compile", "true");
const RELEASE: (&str, &str) = ("release", "printf -- '---\\ndefault_process_types:\\n  web: start web\\n'");
const NO_SPACE: &str = "No space left on device";

fn simple() -> Staging {
    Staging::new().buildpack("bp", &[DETECT, COMPILE, RELEASE])
}

#[test]
fn broken_buildpack_folders_are_named() {
    let broken = |make: fn(&Path)| {
        let staging = Staging::new().key("bp");
        make(&staging.buildpack_folder("bp"));
        (staging.stage(&[]), staging)
    };
    let (staged, staging) = broken(|folder| fs::write(folder, "").unwrap());
    let folder = staging.buildpack_folder("bp").display().to_string();
    let nothing = "None of the buildpacks detected a compatible application\n";
    assert_eq!(staged.code, Some(222));
    let wanted = format!("Failed to read buildpack directory '{folder}' for buildpack '{folder}'\n{nothing}");
    assert_eq!(staged.stderr, wanted);

    let (staged, _) = broken(|folder| fs::create_dir_all(folder.join("lib")).unwrap());
    assert_eq!(staged.stderr, format!("malformed buildpack does not contain a /bin dir: bp\n{nothing}"));

    let (staged, staging) = broken(|folder| {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("bin"), "").unwrap();
    });
    let folder = staging.buildpack_folder("bp").display().to_string();
    assert_eq!(staged.stderr, format!("stat {folder}/bin/detect: not a directory\n{nothing}"));
}

#[test]
fn scripts_that_cannot_be_started_are_named() {
    type Make = fn(&Path);
    let cases: [(&str, Make); 3] = [
        ("permission denied", |script| fs::create_dir(script).unwrap()),
        ("exec format error", |script| fs::write(script, "\u{7f}ELF, but not really").unwrap()),
        ("no such file or directory", |script| fs::write(script, "#!/no/such/interpreter\n").unwrap()),
    ];
    for (reason, make) in cases {
        let staging = Staging::new().buildpack("bp", &[DETECT, RELEASE]);
        let script = staging.buildpack_folder("bp").join("bin/compile");
        make(&script);
        fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let staged = staging.stage(&[]);
        assert_eq!(staged.code, Some(223), "{staged:?}");
        let prefix = "Failed to compile droplet: Failed to compile droplet: ";
        assert_eq!(staged.stderr, format!("{prefix}fork/exec {}: {reason}\n", script.display()));
    }
}

#[test]
fn noise_around_the_release_yaml_is_refused() {
    for (noise, good) in [
        ("echo 'Installing: a: b'; echo '--- {}'", false),
        ("printf '\\xff\\xfe--- {}'", false),
        ("printf -- '---\\n- web\\n'", false),
        ("printf -- '---\\ndefault_process_types: [web]\\n'", false),
        ("printf -- '\\n\\n# nothing but a remark\\n'", true),
        ("echo noise >&2; printf -- '---\\nother: 1\\ndefault_process_types: {web: x}\\n...\\n'", true),
    ] {
        let staging = Staging::new().buildpack("bp", &[DETECT, COMPILE, ("release", noise)]);
        let staged = staging.stage(&[]);
        assert_eq!(staged.code, Some(if good { 0 } else { 224 }), "{noise}: {staged:?}");
        if !good {
            let wanted = "Failed to build droplet release: buildpack's release output invalid: yaml: ";
            assert!(staged.stderr.contains(wanted), "{noise}: {staged:?}");
            assert!(!staging.path("out/droplet").exists());
        }
    }
}

#[test]
fn procfiles_that_are_no_maps_of_commands_stop_staging() {
    for text in ["web: a: b", "web:\tstart\n\tworker: x", "web: [a, b]", "web", "web: 'open", "{web: x", "&a [*a]"] {
        let staging = simple().app("Procfile", text);
        let staged = staging.stage(&[]);
        assert_eq!(staged.code, Some(1), "{text:?}: {staged:?}");
        assert_eq!(staged.stderr, "Failed to read command from Procfile: invalid YAML\n", "{text:?}");
        assert!(!staging.path("out/droplet").exists());
        assert!(staging.path("out/result.json").exists(), "the buildpacks are named even now");
    }
    let staging = simple();
    fs::create_dir(staging.path("app/Procfile")).unwrap();
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(1), "{staged:?}");
    assert!(staged.stderr.starts_with("Failed to read command from Procfile: "), "{}", staged.stderr);
}

#[test]
fn links_out_of_the_application_are_kept_and_never_followed() {
    let staging = simple();
    let outside = staging.path("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    fs::create_dir(staging.path("app/inner")).unwrap();
    let links = [
        ("absolute", outside.to_str().unwrap()),
        ("inner/relative", "../../outside"),
        ("inner/file", "../../outside/secret"),
        ("dangling", "/no/such/file"),
        ("itself", "itself"),
        ("root", "/"),
    ];
    for (name, target) in links {
        symlink(target, staging.path("app").join(name)).unwrap();
    }
    assert_eq!(staging.stage(&[]).code, Some(0));
    let file = fs::File::open(staging.path("out/droplet")).unwrap();
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(file));
    let mut found = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        if let (Some(name), Some(target)) = (name.strip_prefix("./app/"), entry.link_name_bytes()) {
            found.push((name.to_owned(), String::from_utf8(target.into_owned()).unwrap()));
        }
    }
    found.sort();
    let mut wanted = links.map(|(name, target)| (name.to_owned(), target.to_owned()));
    wanted.sort();
    assert_eq!(found, wanted);
    assert!(!staging.droplet().iter().any(|name| name.contains("secret")));
}

#[test]
fn a_link_that_a_script_put_in_the_place_of_a_folder_is_not_followed() {
    let replace = "rm -r $5 $3; ln -s /etc $5; ln -s /etc $3";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("finalize", replace), RELEASE]);
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
    let names = staging.droplet();
    assert_eq!(names, ["./", "./app/", "./deps", "./logs/", "./profile.d", "./staging_info.yml", "./tmp/"]);
}

#[test]
fn names_are_bytes() {
    let staging = simple();
    fs::write(staging.path("app").join(OsStr::from_bytes(b"\xffname \n\"")), "x").unwrap();
    assert_eq!(staging.stage(&[]).code, Some(0));
    let output = Command::new("tar").arg("tzf").arg(staging.path("out/droplet")).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    assert!(listed.contains("./app/\\377name \\n\"\n"), "{listed}");
}

#[test]
fn a_flag_that_is_no_text_is_refused() {
    let staging = simple();
    for arguments in [vec![b"-buildDir=\xff".as_slice()], vec![b"-buildDir", b"\xff"]] {
        let mut builder = staging.builder(&[]);
        builder.args(arguments.into_iter().map(OsStr::from_bytes));
        let staged: Staged = builder.output().unwrap().into();
        assert_eq!(staged.code, Some(2), "{staged:?}");
        assert!(staged.stderr.starts_with("argument is not UTF-8: "), "{}", staged.stderr);
    }
}

#[test]
fn a_deep_and_a_wide_tree_are_packed() {
    let staging = simple();
    let deep = staging.path("app").join(["d"; 900].join("/"));
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("file"), "x").unwrap();
    for at in 0..20_000 {
        fs::write(staging.path("app").join(format!("{at:05}")), "").unwrap();
    }
    assert_eq!(staging.stage(&[]).code, Some(0));
    assert_eq!(staging.droplet().iter().filter(|name| name.starts_with("./app/")).count(), 1 + 900 + 1 + 20_000);
}

#[test]
fn a_droplet_on_a_full_disk_is_not_there() {
    require_root();
    let app = |staging: &Staging| {
        let random = "import os; open('app/big', 'wb').write(os.urandom(5 << 20))";
        assert!(Command::new("python3").args(["-c", random]).current_dir(staging.path("")).status().unwrap().success());
    };
    // The disk is only there for the builder: what is left on it is looked at from inside.
    let small = "mount -t tmpfs -o size=2m,mode=777 tmpfs out && \"$@\"; code=$?; ls -A out; exit $code";
    let staging = simple();
    app(&staging);
    let wrapper = ["unshare", "-m", "sh", "-c", small, "sh"];
    let staged = staging.stage_below(&wrapper, Path::new(env!("CARGO_BIN_EXE_stage")), &[]);
    assert_eq!(staged.code, Some(1), "{staged:?}");
    let droplet = staging.path("out/droplet");
    let wanted = format!("Failed to compress droplet filesystem: {}: Cannot write: {NO_SPACE}\n", droplet.display());
    assert_eq!(staged.stderr, wanted);
    assert_eq!(staged.stdout, "result.json\n");
    assert_eq!(names(&staging.path("tmp")), [""; 0]);
}

#[test]
fn a_script_that_fails_on_a_full_disk_is_told_about_it() {
    require_root();
    let fills = "head -c 5M /dev/zero > $2/big 2>/dev/null || exit 7";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", fills)]);
    let small = "mount -t tmpfs -o size=2m,mode=777 tmpfs cache && exec \"$@\"";
    let wrapper = ["unshare", "-m", "sh", "-c", small, "sh"];
    let staged = staging.stage_below(&wrapper, Path::new(env!("CARGO_BIN_EXE_stage")), &[]);
    assert_eq!(staged.code, Some(223), "{staged:?}");
    let wanted = format!(
        "Script '{}/bin/compile' of buildpack 'bp' failed in phase compile: no space left on the disk of the build cache \
         '{}'\nFailed to compile droplet: Failed to compile droplet: exit status 7\n",
        staging.buildpack_folder("bp").display(),
        staging.path("cache").display()
    );
    assert_eq!(staged.stderr, wanted);
}

#[test]
fn a_builder_that_is_killed_while_it_packs_leaves_no_droplet() {
    for signal in ["-TERM", "-KILL"] {
        let staging = simple();
        // Nothing on disk, but long to read.
        fs::File::create(staging.path("app/sparse")).unwrap().set_len(20 << 30).unwrap();
        let mut builder = staging.builder(&[]).spawn().unwrap();
        let packs = || names(&staging.path("out")).iter().any(|name| name.starts_with(".droplet.stage-"));
        wait_for("the droplet's temporary file", packs);
        assert!(Command::new("kill").args([signal, &builder.id().to_string()]).status().unwrap().success());
        assert!(!builder.wait().unwrap().success());
        let left = names(&staging.path("out"));
        assert!(!left.contains(&"droplet".to_owned()), "{left:?}");
        if signal == "-TERM" {
            assert_eq!(left, ["result.json"]);
            assert_eq!(names(&staging.path("tmp")), [""; 0]);
        }
    }
}

#[test]
fn a_profile_script_may_be_as_strict_as_it_likes() {
    let strict = "printf 'set -euo pipefail\\nIFS=\\nexport STRICT=yes\\n' > $5/strict.sh";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("finalize", strict), RELEASE]);
    assert_eq!(staging.stage(&[]).code, Some(0));
    fs::create_dir(staging.path("app/.profile.d")).unwrap();
    let output: Staged =
        staging.launcher(&["app", "echo \"$STRICT ${UNSET}ok $#\"; false; echo end", ""]).output().unwrap().into();
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.stdout, "Invoking pre-start scripts.\nInvoking start command.\nyes ok 0\nend\n");
}
