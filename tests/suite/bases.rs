//! What a base holds: its layers are those that its config promises, and it has what start commands need.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::{BootJar, World, change_config};

/// A tar of empty files.
fn tar_of(names: &[&str]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for name in names {
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        header.set_mode(0o755);
        builder.append_data(&mut header, name, &b""[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A world with an application whose command needs a shell.
fn world() -> World {
    let world = World::new();
    let folder = BootJar::new().explode(&world.path("app"), 0o644);
    fs::write(folder.join("Procfile"), "web: java -Dport=$PORT -cp BOOT-INF/classes demo.Main\n").unwrap();
    world
}

/// An image on a root file system of these files, as a layout.
fn base(world: &World, files: &[&str], layout: &Path) {
    fs::write(world.path("base.tar"), tar_of(files)).unwrap();
    let plain = BootJar::new().write(&world.path("plain.jar"));
    let (plain, base) = (plain.display().to_string(), format!("rootfs:{}", world.path("base.tar").display()));
    // Elsewhere: from its own cache it would share files with what is staged on it.
    World::new().run([&plain, "--base", &base, "-o", &format!("oci:{}", layout.display())]).ok();
}

#[test]
fn a_command_that_needs_a_shell_needs_a_base_with_one() {
    for (files, has_one) in
        [(&["etc/passwd", "bin/sh"][..], true), (&["usr/bin/sh"], true), (&["etc/passwd", "opt/bin/sh"], false)]
    {
        let world = world();
        base(&world, files, &world.path("layout"));
        for choice in ["rootfs:base.tar", "oci:layout"] {
            let done = world.run(["app", "--base", choice, "-o", "oci:out"]);
            if has_one {
                done.ok();
            } else {
                done.failed(1, &["needs a shell", "`/bin/sh`", "hint: "]);
                assert!(!world.path("out").exists());
            }
        }
        // Plain words need none.
        fs::write(world.path("app/Procfile"), "web: java -cp BOOT-INF/classes demo.Main\n").unwrap();
        world.run(["app", "--base", "oci:layout", "-o", "oci:out"]).ok();
    }
}

#[test]
fn compressed_layers_are_the_tars_that_the_config_promises() {
    for compression in ["gzip", "zstd"] {
        let world = World::new();
        BootJar::new().write(&world.path("app.jar"));
        world.run(["app.jar", "--base", "none", "--compression", compression, "-o", "oci:base"]).ok();
        world.run(["app.jar", "--base", "oci:base", "-o", "oci:out"]).ok();
        change_config(&world.path("base"), |config| {
            config["rootfs"]["diff_ids"][0] = json!(format!("sha256:{}", "0f".repeat(32)));
        });
        for args in [&[][..], &["--paranoid"]] {
            let args = [&["app.jar", "--base", "oci:base", "-o", "oci:other"], args].concat();
            world.run(args).failed(1, &["its config says `sha256:0f0f", "hint: copy the image again"]);
            assert!(!world.path("other").exists());
        }
    }
}
