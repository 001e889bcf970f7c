//! `stage APP -o droplet:FILE` where options have no meaning, and where the application is in the way.

use crate::support::{BootJar, World, list};

#[test]
fn options_that_a_droplet_ignored_are_refused() {
    let world = World::empty();
    let jar = BootJar::new().write(&world.path("app.jar"));
    let jar = jar.to_str().unwrap();
    for given in [
        &["--base", "none"][..],
        &["--compression", "zstd"],
        &["--media-types", "docker"],
        &["--locked"],
        &["--fetch"],
        &["--with", "auto-reconfiguration"],
        &["--without", "memory-calculator"],
    ] {
        let done = world.run([&[jar, "-o", "droplet:out.tgz"], given].concat());
        done.failed(2, &[&format!("`{}` is without meaning here", given[0])]);
    }
    world.run([jar, "--buildpack", "x", "--base", "none"]).failed(2, &["`--buildpack` is without meaning here"]);
    assert!(!world.path("out.tgz").exists() && !world.path("app.oci").exists());
}

#[test]
fn a_runtime_that_is_too_old_is_refused_before_anything_is_made() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    for asked in ["11", "11.*", "1.8"] {
        for output in ["droplet:out.tgz", "oci:out"] {
            let done = world.run(["app.jar", "--jre", asked, "-o", output]);
            assert!(done.stderr.contains("needs Java 17 or later"), "{asked} {output}: {done:?}");
            assert!(done.code == Some(1) && done.stderr.contains("`--jre 17`"), "{asked} {output}: {done:?}");
        }
    }
    assert!(!world.path("out.tgz").exists() && !world.path("out").exists());
}

#[test]
fn the_application_is_never_replaced_by_what_is_made_of_it() {
    let world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    let before = std::fs::read(&jar).unwrap();
    std::os::unix::fs::symlink("app.jar", world.path("link")).unwrap();
    for output in ["droplet:app.jar", "droplet:./app.jar", "oci-archive:app.jar", "droplet:link"] {
        world.run(["app.jar", "--jre", "17", "-o", output]).failed(2, &["is the application itself"]);
    }
    let folder = BootJar::new().explode(&world.path("folder"), 0o755);
    world.run([folder.to_str().unwrap(), "-o", "oci:folder"]).failed(2, &["is the application itself"]);
    assert_eq!(std::fs::read(&jar).unwrap(), before);
    assert!(!world.path("folder/index.json").exists());
}

#[test]
fn an_entry_of_a_catalogue_without_a_semantic_version_is_left_out_alone() {
    let world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    let entry = "[[dependency]]\nid = \"openjdk\"\nkind = \"jre\"\nversion = \"17.0.99.1\"\n\
                 uri = \"https://host/x.tar.gz\"\n";
    std::fs::write(world.path("more.toml"), format!("{entry}sha256 = \"{}\"\n", "0".repeat(64))).unwrap();
    let arguments = ["-o", "droplet:out.tgz", "--jre", "17", "--catalogue", "more.toml"];
    let stage = || world.run([&[jar.to_str().unwrap()][..], &arguments].concat()).ok().stderr;
    let warning = "**WARNING** openjdk@17.0.99.1 is left out: its version is not a semantic one, such as 17.0.20+10\n";
    let said = stage();
    assert_eq!(said.matches(warning).count(), 1, "{said}");
    assert!(said.contains("-----> Installing openjdk 17.0.1\n"), "{said}");

    // Cached, it is what every cached runtime with four numbers is.
    let archives = list(&world.cache().join("dependencies/sha256"));
    let archive = archives.iter().find(|path| path.extension().is_none()).unwrap();
    std::fs::copy(archive, world.path("again.zip")).unwrap();
    let id = ["--id", "openjdk", "--version", "17.0.99.1", "--prefix", "fake"];
    world.run([&["dependency", "add", "again.zip"][..], &id].concat()).ok();
    let said = stage();
    assert!(said.contains("-----> Installing openjdk 17.0.99+1\n") && !said.contains("is left out: its"), "{said}");
}

#[test]
fn nothing_of_the_buildpack_goes_through_a_file_of_the_application() {
    let world = World::new();
    let jar = BootJar::new().with("tmp", "a file").write(&world.path("app.jar"));
    let done = world.run([jar.to_str().unwrap(), "-o", "droplet:out.tgz", "--jre", "17"]);
    done.failed(1, &["`tmp` of `", "is a file or a link, and the buildpack has `tmp/java-buildpack-release-step.yml`"]);
    assert!(!world.path("out.tgz").exists());
}
