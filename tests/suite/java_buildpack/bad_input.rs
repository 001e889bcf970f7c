//! Archives and manifests that are not what they should be: said, with the exit code of the phase, and nothing left.

use fs_err as fs;

use crate::support::{BootJar, JavaBuildpack, Member, Staging, gzip, names, runtime};

const KEY: &str = "java_buildpack";

fn staging(buildpack: &JavaBuildpack) -> Staging {
    let staging = Staging::new().key(KEY).variable("CF_STACK", "cflinuxfs4");
    BootJar::new().explode(&staging.path("app"), 0o644);
    buildpack.write(&staging.buildpack_folder(KEY));
    staging
}

/// It ends with this code, says all of this, and leaves neither droplet nor temporary files.
#[track_caller]
fn assert_fails(staging: &Staging, flags: &[&str], code: i32, said: &[&str]) {
    let staged = staging.stage(flags);
    assert_eq!(staged.code, Some(code), "{staged:?}");
    let all = format!("{}{}", staged.stdout, staged.stderr);
    for text in said {
        assert!(all.contains(text), "`{text}` is not in:\n{all}");
    }
    assert!(!all.contains("panicked"), "{all}");
    assert!(!staging.path("out/droplet").exists(), "{all}");
    assert_eq!(names(&staging.path("tmp")), [""; 0]);
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
    for (file, text) in [("VERSION", None), ("manifest.yml", Some("language: java\n- x: [\n")), ("manifest.yml", None)]
    {
        let staging = staging(&JavaBuildpack::new());
        let path = staging.buildpack_folder(KEY).join(file);
        match text {
            Some(text) => fs::write(&path, text).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        assert_fails(&staging, &["-skipDetect"], 225, &[said]);
        assert_fails(&staging, &[], 222, &[said]);
    }
}
