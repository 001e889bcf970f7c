//! Judges from outside: what other programs say of images of the real Zipkin jar.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use crate::support::judges::{Podman, assert_conforms, debian_base, read_archive, tool};
use crate::support::{Done, Image, World, fixture, list, require_root, sha256_hex};

/// The program that prints SHA-256 and name of every file in a zip: a reader that is not ours.
const LIST_ZIP: &str = "
import hashlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    for entry in archive.infolist():
        if not entry.is_dir():
            print(hashlib.sha256(archive.read(entry)).hexdigest(), entry.filename)
";

/// Stages Zipkin on the default base with the arguments, and returns the report's digest.
#[track_caller]
fn stage(world: &World, args: &[&str]) -> String {
    let report = Done::of(world.command().arg(fixture("zipkin")).args(args).arg("--json")).ok().json();
    report["image"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn skopeo_copies_keep_the_digest() {
    let world = World::with_jre();
    for compression in ["gzip", "zstd", "none"] {
        let name = |which: &str| format!("{which}-{compression}");
        let spec = |which: &str| format!("oci:{}:v1", name(which));
        let digest = stage(&world, &["--compression", compression, "-o", &spec("ours")]);
        // Left alone, skopeo compresses plain layers for a layout.
        let keep: &[&str] = if compression == "none" { &["--preserve-digests"] } else { &[] };
        for (from, to) in [("ours", "there"), ("there", "back")] {
            Done::of(tool(&world, "skopeo").args(["copy", "-q"]).args(keep).args([&spec(from), &spec(to)])).ok();
        }
        let ours = Image::read(&world.path(&name("ours")));
        assert_conforms(&ours, "oci", compression);
        assert_eq!(ours.digest, digest);
        assert_eq!(Image::read(&world.path(&name("back"))).digest, digest, "{compression}");
    }
}

#[test]
fn skopeo_reads_archives_and_docker_media_types() {
    let world = World::with_jre();
    let digest = stage(&world, &["-o", "oci-archive:ours.tar:v1", "-o", "oci:ours:v1"]);
    Done::of(tool(&world, "skopeo").args(["copy", "-q", "oci-archive:ours.tar:v1", "oci:copy:v1"])).ok();
    assert_eq!(Image::read(&world.path("copy")).digest, digest);
    let archived = read_archive(&world.path("ours.tar"), &world.path("unpacked"));
    assert_conforms(&archived, "oci", "gzip");
    assert_eq!(archived.digest, digest);

    for compression in ["gzip", "none"] {
        let (ours, copy) = (format!("docker-{compression}"), format!("copy-{compression}"));
        let docker =
            stage(&world, &["--media-types", "docker", "--compression", compression, "-o", &format!("oci:{ours}")]);
        let image = Image::read(&world.path(&ours));
        assert_conforms(&image, "docker", compression);
        assert_eq!(image.digest, docker);
        // A copy to a layout would be given OCI media types; a plain folder keeps the manifest.
        Done::of(tool(&world, "skopeo").args(["copy", "-q", &format!("oci:{ours}"), &format!("dir:{copy}")])).ok();
        let manifest = fs::read(world.path(&copy).join("manifest.json")).unwrap();
        assert_eq!(format!("sha256:{}", sha256_hex(&manifest)), docker);
    }
}

/// Debian's umoci knows no zstd.
#[test]
fn umoci_unpacks_what_is_in_the_jar() {
    require_root();
    let world = World::with_jre();
    for compression in ["gzip", "none"] {
        let (layout, bundle) = (format!("ours-{compression}"), format!("bundle-{compression}"));
        stage(&world, &["--compression", compression, "-o", &format!("oci:{layout}:v1")]);
        Done::of(tool(&world, "umoci").args(["unpack", "--image", &format!("{layout}:v1"), &bundle])).ok();
        let root = world.path(&bundle).join("rootfs");
        assert_same_files(&world, &root.join("workspace"));
        assert_tidy(&root);
        let launcher = fs::read_link(root.join("cnb/process/web")).unwrap();
        assert_eq!(launcher, Path::new("/cnb/lifecycle/launcher"));
        for program in ["cnb/lifecycle/launcher", "layers/stage_java/jre/bin/java"] {
            assert_eq!(mode(&root.join(program)), 0o755, "{program}");
        }
        fs::remove_dir_all(world.path(&bundle)).unwrap();
    }
}

/// The files of the folder are those of the jar, by name and content, but for the jar's signature: it is about a jar, and
/// would be wrong for its files on their own.
#[track_caller]
fn assert_same_files(world: &World, workspace: &Path) {
    let listed = Done::of(tool(world, "python3").args(["-c", LIST_ZIP]).arg(fixture("zipkin"))).ok().stdout;
    let in_jar: BTreeMap<_, _> = listed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, name)| *name != "META-INF/BOOT.SF")
        .map(|(hash, name)| (name.to_owned(), hash.to_owned()))
        .collect();
    assert!(in_jar.len() > 200, "{listed}");
    let in_image: BTreeMap<_, _> = list(workspace)
        .into_iter()
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.strip_prefix(workspace).unwrap().to_str().unwrap().to_owned();
            (name, sha256_hex(&fs::read(&path).unwrap()))
        })
        .collect();
    assert_eq!(in_image, in_jar);
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Everything belongs to root or to the home folder's owner, has the one time, and only `/tmp` is open to all.
#[track_caller]
fn assert_tidy(root: &Path) {
    for path in list(root) {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let shown = path.strip_prefix(root).unwrap().to_str().unwrap();
        let expected = match shown {
            "tmp" => (0, 0o1777),
            // A user that the platform makes up is in group 0.
            "home/cnb" => (1000, 0o775),
            _ if metadata.is_symlink() => (0, 0o777),
            _ if metadata.is_dir() => (0, 0o755),
            _ => (0, if metadata.mode() & 0o111 == 0 { 0o644 } else { 0o755 }),
        };
        assert_eq!((metadata.uid(), metadata.mode() & 0o7777), expected, "{shown}");
        assert_eq!((metadata.gid(), metadata.mtime()), (0, 315_532_801), "{shown}");
    }
}

#[test]
fn podman_runs_zipkin_in_512_megabytes_as_nobody_special() {
    require_root();
    let world = World::with_jre();
    stage(&world, &["-o", "oci:zipkin:v1"]);
    let podman = Podman::open();
    let container = podman.start(&world, "oci:zipkin:v1", "PORT", &[]);
    assert_eq!(container.healthy()["status"], "UP");
    assert_eq!(container.inspect("{{.HostConfig.Memory}}"), (512 << 20).to_string());
    let line = container.memory_line();
    assert!(line.contains("-Xmx") && line.contains("Total Memory: 512M"), "{line}");
    assert_eq!(container.user(), ("1000".to_owned(), "1000".to_owned()));
    let command = container.process("cmdline");
    assert!(
        command.starts_with("java\0") || command.contains("/jre/bin/java\0"),
        "the launcher is still there: {command}"
    );
    // Java ends by SIGTERM as process 1, so the launcher has passed nothing on but itself.
    assert_eq!(container.stop(), "143 false", "{}", container.log());
}

#[test]
fn podman_runs_zipkin_on_a_base_of_debian_packages() {
    require_root();
    let world = World::with_jre();
    let base = format!("rootfs:{}", debian_base().display());
    let digest = stage(&world, &["--base", &base, "--compression", "none", "-o", "oci:zipkin:v1"]);
    assert_conforms(&Image::read(&world.path("zipkin")), "oci", "none");
    assert_eq!(stage(&world, &["--base", &base, "--compression", "none", "--paranoid", "-o", "oci:again:v1"]), digest);

    let podman = Podman::open();
    // A MEMORY_LIMIT below the container's own limit counts, a SERVER_PORT of the user before PORT.
    let limit = ["--env", "MEMORY_LIMIT=448m", "--env", "PORT=1"];
    let container = podman.start(&world, "oci:zipkin:v1", "SERVER_PORT", &limit);
    container.healthy();
    let line = container.memory_line();
    assert!(line.contains("Total Memory: 448M"), "{line}");
    assert_eq!(container.user(), ("1000".to_owned(), "1000".to_owned()));
}

#[test]
fn podman_runs_zipkin_on_an_image_as_base() {
    require_root();
    let world = World::with_jre();
    let podman = Podman::open();
    let base = debian_base();
    let settings = ["--change", "ENV=FROM_THE_BASE=yes", "--change", "USER=2000:3000"];
    let import = [&["import", "-q"][..], &settings, &[base.to_str().unwrap()]].concat();
    let image = podman.say(&world, &import);
    podman.say(&world, &["push", "-q", &image, "oci:base:v1"]);

    let args = ["--base", "oci:base:v1", "--compression", "zstd", "-o", "oci:zipkin:v1"];
    let digest = stage(&world, &args);
    assert_eq!(stage(&world, &[&args[..5], &["oci:again:v1", "--paranoid"]].concat()), digest);
    let staged = Image::read(&world.path("zipkin"));
    let below = Image::read(&world.path("base"));
    assert_eq!(staged.manifest["layers"][0], below.manifest["layers"][0], "the base's layer is not as it was");

    let container = podman.start(&world, "oci:zipkin:v1", "PORT", &[]);
    container.healthy();
    assert!(container.memory_line().contains("Total Memory: 512M"));
    assert_eq!(container.user(), ("2000".to_owned(), "3000".to_owned()));
    assert!(container.process("environ").split('\0').any(|variable| variable == "FROM_THE_BASE=yes"));
}
