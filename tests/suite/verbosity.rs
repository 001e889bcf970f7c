//! How much is said, and in which colours: `-v`, `-q`, `--color` and their variables, before or behind any command.

use std::fs;

use crate::support::{BootJar, Done, World};

fn world() -> World {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    world
}

fn run(world: &World, variables: &[(&str, &str)], args: &[&str]) -> Done {
    Done::of(world.command().args(args).envs(variables.iter().copied()))
}

#[test]
fn verbose_says_phases_layers_and_choices_on_standard_error_only() {
    let world = world();
    let staging = ["app.jar", "--base", "none", "-o", "oci:out"];
    let first = run(&world, &[], &[&["-v"][..], &staging].concat()).ok();
    for said in [
        "] open: ",
        "] layers: ",
        "chosen: jre = fake@17.0.1 (newest cached",
        "archive of fake@17.0.1: ",
        "layer `application`: built, ",
    ] {
        assert!(first.stderr.contains(said), "{said}: {first:?}");
    }
    assert!(first.stderr.lines().all(|line| line.starts_with('[')), "{first:?}");
    assert!(first.stdout.contains("image sha256:") && !first.stdout.contains("] "), "{first:?}");
    let again = run(&world, &[("STAGE_VERBOSE", "1")], &[&staging[..], &["--paranoid", "--json"]].concat()).ok();
    assert!(again.stderr.contains("layer `application`: found in the cache, "), "{again:?}");
    again.json();
    let plan = run(&world, &[], &["--verbose", "plan", "app.jar", "--base", "none"]).ok();
    assert!(plan.stderr.contains("chosen: memory-calculator = fit (default)"), "{plan:?}");
    assert_eq!(plan.stdout, run(&world, &[], &["plan", "app.jar", "--base", "none"]).stdout);
}

/// What changed since the last run is named.
#[test]
fn verbose_names_the_input_that_changed() {
    let world = world();
    let folder = BootJar::new().explode(&world.path("folder"), 0o755);
    let stage = || run(&world, &[], &["folder", "-v", "--base", "none", "-o", "oci:out"]).ok();
    crate::support::wait_for("a run that is recalled", || {
        stage();
        stage().stderr.contains("] recall: ")
    });
    fs::write(folder.join("BOOT-INF/classes/new"), "x").unwrap();
    let changed = stage();
    assert!(changed.stderr.contains("folder` is not what it was"), "{changed:?}");
}

/// Variables, arguments, and whether there are colours.
type Case = (&'static [(&'static str, &'static str)], &'static [&'static str], bool);

#[test]
fn colours_are_asked_for_or_of_the_environment() {
    let world = world();
    let cases: [Case; 9] = [
        (&[], &[], false),
        (&[], &["--color", "always"], true),
        (&[], &["--color=never"], false),
        (&[("CLICOLOR_FORCE", "1")], &[], true),
        (&[("CLICOLOR_FORCE", "0")], &[], false),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[], false),
        (&[("NO_COLOR", "1")], &["--color=always"], true),
        (&[("CLICOLOR_FORCE", "1")], &["--color", "never"], false),
        (&[("STAGE_COLOR", "always")], &[], true),
    ];
    for (variables, color, is_coloured) in cases {
        let said = |args: &[&str]| {
            let done = run(&world, variables, args);
            format!("{}{}", done.stdout, done.stderr)
        };
        for args in [&["nowhere.jar"][..], &["plan", "nowhere.jar"], &["help", "plan"], &["--help"], &["--frobnicate"]]
        {
            let before = said(&[color, args].concat());
            assert_eq!(before.contains('\u{1b}'), is_coloured, "{variables:?} {color:?} {args:?}: {before}");
            if args[0] != "help" {
                assert_eq!(before, said(&[args, color].concat()), "{args:?}");
            }
        }
    }
    run(&world, &[], &["app.jar", "--color", "pink"]).failed(2, &["pink", "always"]);
}

#[test]
fn quiet_leaves_out_results_and_never_why_something_failed() {
    let world = world();
    let staged = run(&world, &[], &["app.jar", "-q", "--base", "none", "-o", "oci:out"]).ok();
    assert_eq!((&*staged.stdout, &*staged.stderr), ("", ""));
    fs::write(world.path("broken.jar"), "no archive").unwrap();
    for args in [
        &["broken.jar"][..],
        &["detect", "broken.jar"],
        &["plan", "app.jar", "--jre", "11"],
        &["app.jar", "--base", "oci:nowhere"],
        &["memory", "app.jar", "--limit", "16M"],
        &["app.jar", "-o", "droplet:out.tgz", "--jre", "21"],
        &["inspect", "nowhere"],
        &["dependency", "fetch", "nowhere"],
        &["dependency", "add", "broken.jar"],
    ] {
        let (loud, quiet) = (run(&world, &[], args), run(&world, &[], &[args, &["-q"]].concat()));
        assert_eq!(loud.code, quiet.code);
        assert_eq!((&*quiet.stdout, &loud.stderr), ("", &quiet.stderr), "{args:?}");
        assert!(quiet.stderr.contains("error: "), "{quiet:?}");
    }
}
