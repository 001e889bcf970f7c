//! Before and after other buildpacks, in detection, and in the place of an installed one.

use std::os::unix::fs::PermissionsExt as _;

use fs_err as fs;

use crate::support::{BootJar, JavaBuildpack, Staging};

const KEY: &str = "java_buildpack";
const RELEASE: (&str, &str) = ("release", "echo '{default_process_types: {web: external}}'");

fn boot() -> Staging {
    let staging = Staging::new().variable("CF_STACK", "cflinuxfs4");
    BootJar::new().explode(&staging.path("app"), 0o644);
    staging
}

fn with_data(staging: Staging) -> Staging {
    JavaBuildpack::new().write(&staging.buildpack_folder(KEY));
    staging
}

/// What the final buildpack sees of the runtime: its program on the search path, its folder.
const LOOKS: &str = "PATH=$3/0/bin:$PATH java seen\n\
                     home=$(< $3/0/env/JAVA_HOME); [[ $home == $3/0/* && -x $home/bin/java ]] && echo home is there\n\
                     ls $3/0 | tr '\\n' ' '";

#[test]
fn it_supplies_a_runtime_for_another_buildpack() {
    let droplets = [(); 2].map(|()| {
        let staging = with_data(boot().key(KEY)).buildpack("final", &[("finalize", LOOKS), RELEASE]);
        let staged = staging.stage(&["-skipDetect"]);
        assert_eq!((staged.code, staged.stderr.as_str()), (Some(0), ""), "{staged:?}");
        assert!(staged.stdout.contains("\nruntime seen\nhome is there\n"), "{}", staged.stdout);
        assert!(staged.stdout.contains("bin client_certificate_mapper config.yml"), "{}", staged.stdout);
        assert_eq!(staging.member("./deps/0/env/JAVA_HOME"), "/home/vcap/deps/0/jre/jre-17.0.20");
        let config = staging.member("./deps/0/config.yml");
        assert!(config.contains("\n  java_home: /home/vcap/deps/0/jre/jre-17.0.20\n"), "{config}");
        let lines = staging.listing();
        for line in ["-rwxr-xr-x ./deps/0/jre/jre-17.0.20/bin/java", "-rwxr-xr-x ./deps/0/profile.d/java.sh"] {
            assert!(lines.iter().any(|known| known == line), "{line} is not in {lines:?}");
        }
        let buildpacks = &staging.result()["lifecycle_metadata"]["buildpacks"];
        assert_eq!((&buildpacks[0]["name"], &buildpacks[0]["version"]), (&"java".into(), &"5.0.7".into()));
        assert_eq!(staging.result()["process_types"]["web"], "external");
        fs::read(staging.path("out/droplet")).unwrap()
    });
    assert!(droplets[0] == droplets[1], "two stagings give two droplets");
}

#[test]
fn it_builds_after_another_buildpack_has_supplied() {
    let supply = "mkdir -p $3/$4/{bin,profile.d,env}; echo 'export FROM_SUPPLIER=1' > $3/$4/profile.d/x.sh\n\
                  echo '{ enabled: false }' > $3/$4/env/JBP_CONFIG_CLIENT_CERTIFICATE_MAPPER";
    let staging = with_data(boot().buildpack("first", &[("supply", supply)]).key(KEY));
    let staged = staging.stage(&["-skipDetect"]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
    assert!(staged.stdout.contains("Installing frameworks [Java CF Env, Container Security Provider, Java Opts]"));
    let paths = staging.member("./profile.d/000_multi-supply.sh");
    let line = "export PATH=$DEPS_DIR/1/bin:$DEPS_DIR/0/bin$([[ ! -z \"${PATH:-}\" ]] && echo \":$PATH\")\n";
    assert!(paths.contains(line), "{paths}");
    assert!(paths.contains("export LIBRARY_PATH=$DEPS_DIR/1/lib$("), "{paths}");
    assert_eq!(staging.member("./profile.d/0_x.sh"), "export FROM_SUPPLIER=1\n");
    assert!(staging.member("./profile.d/1_java.sh").starts_with("export JAVA_HOME=$DEPS_DIR/1/jre/jre-17.0.20\n"));
    let command = staging.result()["process_types"]["web"].as_str().unwrap().to_owned();
    assert!(command.contains("exec $DEPS_DIR/1/bin/javaexec "), "{command}");
}

#[test]
fn detection_comes_to_it_after_one_that_declines() {
    let staging = with_data(boot().buildpack("declines", &[("detect", "exit 1")]).key(KEY));
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
    let metadata = &staging.result()["lifecycle_metadata"];
    assert_eq!((&metadata["buildpack_key"], &metadata["detected_buildpack"]), (&KEY.into(), &"java".into()));

    let other = with_data(Staging::new().app("index.html", "x").key(KEY).variable("CF_STACK", "cflinuxfs4"));
    assert_eq!(other.stage(&[]).code, Some(222));
}

#[test]
fn a_folder_with_scripts_wins_unless_told_otherwise() {
    let scripts: [(&str, &str); 3] = [("detect", "echo scripts"), ("finalize", "echo by scripts"), RELEASE];
    for (preference, web) in [("", "external"), ("builtin", "exec $DEPS_DIR/0/bin/javaexec")] {
        let staging = boot().buildpack(KEY, &scripts).variable("STAGE_JAVA_BUILDPACK", preference);
        let staging = with_data(staging);
        let staged = staging.stage(&[]);
        assert_eq!(staged.code, Some(0), "{staged:?}");
        assert_eq!(staged.stdout.contains("by scripts"), preference.is_empty(), "{staged:?}");
        let result = staging.result();
        let command = result["process_types"]["web"].as_str().unwrap();
        assert!(command.contains(web), "{command}");
    }
}

#[test]
fn a_link_in_the_place_of_its_folder_is_not_followed() {
    let staging = with_data(boot().key(KEY));
    let outside = staging.path("outside");
    fs::create_dir(&outside).unwrap();
    fs::set_permissions(&outside, std::fs::Permissions::from_mode(0o777)).unwrap();
    std::os::unix::fs::symlink(&outside, staging.path("app/tmp")).unwrap();
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(1), "{staged:?}");
    assert!(staged.stderr.contains("app/tmp/java-buildpack-release-step.yml: not a directory"), "{}", staged.stderr);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert!(!staging.path("out/droplet").exists());
}
