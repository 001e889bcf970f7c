//! Archives and manifests that are not what they should be: said, with the exit code of the phase, and nothing left.

use std::path::Path;

use fs_err as fs;

use crate::support::{BootJar, JavaBuildpack, Member, Staged, Staging, World, gzip, names, runtime};

const KEY: &str = "java_buildpack";

fn staging(buildpack: &JavaBuildpack) -> Staging {
    let staging = Staging::new().key(KEY).variable("CF_STACK", "cflinuxfs4");
    BootJar::new().explode(&staging.path("app"), 0o644);
    buildpack.write(&staging.buildpack_folder(KEY));
    staging
}

/// It ends with this code, says all of this, and leaves neither droplet nor temporary files; what it said.
#[track_caller]
fn assert_fails(staging: &Staging, flags: &[&str], code: i32, said: &[&str]) -> Staged {
    let staged = staging.stage(flags);
    assert_eq!(staged.code, Some(code), "{staged:?}");
    let all = format!("{}{}", staged.stdout, staged.stderr);
    for text in said {
        assert!(all.contains(text), "`{text}` is not in:\n{all}");
    }
    assert!(!all.contains("panicked"), "{all}");
    assert!(!staging.path("out/droplet").exists(), "{all}");
    assert_eq!(names(&staging.path("tmp")), [""; 0]);
    staged
}

#[test]
fn runtimes_that_are_no_good_archives_end_staging() {
    let good = runtime(&[]);
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("file").display().to_string();
    // More than the free gigabyte of zeros, in members that are compressed once.
    let zeros = gzip(&vec![0; 64 << 20]);
    let cases: [(&str, Vec<u8>, &[&str]); 6] = [
        ("truncated", good[..good.len() / 2].to_vec(), &["Could not inflate the archive of `openjdk@17.0.20+10`: "]),
        ("no gzip", b"no archive at all".to_vec(), &["Could not inflate the archive of `openjdk@17.0.20+10`: "]),
        ("up", runtime(&[Member::File("../outside", 0o644, b"x")]), &["../outside"]),
        ("absolute link", runtime(&[Member::Link("jre-17.0.20/lib/link", &target)]), &["jre-17.0.20/lib/link"]),
        ("bomb", zeros.repeat(17), &["it inflates to more than "]),
        ("no runtime", gzip(&[0; 1024]), &["could not find valid JAVA_HOME"]),
    ];
    for (name, archive, said) in cases {
        eprintln!("{name}");
        let staging = staging(&JavaBuildpack::new().with("openjdk", archive));
        assert_fails(&staging, &[], 223, said);
        assert_fails(&staging, &[], 223, &["Failed to install JRE: failed to "]);
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn folders_without_version_or_with_a_broken_manifest_are_no_buildpacks() {
    let said = "malformed buildpack does not contain a /bin dir: java_buildpack";
    for (file, text, cause) in BROKEN {
        let staging = staging(&JavaBuildpack::new());
        let path = staging.buildpack_folder(KEY).join(file);
        break_file(&path, text);
        let before = cause.replace("PATH", &path.display().to_string());
        let staged = assert_fails(&staging, &["-skipDetect"], 225, &[]);
        assert_eq!(staged.stderr, format!("{before}Failed to run all supply scripts: {said}\n"));
        let staged = assert_fails(&staging, &[], 222, &[]);
        let nothing = "None of the buildpacks detected a compatible application";
        assert_eq!(staged.stderr, format!("{before}{said}\n{nothing}\n"));
    }
}

/// A file of the buildpack, its new text or that it is gone, the line that is said of it.
const BROKEN: [(&str, Option<&str>, &str); 3] = [
    (
        "VERSION",
        None,
        "Could not read `PATH` of the buildpack: failed to open file `PATH`: No such file or directory (os error 2)\n",
    ),
    (
        "manifest.yml",
        Some("language: java\n- x: [\n"),
        "`PATH` of the buildpack is not valid: yaml: line 1: did not find expected key\n",
    ),
    ("manifest.yml", None, ""),
];

fn break_file(path: &Path, text: Option<&str>) {
    match text {
        Some(text) => fs::write(path, text).unwrap(),
        None => fs::remove_file(path).unwrap(),
    }
}

#[test]
fn what_is_broken_in_a_folder_given_by_hand_was_not_named() {
    let world = World::empty();
    let jar = BootJar::new().write(&world.path("app.jar"));
    let fails = |said: &[&str]| {
        let droplet = ["-o", "droplet:out.tgz", "--buildpack", "buildpack"];
        world.run([&[jar.to_str().unwrap()][..], &droplet].concat()).failed(1, said);
        assert!(!world.path("out.tgz").exists());
    };
    let folder = world.path("buildpack");
    for (file, text, cause) in BROKEN {
        JavaBuildpack::new().write(&folder);
        let path = folder.join(file);
        break_file(&path, text);
        match cause.trim_end().split_once(": ") {
            None => fails(&["`buildpack` holds no Java buildpack"]),
            Some((what, why)) => {
                let named = |text: &str| text.replace("PATH", &format!("buildpack/{file}"));
                fails(&[&named(what), &named(why)]);
            }
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir_all(folder.join("config")).unwrap();
    fs::write(folder.join("config/version.yml"), "version: v3.8.1\noffline: a: b\n").unwrap();
    fails(&["Could not read `buildpack/config/version.yml`", "yaml: line 2: mapping values are not allowed"]);
}
