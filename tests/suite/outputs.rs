//! Outputs never overwrite what is read, and replace nothing but regular files.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::{BootJar, Done, Image, JavaBuildpack, World, list, sha256_hex};

fn world() -> (World, PathBuf) {
    let world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    (world, jar)
}

fn stage(world: &World, app: &str, outputs: &[&str]) -> Done {
    let outputs = outputs.iter().flat_map(|output| ["-o", output]);
    world.run([app, "--base", "none"].into_iter().chain(outputs))
}

/// What goes with an output of this kind; for droplets also makes the buildpack.
fn with(world: &World, kind: &str) -> [&'static str; 2] {
    if kind == "droplet" {
        JavaBuildpack::new().write(&world.path("buildpack"));
        return ["--buildpack", "buildpack"];
    }
    ["--base", "none"]
}

fn mkfifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

/// Everything outside the cache: names and hashes.
fn state(world: &World) -> Vec<(PathBuf, Option<String>)> {
    let files = list(&world.path("")).into_iter().filter(|path| !path.starts_with(world.cache()));
    files.map(|path| (path.clone(), path.is_file().then(|| sha256_hex(&fs::read(path).unwrap())))).collect()
}

#[test]
fn inputs_are_not_outputs_whatever_they_are_called() {
    let (world, jar) = world();
    fs::create_dir_all(world.path("folder/lib")).unwrap();
    fs::copy(&jar, world.path("folder/lib/app.jar")).unwrap();
    fs::hard_link(&jar, world.path("hard.jar")).unwrap();
    symlink("app.jar", world.path("soft.jar")).unwrap();
    symlink("folder", world.path("linked")).unwrap();
    stage(&world, "app.jar", &["oci:base:b", "oci-archive:base.tar"]).ok();
    let before = state(&world);
    let refused = |args: &[&str], said: &str| {
        let done = world.run(args);
        assert!(matches!(done.code, Some(2)) && done.stderr.contains(said), "{args:?}: {done:?}");
        assert!(done.stdout.is_empty());
    };
    for kind in ["oci", "oci-archive", "droplet"] {
        for (app, output, said) in [
            ("app.jar", "app.jar", "is the application itself"),
            ("app.jar", "./x/../app.jar", "is the application itself"),
            ("soft.jar", "hard.jar", "is the application itself"),
            ("folder", "folder", if kind == "oci" { "is the application itself" } else { "a folder" }),
            ("folder", "folder/lib/app.jar", "lies inside the application"),
            ("folder", "linked/new/out", "lies inside the application"),
            ("linked", "folder/out", "lies inside the application"),
            ("app.jar", "cache/layers/x", "lies inside the cache"),
        ] {
            let output = format!("{kind}:{output}");
            let base = if kind == "droplet" { &[][..] } else { &["--base", "none"] };
            refused(&[&[app, "-o", &output], base].concat(), said);
        }
    }
    refused(&["app.jar", "--base", "oci:base", "-o", "oci:base:b"], "is the base itself");
    refused(&["app.jar", "--base", "oci:base:b", "-o", "oci:base:b"], "is the base itself");
    refused(&["app.jar", "--base", "oci:base", "-o", "oci-archive:base/x.tar"], "lies inside the base");
    refused(&["app.jar", "--base", "oci-archive:base.tar", "-o", "oci-archive:base.tar"], "is the base itself");
    refused(&["app.jar", "--base", "rootfs:base.tar", "-o", "oci-archive:base.tar"], "is the base itself");
    refused(&["app.jar", "--base", "none", "-o", "oci-archive:x", "-o", "oci-archive:./x"], "is named twice");
    assert!(state(&world) == before, "something was written");
    // An image beside its base is no mistake.
    world.run(["app.jar", "--base", "oci:base:b", "-o", "oci:base:above"]).ok();
}

#[test]
fn links_stay_and_what_they_point_to_is_replaced() {
    let (world, _) = world();
    fs::create_dir(world.path("elsewhere")).unwrap();
    for kind in ["oci-archive", "droplet"] {
        fs::write(world.path("elsewhere/file"), "old").unwrap();
        symlink("elsewhere/file", world.path(kind)).unwrap();
        let outputs = [format!("{kind}:{kind}"), format!("{kind}:plain-{kind}")];
        let args = with(&world, kind).into_iter().chain(outputs.iter().flat_map(|output| ["-o", output]));
        world.run(["app.jar"].into_iter().chain(args)).ok();
        assert_eq!(fs::read_link(world.path(kind)).unwrap(), Path::new("elsewhere/file"));
        let plain = fs::read(world.path(&format!("plain-{kind}"))).unwrap();
        assert!(fs::read(world.path("elsewhere/file")).unwrap() == plain, "{kind}");
    }
    assert_eq!(fs::read_dir(world.path("elsewhere")).unwrap().count(), 1);
}

#[test]
fn streams_are_written_into() {
    let (world, _) = world();
    for kind in ["oci-archive", "droplet"] {
        let with = with(&world, kind);
        let bytes = |output: &str| {
            let done =
                world.command().arg("app.jar").args(with).arg("-o").arg(format!("{kind}:{output}")).output().unwrap();
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            assert!(done.status.success(), "{output}: {said}");
            (done.stdout, said)
        };
        bytes("file");
        let file = fs::read(world.path("file")).unwrap();
        for output in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            let (written, said) = bytes(output);
            assert!(written == file && said.contains(&format!("-> {kind}:{output}")), "{output}: {said}");
        }
        let fifo = world.path(&format!("fifo-{kind}"));
        mkfifo(&fifo);
        let reading = fifo.clone();
        let reader = std::thread::spawn(move || fs::read(reading).unwrap());
        bytes(&fifo.display().to_string());
        assert!(reader.join().unwrap() == file && fs::symlink_metadata(&fifo).unwrap().file_type().is_fifo());
        bytes("/dev/null");
        assert!(fs::symlink_metadata("/dev/null").unwrap().file_type().is_char_device());
    }
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
}

#[test]
fn an_archive_on_standard_output_is_an_image_and_the_report_goes_elsewhere() {
    let (world, _) = world();
    let out = fs::File::create(world.path("out.tar")).unwrap();
    let mut command = world.command();
    let done = command.args(["app.jar", "--base", "none", "-o", "oci-archive:-:v1", "-o", "oci-archive:file.tar:v1"]);
    let done = done.stdout(out).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert!(done.status.success());
    assert_eq!(fs::read(world.path("out.tar")).unwrap(), fs::read(world.path("file.tar")).unwrap());
    world.run(["inspect", "out.tar"]).ok();
    let both = world.run(["app.jar", "--base", "none", "--json", "-o", "oci-archive:-"]);
    both.failed(2, &["`--json` and the output `-` both mean standard output"]);
    stage(&world, "app.jar", &["-"]).failed(2, &["is not an output"]);
    stage(&world, "app.jar", &["oci:-"]).failed(2, &["is not an output"]);
}

#[test]
fn what_is_neither_file_nor_stream_is_refused_and_stays() {
    let (world, _) = world();
    fs::create_dir(world.path("a-folder")).unwrap();
    symlink("gone", world.path("dangling")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(world.path("socket")).unwrap());
    let before = list(&world.path(""));
    for kind in ["oci-archive", "droplet"] {
        for (name, said) in [("a-folder", "is a folder"), ("dangling", "link to nothing"), ("socket", "is a socket")] {
            world.run(["app.jar", "-o", &format!("{kind}:{name}")]).failed(2, &[name, said]);
        }
    }
    assert_eq!(list(&world.path("")), before);
    assert!(!world.path("gone").exists());
}

/// Nobody reads: an error within seconds, and nothing else is changed.
#[test]
fn a_fifo_without_a_reader_is_an_error() {
    let (world, _) = world();
    mkfifo(&world.path("fifo"));
    stage(&world, "app.jar", &["oci-archive:fifo"])
        .failed(40, &["Nobody reads from the output `fifo`, a FIFO, for 5 s"]);
}

/// A layout in which a name leads elsewhere is not written through.
#[test]
fn links_inside_a_layout_are_refused() {
    let (world, _) = world();
    for name in ["blobs", "blobs/sha256", "index.json", "oci-layout"] {
        stage(&world, "app.jar", &["oci:out"]).ok();
        fs::rename(world.path("out").join(name), world.path("elsewhere")).unwrap();
        symlink(world.path("elsewhere"), world.path("out").join(name)).unwrap();
        let before = state(&world);
        stage(&world, "app.jar", &["oci:out:again"]).failed(1, &[name, "is a symbolic link"]);
        assert!(state(&world) == before, "{name}");
        fs::remove_dir_all(world.path("out")).unwrap();
        drop(fs::remove_dir_all(world.path("elsewhere")).or_else(|_| fs::remove_file(world.path("elsewhere"))));
    }
}

/// A blob that is no regular file is replaced: what a link points to, whatever it is, is not written to or believed.
#[test]
fn blobs_of_a_layout_are_regular_files() {
    let (world, _) = world();
    stage(&world, "app.jar", &["oci:out"]).ok();
    let image = Image::read(&world.path("out"));
    let blobs = world.path("out/blobs/sha256");
    for (at, blob) in list(&blobs).into_iter().enumerate() {
        fs::rename(&blob, world.path(&format!("blob-{at}"))).unwrap();
        if at % 2 == 0 { symlink(world.path(&format!("blob-{at}")), &blob).unwrap() } else { mkfifo(&blob) }
    }
    stage(&world, "app.jar", &["oci:out"]).ok();
    assert!(list(&blobs).iter().all(|blob| fs::symlink_metadata(blob).unwrap().is_file()));
    assert_eq!(Image::read(&world.path("out")).digest, image.digest);
}

/// Staged in its own folder, an application does not grow by its images.
#[test]
fn images_in_the_folder_of_the_application_are_no_part_of_it() {
    let (world, _) = world();
    let folder = BootJar::new().explode(&world.path("folder"), 0o755);
    let elsewhere = world.digest(&folder, ["-o", "oci:out"]);
    let stage = |args: &[&str]| {
        let mut command = world.command();
        command.current_dir(&folder).args([".", "--base", "none", "--json"]).args(args);
        Done::of(&mut command).ok().json()
    };
    for (args, noted) in [(&[][..], false), (&[], true), (&["-o", "oci:folder.oci:v2"], true), (&["--paranoid"], true)]
    {
        let report = stage(args);
        assert_eq!(report["image"]["digest"], elsewhere, "{args:?}");
        assert_eq!(report["notes"].to_string().contains("images of the application: `folder.oci`"), noted, "{report}");
    }
    assert_eq!(world.digest(&folder, ["-o", "oci:out"]), elsewhere);
}

#[test]
fn a_report_replaces_reports_alone() {
    let (world, jar) = world();
    BootJar::new().explode(&world.path("folder"), 0o644);
    fs::write(world.path("catalogue.toml"), "").unwrap();
    fs::write(world.path("notes.json"), r#"{"schema": "mine", "notes": []}"#).unwrap();
    symlink(&jar, world.path("link.json")).unwrap();
    fs::hard_link(&jar, world.path("hard.json")).unwrap();
    stage(&world, "app.jar", &["oci:out"]).ok();
    let before = state(&world);
    let manifest = "folder/META-INF/MANIFEST.MF";
    for file in ["app.jar", "link.json", "hard.json", "notes.json", "out/index.json", "out/oci-layout", manifest] {
        for command in [&[][..], &["detect"], &["plan"], &["memory", "--limit", "1G"], &["detect", "--json"]] {
            let app = if file == manifest { "folder" } else { "app.jar" };
            let args = [command, &[app, "--report", file]].concat();
            let done = world.run(&args);
            assert_eq!(done.code, Some(1), "{args:?}: {done:?}");
            assert!(
                done.stderr.contains("holds something else than a report")
                    || done.stdout.contains("holds something else")
            );
        }
    }
    // A new file in the place of an output, or in what is read.
    for (args, said) in [
        (["app.jar", "-o", "oci-archive:new.tar", "--report", "new.tar"], "is named twice"),
        (["app.jar", "-o", "oci:new", "--report", "new/index.json"], "lies inside the image"),
        (["folder", "-o", "oci:new", "--report", "folder/report.json"], "lies inside the application"),
    ] {
        if args[2] == "oci:new" {
            fs::create_dir_all(world.path("new")).unwrap();
        }
        world.run([&args[..], &["--base", "none"]].concat()).failed(2, &[said]);
        drop(fs::remove_dir(world.path("new")));
    }
    assert_eq!(state(&world), before);
    // A report, an empty file and a stream are fine.
    fs::write(world.path("report.json"), "").unwrap();
    for more in [&["-q"][..], &["--json"]] {
        world.run([&["detect", "app.jar", "--report", "report.json"], more].concat()).ok();
        world.run([&["detect", "app.jar", "--report", "/dev/null"], more].concat()).ok();
    }
    assert!(fs::read_to_string(world.path("report.json")).unwrap().starts_with(r#"{"schema":"stage."#));
}

#[test]
fn the_cache_is_no_part_of_the_application() {
    let world = World::new();
    BootJar::new().explode(&world.path("folder"), 0o644);
    let before = state(&world);
    for cache in ["folder", "folder/cache", "folder/BOOT-INF/../new/cache"] {
        let done = world.run(["folder", "--base", "none", "-o", "oci:out", "--cache-dir", cache]);
        done.failed(2, &["The cache folder `", "--cache-dir"]);
    }
    assert_eq!(state(&world), before);
}
