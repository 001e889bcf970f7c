//! Sharp edges of Cloud Foundry's lifecycle, as `docs/cloud-foundry.md` decides them. Those that a recording of the original
//! or a row of `lifecycle_acceptance.rs` shows are not here.

use serde_json::json;

use crate::support::{Staged, Staging, names};

const DETECT: (&str, &str) = ("detect", "echo found");
const RELEASE: (&str, &str) = ("release", "printf -- '---\\ndefault_process_types:\\n  web: released\\n'");
const LAUNCH: &str = "printf 'processes:\\n- {type: web, command: launched}\\n' > $3/$4/launch.yml";

#[test]
fn from_ten_buildpacks_on_the_release_script_counts_and_not_launch_yml() {
    for (count, command) in [(9, "launched"), (10, "released")] {
        let mut staging = Staging::new();
        for at in 1..count {
            staging = staging.buildpack(&format!("bp{at}"), &[("supply", "true")]);
        }
        staging = staging.buildpack("last", &[("finalize", LAUNCH), RELEASE]);
        assert_eq!(staging.stage(&["-skipDetect"]).code, Some(0));
        assert_eq!(staging.result()["process_types"], json!({"web": command}), "{count} buildpacks");
    }
}

#[test]
fn no_failure_of_finalize_or_supply_has_another_code_than_223() {
    for scripts in [
        [("supply", "exit 226"), ("finalize", "true")],
        [("supply", "true"), ("finalize", "exit 226")],
        [("supply", "true"), ("finalize", "echo Failed to run finalize script >&2; exit 227")],
    ] {
        let staging = Staging::new().buildpack("bp", &[DETECT, scripts[0], scripts[1]]);
        assert_eq!(staging.stage(&[]).code, Some(223));
    }
}

#[test]
fn output_metadata_may_be_nested_and_key_replaces_the_buildpacks() {
    let config =
        "printf 'key: other\\noutput_metadata:\\n  b: {y: [1, two], x: 3.10}\\n  a: text\\n' > $3/$4/config.yml";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("finalize", config), RELEASE]);
    assert_eq!(staging.stage(&[]).code, Some(0));
    let lifecycle = &staging.result()["lifecycle_metadata"];
    assert_eq!(lifecycle["buildpack_key"], "other");
    assert_eq!(lifecycle["buildpacks"][0]["output_metadata"]["a"], "text");
    assert_eq!(lifecycle["buildpacks"][0]["output_metadata"]["b"]["y"][1], "two");
}

#[test]
fn profile_scripts_run_in_the_order_of_the_locale_the_application_starts_in() {
    let scripts = "for name in b B a _ 10 9; do echo \"echo $name\" > $5/$name.sh; done";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("finalize", scripts), RELEASE]).variable("LC_ALL", "C");
    assert_eq!(staging.stage(&[]).code, Some(0));
    let output: Staged = staging.launcher(&["app", "true", ""]).output().unwrap().into();
    assert_eq!(output.stdout, "Invoking pre-start scripts.\n10\n9\nB\n_\na\nb\nInvoking start command.\n");
}

#[test]
fn keys_are_neither_trimmed_nor_may_they_hold_commas() {
    let staging = Staging::new().buildpack("bp", &[("supply", "true")]).key(" bp");
    let staged = staging.stage(&["-skipDetect"]);
    assert_eq!(staged.code, Some(225), "{staged:?}");
    let folder = staging.buildpack_folder(" bp").display().to_string();
    assert!(staged.stderr.contains(&format!("Failed to read buildpack directory '{folder}'")), "{}", staged.stderr);
    assert_eq!(staging.left(), [""; 0]);
}

#[test]
fn a_later_process_takes_the_place_of_a_sidecar_of_its_name() {
    let sidecar = "printf 'processes:\\n- type: relic\\n  command: beside\\n  platforms: {cloudfoundry: {sidecar_for: \
                   [web]}}\\n' > $3/$4/launch.yml";
    let staging = Staging::new().app("Procfile", "relic: alone\n").buildpack("bp", &[DETECT, ("finalize", sidecar)]);
    assert_eq!(staging.stage(&[]).code, Some(0));
    let result = staging.result();
    assert_eq!(result["processes"], json!([{"type": "relic", "command": "alone"}]));
    assert_eq!(result.get("sidecars"), None);
}

#[test]
fn a_procfile_needs_a_colon_and_white_space() {
    for (text, code) in [("web:start", 1), ("web start", 1), ("web: start # remark", 0), ("web: start\nweb: again", 0)]
    {
        let staging = Staging::new().app("Procfile", text).buildpack("bp", &[DETECT, ("compile", "true"), RELEASE]);
        assert_eq!(staging.stage(&[]).code, Some(code), "{text:?}");
    }
}

#[test]
fn what_a_script_leaves_beside_the_dependencies_is_in_the_droplet() {
    let more = "mkdir $3/../more; echo 1 > $3/../more/file; ln -s /etc $3/../link";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("finalize", more), RELEASE]);
    assert_eq!(staging.stage(&[]).code, Some(0));
    let droplet = staging.droplet();
    for name in ["./more/", "./more/file", "./link"] {
        assert!(droplet.contains(&name.to_owned()), "{name}: {droplet:?}");
    }
    assert_eq!(droplet.len(), 11, "{droplet:?}");
    assert_eq!(names(&staging.path("tmp")), [""; 0]);
}
