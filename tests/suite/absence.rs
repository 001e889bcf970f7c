//! What cannot be read is no absence: the program says what it is, and does nothing else instead.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

use crate::support::{
    BootJar, Done, JavaBuildpack, Staged, Staging, World, fake_jre, lay_out_java_v3, list, require_root, unzip,
};

/// The user who runs the program.
const USER: u32 = 4242;

/// A world with a jar of that user, staged once.
fn world() -> (World, String) {
    require_root();
    let mut world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    let digest = world.digest(&world.path("app.jar"), ["-o", "oci:before"]);
    world.give_to(USER);
    (world, digest)
}

fn run(world: &World, args: &[&str]) -> Done {
    Done::of(world.command().uid(USER).gid(USER).args(args))
}

/// Keeps the user from reading a file.
fn close(path: &Path) {
    std::os::unix::fs::chown(path, Some(0), Some(0)).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o0)).unwrap();
}

fn files(world: &World, folder: &str, extension: Option<&str>) -> Vec<PathBuf> {
    let found = list(&world.cache().join(folder)).into_iter();
    found.filter(|path| path.is_file() && path.extension().and_then(|it| it.to_str()) == extension).collect()
}

#[test]
fn a_dependency_that_cannot_be_read_is_named_and_no_other_is_taken() {
    for extension in [Some("json"), None] {
        let (world, _) = world();
        for path in files(&world, "dependencies/sha256", extension) {
            close(&path);
        }
        let commands: [&[&str]; 4] = [
            &["app.jar", "--base", "none", "-o", "oci:out"],
            &["app.jar", "-o", "droplet:droplet"],
            &["plan", "app.jar"],
            &["app.jar", "--base", "none", "--paranoid", "-o", "oci:out"],
        ];
        for args in commands {
            let done = run(&world, args);
            let said = format!("{}{}", done.stdout, done.stderr);
            assert!(done.code != Some(0) && said.contains("dependencies/sha256/"), "{args:?}: {done:?}");
            assert!(!world.path("out").exists() && !world.path("droplet").exists());
        }
    }
    let (world, _) = world();
    for path in files(&world, "dependencies/sha256", Some("json")) {
        close(&path);
    }
    run(&world, &["dependency", "list"]).failed(40, &[".json", "hint: ", "--cache-dir"]);
}

#[test]
fn layers_that_cannot_be_read_are_named_and_memos_cost_time_only() {
    for (folder, extension) in [("layers/selectors", Some("json")), ("layers/blobs", None)] {
        let (world, _) = world();
        for path in files(&world, folder, extension) {
            close(&path);
        }
        let done = run(&world, &["app.jar", "--base", "none", "-o", "oci:out"]);
        done.failed(40, &[&format!("{folder}/"), "hint: ", "--cache-dir"]);
        assert!(!world.path("out").exists());
    }
    let (world, digest) = world();
    for path in
        files(&world, "layers/memo", Some("json")).into_iter().chain(files(&world, "dependencies/sha256", Some("stat")))
    {
        close(&path);
    }
    let done = run(&world, &["app.jar", "--base", "none", "--json", "-o", "oci:out"]).ok();
    assert_eq!(done.json()["image"]["digest"], digest.as_str());
}

#[test]
fn a_java_of_the_host_that_cannot_be_read_is_named_and_no_other_is_taken() {
    require_root();
    let mut world = World::empty();
    BootJar::new().write(&world.path("app.jar"));
    fs::write(world.path("jre.zip"), fake_jre("17.0.1")).unwrap();
    unzip(&world.path("jre.zip"), &[], &world.path("home"));
    let home = world.path("home/fake");
    world.give_to(USER);
    close(&home.join("release"));
    let mut command = world.command();
    command.uid(USER).gid(USER).env("JAVA_HOME", &home);
    command.args(["app.jar", "--base", "none", "-o", "oci:out"]);
    let done = Done::of(&mut command);
    assert!(done.code != Some(0) && done.stderr.contains("home/fake") && done.stderr.contains("JAVA_HOME"), "{done:?}");
}

#[test]
fn a_droplet_does_not_go_without_what_its_buildpack_cannot_read() {
    require_root();
    for name in ["memory-calculator", "jvmkill"] {
        let mut world = World::new();
        BootJar::new().write(&world.path("app.jar"));
        JavaBuildpack::new().write(&world.path("buildpack"));
        world.give_to(USER);
        let args = ["app.jar", "--buildpack", "buildpack", "-o", "droplet:droplet"];
        run(&world, &args).ok();
        fs::remove_file(world.path("droplet")).unwrap();
        let file = list(&world.path("buildpack")).into_iter();
        let file =
            file.filter(|path| path.file_name().unwrap().to_string_lossy().contains(name)).find(|it| it.is_file());
        close(&file.unwrap());
        fs::remove_dir_all(world.cache().join("layers")).unwrap();
        let done = run(&world, &args);
        assert!(done.code != Some(0) && !world.path("droplet").exists(), "{name}: {done:?}");
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(said.contains(name) && said.contains("ermission denied"), "{name}: {said}");
    }
}

type LayOut = fn(&Path);

/// What a builder of another user must not take for absent: which buildpack lies there, and the file or folder of it or of the
/// application.
const OF_BUILDERS: [(LayOut, &str); 9] = [
    (|folder| JavaBuildpack::new().write(folder), "buildpack/"),
    (|folder| JavaBuildpack::new().write(folder), "buildpack/manifest.yml"),
    (|folder| JavaBuildpack::new().write(folder), "buildpack/VERSION"),
    (lay_out_java_v3, "buildpack/config/version.yml"),
    (lay_out_java_v3, "buildpack/resources/cache"),
    (|folder| JavaBuildpack::new().write(folder), "app/META-INF/MANIFEST.MF"),
    (|folder| JavaBuildpack::new().write(folder), "app/BOOT-INF/lib"),
    (|folder| JavaBuildpack::new().write(folder), "app/BOOT-INF/lib/released-1.0.jar"),
    (|folder| JavaBuildpack::new().write(folder), "app/Procfile"),
];

#[test]
fn a_builder_takes_nothing_that_it_cannot_read_for_absent() {
    require_root();
    for (lay_out, closed) in OF_BUILDERS {
        let staging = Staging::new().key("java_buildpack").variable("CF_STACK", "cflinuxfs3");
        BootJar::new().explode(&staging.path("app"), 0o644);
        fs::write(staging.path("app/Procfile"), "web: java -jar app.jar\n").unwrap();
        let folder = staging.buildpack_folder("java_buildpack");
        lay_out(&folder);
        let path = match closed.strip_prefix("buildpack/") {
            Some(below) => folder.join(below),
            None => staging.path(closed),
        };
        for path in list(&staging.path("app")).into_iter().chain(list(&staging.path("buildpacks"))) {
            std::os::unix::fs::lchown(&path, Some(USER), Some(USER)).unwrap();
        }
        close(&path);
        let staged = stage_as(&staging, &[]);
        let said = format!("{}{}", staged.stdout, staged.stderr);
        let named = closed.trim_end_matches('/').rsplit('/').next().unwrap();
        assert!(staged.code != Some(0) && !staging.path("out/droplet").exists(), "{closed}: {staged:?}");
        assert!(said.contains("ermission denied"), "{closed}: {said}");
        assert!(closed == "buildpack/" || said.contains(named), "{closed}: {said}");
    }
}

/// Runs the builder as the user.
fn stage_as(staging: &Staging, flags: &[&str]) -> Staged {
    let program = staging.own_program();
    let (uid, gid) = (format!("--reuid={USER}"), format!("--regid={USER}"));
    staging.stage_below(&["setpriv", &uid, &gid, "--clear-groups"], &program, flags)
}

#[test]
fn variables_of_an_earlier_buildpack_that_cannot_be_read_are_told() {
    require_root();
    for closed in ["env", "env/NAME"] {
        let supply = format!("mkdir -p $3/$4/env; echo x > $3/$4/env/NAME; chmod 000 $3/$4/{closed}");
        let staging = Staging::new().buildpack("first", &[("supply", &supply)]).key("java_buildpack");
        let staging = staging.variable("CF_STACK", "cflinuxfs4");
        BootJar::new().explode(&staging.path("app"), 0o644);
        JavaBuildpack::new().write(&staging.buildpack_folder("java_buildpack"));
        for path in list(&staging.path("app")).into_iter().chain(list(&staging.path("buildpacks"))) {
            std::os::unix::fs::lchown(&path, Some(USER), Some(USER)).unwrap();
        }
        let staged = stage_as(&staging, &["-skipDetect"]);
        assert!(staged.code != Some(0) && staged.code.is_some(), "{closed}: {staged:?}");
        let said = format!("{}{}", staged.stdout, staged.stderr);
        assert!(said.contains("ermission denied") && said.contains("/env"), "{closed}: {said}");
    }
}
