//! An application that grows without end: it ends with a message of the JVM, and never by the kernel.

use std::process::Command;

use fs_err as fs;

use crate::support::judges::Podman;
use crate::support::{Item, World, Zip, require_root};

const SOURCE: &str = include_str!("support/Grow.java");

/// The program as a jar, by the Java compiler that `scripts/setup-tests` installs.
fn jar(world: &World) -> std::path::PathBuf {
    let folder = world.path("classes");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("Grow.java"), SOURCE).unwrap();
    let compiled = Command::new("javac").args(["--release", "17", "Grow.java"]).current_dir(&folder).output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let class = |name: &str| Item::new(name, fs::read(folder.join(name)).unwrap());
    let manifest = Item::new("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nMain-Class: Grow\n");
    let bytes = Zip::new([manifest, class("Grow.class"), class("Grow$Again.class")]).bytes();
    let path = world.path("grow.jar");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn growth_ends_with_a_message() {
    require_root();
    let world = World::with_jre();
    let jar = jar(&world);
    world.run([jar.to_str().unwrap(), "--jre", "17", "--compression", "none", "-o", "oci:grow:v1"]).ok();
    let podman = Podman::open();
    for limit in ["72m", "160m", "1g"] {
        for (what, ended, said) in [
            ("heap", "3 false", "Terminating due to java.lang.OutOfMemoryError: Java heap space"),
            ("classes", "3 false", "Terminating due to java.lang.OutOfMemoryError: Metaspace"),
            ("direct", "1 false", "java.lang.OutOfMemoryError: Cannot reserve 65536 bytes of direct buffer memory"),
        ] {
            let variable = format!("GROW={what}");
            let container = podman.start_within(&world, limit, "oci:grow:v1", "PORT", &["--env", &variable]);
            let (found, log) = (container.ended(), container.log());
            assert_eq!(found, ended, "{limit} {what}: {log}");
            assert!(log.contains(said), "{limit} {what}: {log}");
        }
    }
}
