//! `stage detect`: every application type, who stages it, and the way there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::support::{BootJar, Done, Item, World, Zip, class};

/// Makes a tree; `a=b` is a file with the text `b`, anything else an empty file.
fn make(folder: &Path, files: &[&str]) {
    fs::create_dir_all(folder).unwrap();
    for file in files {
        let (name, text) = file.split_once('=').unwrap_or((file, ""));
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn world_with(files: &[&str]) -> World {
    let world = World::empty();
    make(&world.path("app"), files);
    world
}

fn detected(world: &World, args: &[&str]) -> Value {
    world.run([&["detect", "--json"][..], args].concat()).ok().json()
}

fn said(list: &Value) -> String {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

const RAILS: [&str; 6] = ["Gemfile", "Gemfile.lock", "bin/rails", "lib/tasks/a.rake", "config.ru", "package.json={}"];

#[test]
fn every_detected_type_is_named_with_evidence_buildpack_and_folder() {
    for (files, application_type, evidence, folder) in [
        (&["Staticfile", "index.html"][..], "staticfile", "Staticfile", "894a236ec36ad264"),
        (&["WEB-INF/web.xml"], "java", "WEB-INF", "f66fc0b3151a3a0c"),
        (&["Gemfile"], "ruby", "Gemfile", "2e00e59c1477fce4"),
        (&["src/a.csproj"], "dotnet_core", "src/a.csproj", "a84adbf2df14389c"),
        (&["package.json={}"], "nodejs", "package.json", "c02c7fa35cb145b3"),
        (&["go.mod", "main.go"], "go", "go.mod", "c140bb4b47565b59"),
        (&["requirements.txt"], "python", "requirements.txt", "2c667126ef5a0443"),
        (&["public/index.php"], "php", "public/index.php", "e225594dabd97327"),
    ] {
        let world = world_with(files);
        let report = detected(&world, &["app"]);
        let buildpack = format!("{application_type}_buildpack");
        let project = format!("cloudfoundry/{}-buildpack", application_type.replace('_', "-"));
        assert_eq!(report["type"], application_type);
        assert_eq!(report["buildpack"], buildpack.as_str());
        assert_eq!(report["platform_buildpack"], buildpack.as_str());
        assert_eq!(report["evidence"][0]["path"], evidence, "{report}");
        assert_eq!((&report["built_in"], &report["conflict"]), (&Value::Bool(false), &Value::Null));
        let [only] = report["matches"].as_array().unwrap().as_slice() else { panic!("{report}") };
        assert_eq!((&only["project"], &only["folder"]), (&Value::from(project.as_str()), &Value::from(folder)));
        assert!(only["installed"].is_null());
        let commands = report["next"].to_string();
        let order = format!("-buildpackOrder={buildpack} -skipDetect=true");
        assert!(commands.contains(&format!("/tmp/buildpacks/{folder}`")) && commands.contains(&order), "{commands}");

        let text = world.run(["detect", "app"]).ok().stdout;
        for part in [&format!("{application_type} (buildpack {buildpack}, not built in)"), &project, evidence, &order] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn folder_zip_and_tar_are_the_same_application() {
    let world = world_with(&RAILS);
    let zip = Zip::new(
        RAILS.map(|file| file.split_once('=').unwrap_or((file, ""))).map(|(name, text)| Item::new(name, text)),
    );
    fs::write(world.path("app.zip"), zip.bytes()).unwrap();
    Done::of(world.clean("tar").args(["-czf", "app.tgz", "-C", "app", "."])).ok();
    let mut reports: Vec<_> = ["app", "app.zip", "app.tgz"].iter().map(|app| detected(&world, &[app])).collect();
    let layouts: Vec<_> =
        reports.iter().map(|report| report["next"][1]["command"].as_str().unwrap().to_owned()).collect();
    for (layout, word) in layouts.iter().zip(["cp -a app/.", "unzip -q app.zip", "tar -xf app.tgz"]) {
        assert!(layout.contains(word), "{layout}");
    }
    for report in &mut reports {
        report["next"].take();
    }
    assert!(reports[0] == reports[1] && reports[1] == reports[2]);
}

#[test]
fn several_are_listed_and_broad_rules_of_java_are_no_answer() {
    let world = world_with(&RAILS);
    let report = detected(&world, &["app"]);
    let order: Vec<_> =
        report["matches"].as_array().unwrap().iter().map(|found| found["type"].as_str().unwrap()).collect();
    assert_eq!(order, ["ruby", "java", "nodejs"]);
    assert_eq!((&report["type"], &report["platform_buildpack"]), (&"ruby".into(), &"java_buildpack".into()));
    let conflict = report["conflict"].as_str().unwrap();
    assert!(conflict.contains("`java_buildpack` would win over `ruby_buildpack` because `bin/rails`"), "{conflict}");
    let text = world.run(["detect", "app"]).ok().stdout;
    for part in
        ["also taken by java_buildpack, which a platform asks first", "nodejs_buildpack", "warning: In the platform"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(world.run(["detect", "app", "-q"]).ok().stdout.is_empty());
}

#[test]
fn variables_decide_as_they_do_for_the_originals() {
    let world = world_with(&["gems/MyGemfile", "main.go"]);
    world.run(["detect", "app"]).failed(20, &["GOPACKAGENAME"]);
    for (name, value, application_type) in
        [("BUNDLE_GEMFILE", "gems/MyGemfile", "ruby"), ("GOPACKAGENAME", "example.com/x", "go")]
    {
        let mut command = world.command();
        let done = Done::of(command.args(["detect", "app", "--json"]).env(name, value)).ok();
        assert_eq!(done.json()["type"], application_type);
    }
}

/// Writes scripts of a small buildpack into its folder below `base`.
fn install(base: &Path, folder: &str) {
    let bin = base.join(folder).join("bin");
    fs::create_dir_all(&bin).unwrap();
    for (name, script) in [
        ("supply", "#!/bin/bash\necho \"supplied on $CF_STACK\"\n"),
        ("finalize", "#!/bin/bash\necho finalized\n"),
        ("release", "#!/bin/bash\necho 'default_process_types: {web: run}'\n"),
    ] {
        fs::write(bin.join(name), script).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn an_installed_buildpack_is_found_and_the_command_runs_it() {
    let world = world_with(&RAILS);
    let folder = "2e00e59c1477fce4";
    fs::create_dir(world.path("build packs")).unwrap();
    let missing = detected(&world, &["app", "--buildpacks-dir", "build packs"]);
    assert_eq!(
        (&missing["matches"][0]["installed"], &missing["matches"][0]["installed_at"]),
        (&false.into(), &Value::Null)
    );
    let step = missing["next"][0]["what"].as_str().unwrap();
    assert!(
        step.contains(&format!("build packs/{folder}`")) && step.contains("`cloudfoundry/ruby-buildpack`"),
        "{step}"
    );
    assert!(world.run(["detect", "app", "--buildpacks-dir", "build packs"]).ok().stdout.contains(folder));

    install(&world.path("build packs"), folder);
    let found = detected(&world, &["app", "--buildpacks-dir", "build packs"]);
    assert_eq!(found["matches"][0]["installed"], true);
    assert_eq!(found["matches"][0]["installed_at"], format!("build packs/{folder}"));
    assert_eq!(found["matches"][1]["installed"], false);

    // The commands as they are printed, but for places outside the test's folder.
    let commands: Vec<_> =
        found["next"].as_array().unwrap().iter().map(|step| step["command"].as_str().unwrap()).collect();
    let here = |name: &str| world.path(name).display().to_string();
    let stage = format!("'{}' builder", world.program().display());
    let script = commands.join(" && ").replace("stage builder", &stage).replace("/tmp/app", &here("build"));
    let script = format!(
        "{script} -outputDroplet={0}/droplet -outputMetadata={0}/result.json -outputBuildArtifactsCache={0}/cache.tgz \
         -buildArtifactsCacheDir={0}/cached -buildpacksDownloadDir={0}/downloads",
        here("out")
    );
    let done = Done::of(world.clean("bash").args(["-ec", &script])).ok();
    assert!(done.stdout.contains("supplied on cflinuxfs4\nfinalized\n"), "{done:?}");
    let result: Value = serde_json::from_slice(&fs::read(world.path("out/result.json")).unwrap()).unwrap();
    assert_eq!(result["lifecycle_metadata"]["buildpack_key"], "ruby_buildpack");
    assert_eq!(result["process_types"]["web"], "run");
}

#[test]
fn a_folder_of_buildpacks_that_is_none_is_told() {
    let world = world_with(&["Gemfile", "Gemfile.lock"]);
    world.run(["detect", "app", "--buildpacks-dir", "nowhere"]).failed(1, &["`nowhere`"]);
    fs::create_dir_all(world.path("bps/2e00e59c1477fce4/src")).unwrap();
    fs::create_dir_all(world.path("bps/2e00e59c1477fce4/doc")).unwrap();
    let report = detected(&world, &["app", "--buildpacks-dir", "bps"]);
    assert_eq!(report["matches"][0]["installed"], false);
    assert!(said(&report["notes"]).contains("`bps/2e00e59c1477fce4` holds no buildpack"), "{report}");
}

#[test]
fn what_nobody_takes_ends_with_20_and_says_what_is_nearly_there() {
    for (files, words) in [
        (
            &["README"][..],
            &["`ruby_buildpack` wants `Gemfile`", "`nodejs_buildpack` wants `package.json`", "Spring Boot"][..],
        ),
        (&["index.html"], &["an empty `Staticfile`", "`cloudfoundry/staticfile-buildpack`"]),
        (&["main.go"], &["`main.go` alone is not taken: add `go.mod`", "go_buildpack"]),
        (&["pyproject.toml"], &["`pyproject.toml` alone is not taken", "python_buildpack"]),
        (
            &["server=\x7fELF and so on", "Procfile=web: ./server\n"],
            &[
                "`server` is an executable",
                "`cloudfoundry/binary-buildpack`",
                "c72221dcda75b656",
                "-buildpackOrder=binary_buildpack",
            ],
        ),
        (&["app-1.0/Gemfile", "app-1.0/x"], &["Everything lies in `app-1.0/`"]),
    ] {
        let world = world_with(files);
        for command in [&["detect", "app"][..], &["detect", "app", "--json"], &["app"], &["plan", "app"]] {
            world.run(command).failed(20, words);
        }
    }
}

#[test]
fn staging_what_another_buildpack_takes_ends_with_20_and_names_it() {
    let world = world_with(&RAILS);
    for command in [&["app"][..], &["plan", "app"], &["memory", "app", "--limit", "1G", "--java", "17"]] {
        let done = world.run(command);
        done.failed(
            20,
            &["No buildpack takes `app`", "Its type is ruby", "`cloudfoundry/ruby-buildpack`", "stage detect app"],
        );
        assert!(done.stderr.contains("`java_buildpack` would win"), "{}", done.stderr);
    }
    assert!(!world.path("app.oci").exists());
}

#[test]
fn wars_and_distributions_are_refused_in_the_same_words_and_the_ways_that_are_named_work() {
    let world = World::new();
    let manifest = |more: &str| Item::new("META-INF/MANIFEST.MF", format!("Manifest-Version: 1.0\r\n{more}\r\n"));
    let jar = |name: &str, items: Vec<Item>| {
        let path = world.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, Zip::new(items).bytes()).unwrap();
    };
    let main = || Item::new("x/Main.class", class("x/Main", 61, b""));
    jar("plain.war", vec![manifest(""), Item::new("WEB-INF/web.xml", "<web-app/>")]);
    make(&world.path("dist"), &["bin/app=#!/bin/sh", "bin/app.bat"]);
    jar("dist/lib/a.jar", vec![main()]);
    for (app, way) in [("plain.war", "`stage FOLDER -- NAME.war`"), ("dist", "names `Main-Class` and, as `Class-Path`")]
    {
        let report = detected(&world, &[app]);
        assert_eq!(report["built_in"], false);
        let notes: Vec<&str> = report["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
        assert!(notes.iter().any(|note| note.contains(way)), "{notes:?}");
        for command in [&[app][..], &["plan", app], &["memory", app]] {
            world.run(command).failed(20, &notes);
        }
        world.run([app, "-o", "droplet:out.tgz"]).failed(1, &notes);
        assert!(!world.path("out.tgz").exists());
    }
    let stage = |args: &[&str]| {
        let args = [args, &["--base", "none", "--json"]].concat();
        world.run(args).ok().json()
    };
    // A server beside the war.
    fs::create_dir(world.path("served")).unwrap();
    fs::copy(world.path("plain.war"), world.path("served/plain.war")).unwrap();
    jar("served/server.jar", vec![manifest("Main-Class: x.Main\r\n"), main()]);
    let report = Done::of(world.command().args(["served", "--base", "none", "--json", "--", "plain.war"])).ok().json();
    assert_eq!(report["processes"][0]["args"], serde_json::json!(["plain.war"]), "{report}");
    // A jar that names the jars of the distribution.
    jar("dist/run.jar", vec![manifest("Main-Class: x.Main\r\nClass-Path: lib/a.jar\r\n")]);
    assert_eq!(stage(&["dist"])["application"]["main_class"], "x.Main");
    // A war with its server in it.
    let launcher = "org/springframework/boot/loader/launch/WarLauncher";
    let boot = "Main-Class: org.springframework.boot.loader.launch.WarLauncher\r\nStart-Class: x.Main\r\n\
                Spring-Boot-Version: 3.5.1\r\nSpring-Boot-Classes: WEB-INF/classes/\r\nSpring-Boot-Lib: WEB-INF/lib/\r\n";
    jar(
        "boot.war",
        vec![
            manifest(boot),
            Item::new(format!("{launcher}.class"), class(launcher, 61, b"")),
            Item::new("WEB-INF/classes/x/Main.class", class("x/Main", 61, b"")),
        ],
    );
    assert_eq!(stage(&["boot.war"])["application"]["kind"], "spring-boot");
    assert_eq!(said(&detected(&world, &["boot.war"])["notes"]), "");
}

#[test]
fn source_of_a_java_application_is_to_be_built_first() {
    let world = world_with(&["pom.xml", "src/main/java/A.java"]);
    let report = detected(&world, &["app"]);
    assert_eq!((&report["type"], &report["built_in"]), (&"java".into(), &false.into()));
    let notes = said(&report["notes"]);
    assert!(notes.contains("Build it first") && notes.contains("Looked for an executable jar"), "{notes}");
}

#[test]
fn a_java_application_is_ours_whatever_else_takes_it() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    let report = detected(&world, &["app.jar"]);
    assert_eq!((&report["kind"], &report["buildpack"]), (&"spring-boot".into(), &"stage/java".into()));
    assert_eq!((&report["type"], &report["built_in"]), (&"java".into(), &true.into()));
    assert_eq!(
        (&report["platform_buildpack"], &report["notes"]),
        (&"java_buildpack".into(), &Value::Array(Vec::new()))
    );
    assert_eq!(report["next"][0]["command"], "stage app.jar");
    for field in ["facts", "layout", "start", "warnings"] {
        assert!(!report[field].is_null(), "{field}");
    }
    BootJar::new().with("Staticfile", "").with("package.json", "{}").write(&world.path("app.jar"));
    let report = detected(&world, &["app.jar"]);
    assert_eq!(
        (&report["kind"], &report["platform_buildpack"]),
        (&"spring-boot".into(), &"staticfile_buildpack".into())
    );
    assert!(said(&report["notes"]).contains("`staticfile_buildpack` would win"), "{report}");
    let text = world.run(["detect", "app.jar"]).ok().stdout;
    for part in ["Cloud Foundry    java_buildpack", "also taken by staticfile_buildpack, which a platform asks first"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_procfile_that_cannot_be_read_is_an_error_of_the_input() {
    let world = World::empty();
    let items = [Item { crc: Some(1), ..Item::new("Procfile", "web: ./run") }];
    fs::write(world.path("app.zip"), Zip::new(items).bytes()).unwrap();
    world.run(["detect", "app.zip"]).failed(1, &["`Procfile` of `app.zip`", "CRC-32"]);
}
