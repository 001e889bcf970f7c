//! Folders and applications that cannot be staged, and why; archives of either form.

use fs_err as fs;

use super::super::Buildpack;
use super::folder::{Place, tar_gz};

fn main_class() -> Place {
    let mut place = Place::new();
    place.set("MEMORY_LIMIT", "512m");
    place.write_app("META-INF/MANIFEST.MF", "Main-Class: a.Main\n");
    place
}

#[test]
fn what_is_not_in_the_cache_is_named() {
    let place = main_class();
    fs::remove_file(place.file(0)).unwrap();
    let (result, said) = place.compile();
    assert!(result.is_err());
    assert!(said.out.ends_with("openjdk-1.8.0_91-unlimited-crypto.tar.gz \n"), "{}", said.out);
    let reason = said.reason("Compile");
    assert!(reason.starts_with("https://java-buildpack.cloudfoundry.org/openjdk/trusty/x86_64/openjdk-"), "{reason}");
    assert!(reason.contains("nothing is downloaded"), "{reason}");
    fs::remove_file(place.index(0)).unwrap();
    let wanted = "Open Jdk JRE error: https://download.run.pivotal.io/openjdk/trusty/x86_64/index.yml is not in";
    assert!(place.refused().starts_with(wanted));
    let (detected, said) = place.phase(Buildpack::detect);
    assert_eq!(detected, None);
    assert!(said.reason("Detect").starts_with(wanted));
    let (released, said) = place.phase(Buildpack::release);
    assert!(released.is_err());
    assert!(said.reason("Release").starts_with(wanted));
}

#[test]
fn the_log_says_why_staging_ends_unless_its_level_is_higher() {
    let mut place = main_class();
    place.set("JAVA_OPTS", "-Xmx64m");
    let wanted = "Java option '-Xmx64m' configures a memory region.  Use JRE configuration for this instead.";
    assert_eq!(place.refused(), wanted);
    place.set("JBP_LOG_LEVEL", "error");
    assert_eq!(place.refused(), wanted);
    place.set("JBP_LOG_LEVEL", "FATAL");
    assert_eq!(place.compile().1.err, format!("{wanted}\n"));
}

#[test]
fn credentials_of_an_index_are_not_said_and_bad_versions_are_passed_over() {
    let place = main_class();
    let uri = "https://java-buildpack.cloudfoundry.org/openjdk/trusty/x86_64/openjdk-1.8.0_91-unlimited-crypto.tar.gz";
    let with_user = uri.replace("https://", "https://user:secret@");
    fs::write(place.index(0), format!("1.8: x\n1.7.+: y\n1.8.0_91-unlimited-crypto: {with_user}\n")).unwrap();
    let (result, said) = place.compile();
    result.unwrap();
    assert!(said.out.contains(&format!(" from {uri} (found")) && !said.out.contains("secret"), "{}", said.out);
    let warnings: Vec<_> = said.err.lines().collect();
    assert_eq!(warnings.len(), 2, "{}", said.err);
    assert!(warnings[0].starts_with("[VersionResolver]                WARN  Discarding illegal version 1.8: "));
    fs::write(place.index(0), "a: [").unwrap();
    assert!(place.refused().contains("Could not read `https://download.run.pivotal.io/openjdk"));
}

#[test]
fn a_runtime_lies_at_the_top_of_its_archive_or_in_one_folder() {
    let place = main_class();
    let scratch = tempfile::tempdir().unwrap();
    for files in [
        &[("./", ""), ("./bin/", ""), ("./bin/java", "x")][..],
        &[("jdk/", ""), ("jdk/bin/", ""), ("jdk/bin/java", "x")],
        &[("jdk/bin/java", "x")],
    ] {
        fs::write(place.file(0), tar_gz(files)).unwrap();
        let deposit = place.compile().0.unwrap();
        let entries = deposit.app.archives[0].dependency.open(scratch.path()).unwrap();
        assert!(entries.iter().any(|entry| entry.path.as_str() == "bin/java"), "{files:?}");
    }
    fs::write(place.file(0), tar_gz(&[("jdk/../../x", "x")])).unwrap();
    let deposit = place.compile().0.unwrap();
    deposit.app.archives[0].dependency.open(scratch.path()).unwrap_err();
    fs::write(place.file(0), "no archive").unwrap();
    assert!(place.refused().contains("Could not read"));
}

#[test]
fn calculators_that_are_not_built_in_or_not_there_are_refused() {
    let place = main_class();
    fs::write(place.file(1), tar_gz(&[("other", "x")])).unwrap();
    assert!(place.refused().contains("there is no `java-buildpack-memory-calculator-linux` in it"));
    fs::write(place.file(1), tar_gz(&[("../x", "x"), ("java-buildpack-memory-calculator-linux", "x")])).unwrap();
    assert!(place.refused().contains("Could not unpack"));
    let uri = "https://java-buildpack.cloudfoundry.org/memory-calculator/trusty/x86_64/memory-calculator-2.0.2_RELEASE.tar.gz";
    fs::write(place.index(1), format!("3.13.0_RELEASE: {uri}\n")).unwrap();
    let mut place = place;
    place.set("JBP_CONFIG_OPEN_JDK_JRE", "{memory_calculator: {version: 3.+}}");
    assert!(place.refused().contains("Memory calculator 3.13.0_RELEASE is not built in"));
}

#[test]
fn a_calculator_that_is_chosen_by_name_takes_the_place_of_the_buildpack_s() {
    let mut place = main_class();
    place.write_app("a/Main.class", "class");
    fs::remove_file(place.index(1)).unwrap();
    place.set("STAGE_MEMORY_CALCULATOR", "fit");
    place.set("MEMORY_LIMIT", "512m");
    let (detected, _) = place.phase(Buildpack::detect);
    assert!(detected.unwrap().contains("open-jdk-like-memory-calculator=fit"));
    let (deposit, said) = place.compile();
    let path = ".java-buildpack/open_jdk_jre/bin/java-buildpack-memory-calculator-fit";
    let files = deposit.unwrap().app.files;
    assert!(files.entries().any(|entry| entry.path.as_str() == path), "{files:?}");
    assert!(said.out.contains("       Memory Settings: -XX:MaxDirectMemorySize="), "{}", said.out);
    let command = |place: &Place| place.phase(Buildpack::release).0.unwrap().remove(0).1;
    let found = command(&place);
    let start = format!(
        "CALCULATED_MEMORY=$($PWD/{path} --total-memory=$MEMORY_LIMIT --class-count=1 --likely-class-count=0 \
         --loaded-class-count=0 --thread-count=300 --java=8 --jvm-options=\"-Djava.io.tmpdir=$TMPDIR -XX:OnOutOfMemoryError="
    );
    assert!(found.starts_with(&start) && found.contains("$CALCULATED_MEMORY"), "{found}");

    place.set("JBP_CONFIG_JAVA_OPTS", r#"{java_opts: '-XX:+UseG1GC -Da="b c"'}"#);
    let found = command(&place);
    assert_eq!(found.matches(r#"killjava.sh -XX:+UseG1GC -Da=b\ c")"#).count(), 1, "{found}");
    place.set("JBP_CONFIG_OPEN_JDK_JRE", "{memory_calculator: {stack_threads: '1; id'}}");
    assert!(place.refused().contains("`stack_threads` is no number of threads: `1; id`"));
    place.set("JBP_CONFIG_OPEN_JDK_JRE", "{}");

    place.set("MEMORY_LIMIT", "32m");
    assert!(place.refused().contains("The memory calculator failed for a limit of `32m`"));
    place.set("STAGE_MEMORY_CALCULATOR", "off");
    let found = command(&place);
    assert!(place.compile().0.is_ok() && !found.contains("CALCULATED_MEMORY"), "{found}");
    place.set("STAGE_MEMORY_CALCULATOR", "v9");
    assert!(place.refused().contains("`STAGE_MEMORY_CALCULATOR`: `v9` is none of fit, libjvm"));
}

#[test]
fn the_fourth_generation_is_recognised_and_refused() {
    let place = main_class();
    place.write_config("open_jdk_jre", "jre:\n  version: 1.8.0_+\nmemory_calculator:\n  stack_threads: 250\n");
    let (result, said) = place.compile();
    assert!(result.is_err());
    assert!(said.err.contains("counts classes to calculate memory"), "{}", said.err);
}

#[test]
fn other_kinds_of_applications_are_recognised_and_refused() {
    for (files, tag) in [
        (&[("WEB-INF/web.xml", "<web-app/>")][..], "tomcat"),
        (&[("bin/run", "#!/bin/sh"), ("lib/a.jar", "")], "dist-zip"),
        (&[("one/bin/run", ""), ("one/bin/run.bat", ""), ("one/bin/x", ""), ("one/lib/a.jar", "")], "dist-zip"),
        (&[("bin/run", ""), ("lib/spring-boot-1.3.5.jar", "")], "spring-boot"),
        (&[("bin/run", ""), ("lib/ratpack-core-1.0.jar", "")], "ratpack"),
        (&[("bin/run", ""), ("lib/play.play_2.10-2.2.0.jar", "")], "play-framework"),
        (&[("start", ""), ("staged/play.play_2.9-2.0.jar", "")], "play-framework"),
        (&[("a.groovy", "println 'x'")], "groovy"),
        (&[("a.groovy", "class A {}"), ("b/b.groovy", "class B {}")], "spring-boot-cli"),
    ] {
        let mut place = Place::new();
        place.set("MEMORY_LIMIT", "512m");
        for (name, text) in files {
            place.write_app(name, text);
        }
        let (detected, said) = place.phase(Buildpack::detect);
        let detected = detected.unwrap_or_else(|| panic!("{files:?}: {}", said.err));
        assert!(detected.split(' ').any(|found| found == tag), "{files:?}: {detected}");
        assert!(place.refused().contains("applications are not built in"), "{files:?}");
    }
}

#[test]
fn frameworks_that_are_not_built_in_end_staging() {
    let bound = |label: &str, credentials: &str| {
        format!("{{\"{label}\": [{{\"name\": \"s\", \"credentials\": {credentials}}}]}}")
    };
    for (label, credentials, refused) in [
        ("newrelic", r#"{"licenseKey": "x"}"#, Some("New Relic Agent")),
        ("app-dynamics", r#"{"host-name": "x"}"#, Some("App Dynamics Agent")),
        ("luna", r#"{"client": 1, "servers": 1}"#, None),
        ("p-mysql", r#"{"uri": "x"}"#, Some("Maria Db JDBC")),
        ("newrelic", "{}", None),
    ] {
        let mut place = main_class();
        place.set("VCAP_SERVICES", &bound(label, credentials));
        match refused {
            Some(name) => assert!(place.refused().contains(name), "{label}"),
            None => assert!(place.compile().0.is_ok(), "{label}"),
        }
    }
    let mut place = main_class();
    place.set("VCAP_SERVICES", "{");
    assert!(place.refused().starts_with("Could not read `VCAP_SERVICES`"));
    let place = main_class();
    place.write_app("rebel-remote.xml", "");
    assert!(place.refused().starts_with("Jrebel Agent applies"));
}

#[test]
fn libraries_are_never_linked_outside_the_application_or_over_a_file() {
    let mut place = main_class();
    place.write_app("BOOT-INF/lib/spring-core.jar", "");
    place.write_app("META-INF/MANIFEST.MF", "Main-Class: x\nSpring-Boot-Version: 1\nSpring-Boot-Lib: ../../etc\n");
    let deposit = place.compile().0.unwrap();
    let link = "BOOT-INF/lib/spring_auto_reconfiguration-1.10.0_RELEASE.jar";
    assert!(deposit.app.files.entries().any(|entry| entry.path.as_str() == link));
    place.write_app(link, "");
    assert!(place.refused().contains("there is a file of that name"));
    place.set("JBP_CONFIG_SPRING_AUTO_RECONFIGURATION", "{enabled: false}");
    place.compile().0.unwrap();
}

#[test]
fn the_buildpack_s_own_script_wins_over_ours() {
    let place = main_class();
    let path = ".java-buildpack/open_jdk_jre/bin/killjava.sh";
    let ours = place.compile().0.unwrap().app.files.text(path).unwrap();
    assert!(ours.starts_with("#!/bin/bash"));
    fs::write(place.buildpack().join("resources/open_jdk_jre/bin/killjava.sh"), "theirs").unwrap();
    assert_eq!(place.compile().0.unwrap().app.files.text(path).unwrap(), "theirs");
}
