//! What people and scripts see: exit codes, reports, outputs, help.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{BootJar, Done, Image, Item, World, Zip, sha256_hex};

fn world_with_jar() -> World {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    world
}

#[test]
fn mistakes_on_the_command_line_are_usage_errors() {
    let world = world_with_jar();
    let cases: [(&[&str], &str); 13] = [
        (&[], "Usage"),
        (&["--frobnicate"], "--frobnicate"),
        (&["app.jar", "--compression", "lzma"], "lzma"),
        (&["app.jar", "--media-types", "tar"], "tar"),
        (&["app.jar", "--base", "ubuntu"], "ubuntu"),
        (&["app.jar", "-o", "docker:x"], "docker:x"),
        (&["app.jar", "-o", "oci:"], "oci:"),
        (&["app.jar", "--jre", "17 or so"], "17 or so"),
        (&["app.jar", "--with", "soup"], "soup"),
        (&["app.jar", "--threads", "0"], "--threads"),
        (&["app.jar", "--platform", "mars"], "mars"),
        (&["app.jar", "other.jar"], "other.jar"),
        (&["dependency", "burn"], "burn"),
    ];
    for (args, said) in cases {
        let done = world.run(args);
        done.failed(2, &[said]);
    }
    let no_place = Done::of(world.command().arg("app.jar").env_remove("HOME").env_remove("STAGE_CACHE_DIR"));
    no_place.failed(2, &["--cache-dir", "STAGE_CACHE_DIR"]);
    assert!(!world.path("app.oci").exists());
}

#[test]
fn help_version_completions_and_manual() {
    let world = World::empty();
    let help = world.run(["--help"]).ok().stdout;
    for word in ["oci:DIR", "oci-archive:FILE", "--base", "--jre", "Exit codes", "Examples", "STAGE_CACHE_DIR"] {
        assert!(help.contains(word), "{word}");
    }
    assert!(world.run(["--version"]).ok().stdout.starts_with("stage "));
    for command in ["detect", "plan", "inspect", "dependency", "completions", "man"] {
        assert!(help.contains(command), "{command}");
        assert!(!world.run([command, "--help"]).ok().stdout.is_empty());
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(world.run(["completions", shell]).ok().stdout.contains("compression"), "{shell}");
    }
    let page = world.run(["man"]).ok().stdout;
    assert!(page.contains(".TH stage") && page.contains("compression"), "{page}");
}

/// Follows a path such as `layers.0.digest`.
fn field<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(document, |value, key| match key.parse::<usize>() {
        Ok(at) => value.get(at),
        Err(_) => value.get(key),
    })
}

#[test]
fn report_has_the_fields_of_the_contract() {
    let world = world_with_jar();
    let report = world.stage(Path::new("app.jar"), ["-o", "oci:out", "-o", "oci-archive:out.tar:v1"]);
    let texts = [
        "application.kind",
        "application.name",
        "base.choice",
        "dependencies.0.id",
        "dependencies.0.sha256",
        "image.digest",
        "image.config_digest",
        "image.media_type",
        "image.created",
        "image.user",
        "layers.0.name",
        "layers.0.digest",
        "layers.0.diff_id",
        "layers.0.media_type",
        "layers.0.cache",
        "processes.0.type",
        "processes.0.command.0",
        "memory.calculator",
        "outputs.0.output",
        "outputs.1.path",
        "outputs.1.tag",
        "settings.0.name",
        "settings.0.origin",
    ];
    for path in texts {
        assert!(field(&report, path).is_some_and(Value::is_string), "{path}: {report}");
    }
    for path in [
        "image.size",
        "layers.0.size",
        "layers.0.uncompressed_size",
        "memory.jvm_class_count",
        "memory.application_class_count",
        "memory.thread_count",
        "timings.total",
        "peak_anonymous_memory",
    ] {
        assert!(field(&report, path).is_some_and(Value::is_number), "{path}: {report}");
    }
    assert_eq!(report["application"]["kind"], "spring-boot");
    assert_eq!(report["processes"][0]["type"], "web");
    assert_eq!(report["outputs"].as_array().unwrap().len(), 2);

    let image = Image::read(&world.path("out"));
    assert_eq!(report["image"]["digest"], image.digest.as_str());
    assert_eq!(report["image"]["config_digest"], image.manifest["config"]["digest"]);
    let layers = report["layers"].as_array().unwrap();
    assert_eq!(layers.len(), image.layers.len());
    let mut size = image.manifest["config"]["size"].as_u64().unwrap();
    for (at, layer) in layers.iter().enumerate() {
        let descriptor = &image.manifest["layers"][at];
        assert_eq!(layer["digest"], descriptor["digest"]);
        assert_eq!(layer["size"], descriptor["size"]);
        assert_eq!(layer["media_type"], descriptor["mediaType"]);
        assert_eq!(layer["diff_id"], image.config["rootfs"]["diff_ids"][at]);
        assert_eq!(layer["uncompressed_size"].as_u64(), Some(image.layers[at].len() as u64));
        size += layer["size"].as_u64().unwrap();
    }
    let manifest = fs::read(world.path("out/blobs/sha256").join(image.digest.trim_start_matches("sha256:"))).unwrap();
    assert_eq!(report["image"]["size"].as_u64(), Some(size + manifest.len() as u64));
    let phases = report["timings"]["phases"].as_object().unwrap();
    for phase in ["open", "detect", "plan", "layers", "image", "publish"] {
        assert!(phases.contains_key(phase), "{phase}: {phases:?}");
    }
}

#[test]
fn inspect_agrees_with_the_report() {
    let world = world_with_jar();
    for (media_types, compression) in [("oci", "gzip"), ("oci", "zstd"), ("oci", "none"), ("docker", "gzip")] {
        let args = ["--media-types", media_types, "--compression", compression];
        let report =
            world.stage(Path::new("app.jar"), [&args[..], &["-o", "oci:out", "-o", "oci-archive:out.tar"]].concat());
        for image in ["oci:out", "oci:out:latest", "out", "oci-archive:out.tar", "out.tar"] {
            let inspected = world.run(["inspect", image, "--json"]).ok().json();
            assert_eq!(inspected["digest"], report["image"]["digest"], "{image}");
            assert_eq!(inspected["created"], report["image"]["created"]);
            assert_eq!(inspected["user"], report["image"]["user"]);
            let layers = inspected["layers"].as_array().unwrap();
            assert_eq!(layers.len(), report["layers"].as_array().unwrap().len());
            for (layer, reported) in layers.iter().zip(report["layers"].as_array().unwrap()) {
                for field in ["digest", "diff_id", "size", "media_type"] {
                    assert_eq!(layer[field], reported[field], "{image} {field}");
                }
                let type_ = layer["media_type"].as_str().unwrap();
                assert_eq!(type_.contains("docker"), media_types == "docker", "{type_}");
            }
            assert_eq!(inspected["processes"][0]["type"], "web", "{inspected}");
            assert_eq!(inspected["labels"]["org.springframework.boot.version"], "3.5.16");
        }
        assert!(world.run(["inspect", "out"]).ok().stdout.contains(report["image"]["digest"].as_str().unwrap()));
        fs::remove_dir_all(world.path("out")).unwrap();
    }
    world
        .run(["app.jar", "--media-types", "docker", "--compression", "zstd"])
        .failed(2, &["zstd", "Docker has no media type", "--media-types oci"]);
    world.run(["inspect", "nowhere"]).failed(1, &["nowhere"]);
    world.run(["inspect", "app.jar"]).failed(1, &["app.jar"]);
}

#[test]
fn outputs_have_tags_and_a_default() {
    let world = world_with_jar();
    let done = world.run(["app.jar", "--base", "none"]).ok();
    let default = Image::read(&world.path("app.oci"));
    assert!(done.stdout.contains(&default.digest) && done.stdout.contains("app.oci"), "{}", done.stdout);
    assert!(done.stderr.is_empty(), "{}", done.stderr);
    world.run(["app.jar", "--base", "none", "-q", "-o", "oci:many:one", "-o", "oci:many:two"]).ok();
    fs::write(world.path("app.jar"), BootJar::new().with("BOOT-INF/classes/x", "x").bytes()).unwrap();
    world.run(["app.jar", "--base", "none", "-q", "-o", "oci:many:two", "-o", "oci:deep/er/out"]).ok();
    let digest = |image: &str| world.run(["inspect", image, "--json"]).ok().json()["digest"].clone();
    assert_eq!(digest("oci:many:one"), default.digest.as_str());
    assert_eq!(digest("oci:many:two"), digest("oci:deep/er/out"));
    assert_ne!(digest("oci:many:two"), digest("oci:many:one"));
    let index: Value = serde_json::from_slice(&fs::read(world.path("many/index.json")).unwrap()).unwrap();
    assert_eq!(index["manifests"].as_array().unwrap().len(), 2, "{index}");
    // A folder's name, trailing slash or dot included, makes the default.
    BootJar::new().explode(&world.path("exploded"), 0o644);
    world.run(["exploded/", "--base", "none", "-q"]).ok();
    Image::read(&world.path("exploded.oci"));
    // Nothing is printed when asked so.
    let quiet = world.run(["app.jar", "--base", "none", "-q"]).ok();
    assert!(quiet.stdout.is_empty() && quiet.stderr.is_empty());
}

#[test]
fn detect_and_plan_say_why() {
    let world = world_with_jar();
    let detected = world.run(["detect", "app.jar", "--json"]).ok().json();
    assert_eq!(detected["kind"], "spring-boot");
    let evidence = detected["evidence"].to_string();
    for word in ["Main-Class: org.springframework.boot.loader.launch.JarLauncher", "3.5.16", "BOOT-INF/layers.idx"] {
        assert!(evidence.contains(word), "{word}: {evidence}");
    }
    let text = world.run(["detect", "app.jar"]).ok().stdout;
    assert!(text.contains("because META-INF/MANIFEST.MF") && text.contains("needs Java       17"), "{text}");

    let plan = world.run(["plan", "app.jar", "--base", "none", "--json"]).ok().json();
    assert_eq!(plan["jre"]["dependency"]["id"], "fake", "{plan}");
    assert_eq!(plan["base"]["origin"], "--base");
    let explain = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = world.command();
        command.args(["plan", "app.jar", "--explain"]).args(args).envs(variables.iter().copied());
        Done::of(&mut command).ok().stdout
    };
    let line = |text: &str, name: &str| {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        text.lines()
            .map(words)
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap_or_else(|| panic!("{name}: {text}"))
    };
    let text = explain(&[], &[]);
    assert_eq!(
        line(&text, "main-class"),
        "main-class org.springframework.boot.loader.launch.JarLauncher META-INF/MANIFEST.MF"
    );
    assert_eq!(line(&text, "jre.request"), "jre.request auto default");
    assert_eq!(line(&text, "java.needed"), "java.needed 17 BOOT-INF/classes/demo/Main.class");
    assert_eq!(line(&text, "base host"), "base host default: no base configured");
    assert_eq!(line(&text, "memory-calculator"), "memory-calculator fit default");
    assert_eq!(line(&explain(&["--jre", "17"], &[]), "jre.request"), "jre.request 17 --jre");
    assert_eq!(line(&explain(&[], &[("BP_JVM_VERSION", "17.*")]), "jre.request"), "jre.request 17.* BP_JVM_VERSION");
    assert_eq!(
        line(&explain(&["--without", "memory-calculator"], &[]), "memory-calculator"),
        "memory-calculator none --without"
    );
    assert!(!world.path("app.oci").exists(), "a plan builds nothing");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = world_with_jar();
    let commands =
        ["dependency list --all", "man", "completions bash", "app.jar --base none --json", "plan app.jar", "--help"];
    for command in commands {
        // The pipe's reader has ended before the program starts.
        let script = format!("exec 3> >(:); wait $!; \"$0\" {command} >&3");
        let done = Done::of(world.clean("bash").arg("-c").arg(script).arg(world.program()));
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{command}");
    }
}

#[test]
fn locked_refuses_what_is_not_pinned() {
    let world = World::empty();
    BootJar::new().write(&world.path("app.jar"));
    world
        .run(["app.jar", "--base", "none", "--locked", "-o", "oci:out"])
        .failed(30, &["the host's is not allowed", "stage dependency fetch openjdk@17"]);
    world.run(["app.jar", "--base", "none", "--jre", "host", "--locked"]).failed(30, &["the host's is not allowed"]);
    assert!(!world.path("out").exists());
}

#[test]
fn a_missing_runtime_is_named_with_version_origin_and_command() {
    let world = world_with_jar();
    let done = world.run(["app.jar", "--base", "none", "--jre", "openjdk@21.*"]);
    done.failed(30, &["`openjdk` 21.", "https://", "stage dependency fetch openjdk@21."]);
    world.run(["app.jar", "--base", "none", "--jre", "fake@18"]).failed(30, &["fake", "18"]);
}

/// A stand-in for java-cfenv in a cache, under a catalogue that knows it.
fn with_cfenv(world: &World) {
    let jar = Zip::new([Item::new("META-INF/spring.factories", "# stand-in\n")]).bytes();
    fs::write(world.path("cfenv.jar"), &jar).unwrap();
    let (path, sha256) = (world.path("cfenv.jar"), sha256_hex(&jar));
    let text = format!(
        "[[dependency]]\nid = \"java-cfenv\"\nversion = \"3.9.9\"\nuri = \"file:{}\"\nsha256 = \"{sha256}\"\nfile = \"java-cfenv-3.9.9.jar\"\n",
        path.display()
    );
    fs::write(world.path("catalogue.toml"), text).unwrap();
    Done::of(world.command().args(["dependency", "fetch", "java-cfenv@3.9.9", "--catalogue", "catalogue.toml"])).ok();
}

#[test]
fn auto_reconfiguration_is_a_layer_of_its_own_and_a_link_beside_the_libraries() {
    let world = world_with_jar();
    with_cfenv(&world);
    for choice in [&["--with", "auto-reconfiguration"][..], &["--platform", "cloudfoundry"]] {
        let args = [choice, &["--catalogue", "catalogue.toml", "-o", "oci:out"]].concat();
        let report = world.stage(Path::new("app.jar"), args);
        assert_eq!(report["dependencies"][1]["id"], "java-cfenv", "{choice:?}");
        assert!(report["layers"].as_array().unwrap().iter().any(|layer| layer["name"] == "java-cfenv"));
        let files = Image::read(&world.path("out")).files();
        let (_, link, _) = &files["workspace/BOOT-INF/lib/java-cfenv-3.9.9.jar"];
        let target = link.as_ref().unwrap().to_str().unwrap();
        assert_eq!(target, "/layers/stage_java/java-cfenv/java-cfenv-3.9.9.jar");
        assert_eq!(files[&target[1..]].2, fs::read(world.path("cfenv.jar")).unwrap());
        fs::remove_dir_all(world.path("out")).unwrap();
    }
    let args = [
        "--platform",
        "cloudfoundry",
        "--without",
        "auto-reconfiguration",
        "--catalogue",
        "catalogue.toml",
        "-o",
        "oci:out",
    ];
    let report = world.stage(Path::new("app.jar"), args);
    assert_eq!(report["dependencies"].as_array().unwrap().len(), 1);
    assert!(!Image::read(&world.path("out")).files().contains_key("workspace/BOOT-INF/lib/java-cfenv-3.9.9.jar"));
}

#[test]
fn auto_reconfiguration_that_is_not_cached() {
    let world = world_with_jar();
    // The platform would like it: a note. Asked for by name: an error.
    let report = world.stage(Path::new("app.jar"), ["--platform", "cloudfoundry", "-o", "oci:out"]);
    let notes = report["notes"].to_string();
    assert!(notes.contains("java-cfenv 3.") && notes.contains("stage dependency fetch java-cfenv@3."), "{notes}");
    let done = world.run(["app.jar", "--base", "none", "--with", "auto-reconfiguration"]);
    done.failed(30, &["`java-cfenv` 3.", "https://", "stage dependency fetch java-cfenv@3."]);
    let boot_2 = BootJar::new().with_manifest("3.5.16", "2.7.18").write(&world.path("boot2.jar"));
    let done = Done::of(world.command().arg(boot_2).args(["--base", "none", "--with", "auto-reconfiguration"]));
    done.failed(30, &["`auto-reconfiguration` 2.", "stage dependency fetch auto-reconfiguration@2."]);
}

#[test]
fn what_the_manifest_opens_the_image_opens() {
    let world = World::with_jre();
    let jar = BootJar::new().with_manifest(
        "Start-Class: demo.Main\r\n",
        "Start-Class: demo.Main\r\nAdd-Opens: java.base/java.lang\r\nLauncher-Agent-Class: demo.Agent\r\n",
    );
    let jar = jar.write(&world.path("app.jar"));
    let report = world.stage(&jar, ["-o", "oci:out"]);
    let command = report["processes"][0]["command"].as_array().unwrap();
    assert_eq!(command[1], "--add-opens=java.base/java.lang=ALL-UNNAMED", "{command:?}");
    assert!(report["notes"].to_string().contains("the agent `demo.Agent`"), "{}", report["notes"]);
    // Whoever names another class starts no jar.
    let report = world.stage(&jar, ["-o", "oci:out", "--main-class", "demo.Main"]);
    assert!(!report["processes"].to_string().contains("--add-opens"), "{}", report["processes"]);
}

#[test]
fn a_base_without_room_for_the_application_is_refused() {
    let world = World::new();
    let layers: Vec<_> = (0..140).map(|at| format!("- \"l{at}\":\n  - \"BOOT-INF/classes/f{at}\"\n")).collect();
    let index = layers.concat();
    let many = (0..140).fold(BootJar::new().with("BOOT-INF/layers.idx", index), |jar, at| {
        jar.with(&format!("BOOT-INF/classes/f{at}"), *b"x")
    });
    let jar = many.write(&world.path("app.jar"));
    let run = |args: &[&str]| Done::of(world.command().arg(&jar).args(args));
    run(&["--base", "none", "-o", "oci:full"]).ok();
    run(&["--base", "oci:full", "-o", "oci:out"]).failed(1, &["The base has 127 layers", "hint: Squash the base"]);
}

#[test]
fn names_that_remove_files_of_lower_layers_are_refused() {
    for name in ["BOOT-INF/classes/.wh.a", "BOOT-INF/.wh.lib/a", ".wh..wh..opq", ".wh.BOOT-INF"] {
        let world = World::new();
        let jar = BootJar::new().with(name, *b"");
        for app in [jar.write(&world.path("app.jar")), jar.explode(&world.path("folder"), 0o644)] {
            let run = Done::of(world.command().arg(&app).args(["-o", "oci:out"]));
            run.failed(1, &[".wh.", "removes files of the layers below", "hint: "]);
            assert!(!world.path("out").exists());
        }
    }
}

#[test]
fn terminals_obey_nothing_that_an_application_says() {
    let world = World::with_jre();
    let jar = BootJar::new()
        .with_manifest("Spring-Boot-Version: 3.5.16", "Spring-Boot-Version: 3.5.16\u{1b}[2J\u{1b}]0;x\u{7}");
    let jar = jar.write(&world.path("a\u{1b}[2J.jar"));
    for command in [&["detect"][..], &["plan"], &["memory"], &[]] {
        let more: &[&str] = if command.is_empty() { &["-o", "oci:out"] } else { &[] };
        let run = Done::of(world.command().args(command).arg(&jar).args(more)).ok();
        for text in [run.stdout, run.stderr] {
            assert!(!text.contains(['\u{1b}', '\u{7}']), "{command:?}: {text:?}");
        }
    }
}

#[test]
fn one_stream_takes_one_output() {
    use std::os::unix::fs::symlink;
    let world = World::with_jre();
    let jar = BootJar::new().write(&world.path("app.jar"));
    symlink("/dev/stdout", world.path("link")).unwrap();
    let run = |args: &[&str]| Done::of(world.command().arg(&jar).args(args));
    run(&["-o", "oci-archive:-", "-o", "oci-archive:/dev/stdout"]).failed(2, &["is named twice"]);
    run(&["-o", "oci-archive:-", "--report", "/dev/stdout"]).failed(2, &["`--report`", "standard output"]);
    let archive = world.command().arg(&jar).args(["-o", "oci-archive:link"]).output().unwrap();
    assert!(archive.status.success() && archive.stdout.ends_with(&[0; 1024]), "the archive and nothing behind it");
    assert!(String::from_utf8(archive.stderr).unwrap().contains("-> oci-archive:"));
    run(&["-o", "oci:https://user:secret@host/x"]).failed(2, &["is not an output"]);
    assert!(!world.path("https:").exists());
    let early = Done::of(world.command().arg(&jar).args(["-o", "oci:out"]).env("SOURCE_DATE_EPOCH", "-1"));
    early.failed(2, &["SOURCE_DATE_EPOCH"]);
}
