//! What the original said and made, case by case.

use serde::Deserialize;
use serde_json::Value;

use super::super::Buildpack;
use super::folder::Place;
use crate::application::EntryKind;

const CASES: &str = include_str!("../../../../../../fixtures/golden/cloud-foundry/java-v3/cases.jsonl");
const STDOUT: &str = include_str!("../../../../../../fixtures/golden/cloud-foundry/java-v3/config-server/stdout");
const RESULT: &str = include_str!("../../../../../../fixtures/golden/cloud-foundry/java-v3/config-server/result.json");

#[derive(Deserialize)]
struct Case {
    name: String,
    files: std::collections::BTreeMap<String, String>,
    environment: std::collections::BTreeMap<String, String>,
    detect: String,
    compile: String,
    exits: [u8; 3],
    command: String,
    warnings: Vec<String>,
    links: Vec<String>,
}

fn cases() -> Vec<Case> {
    CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

impl Case {
    fn place(&self) -> Place {
        let mut place = Place::new();
        place.environment = self.environment.clone();
        for (name, text) in &self.files {
            place.write_app(name, text);
        }
        place
    }
}

/// The calculator's switches in order: the original's order is random.
fn sorted_memory(text: &str) -> String {
    let line = |line: &str| match line.split_once("Memory Settings: ") {
        Some((start, switches)) => {
            let mut switches: Vec<_> = switches.split(' ').collect();
            switches.sort_unstable();
            format!("{start}Memory Settings: {}\n", switches.join(" "))
        }
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn every_case_is_detected_said_and_started_as_recorded() {
    for case in cases() {
        let place = case.place();
        let (detected, _) = place.phase(Buildpack::detect);
        assert_eq!(detected.unwrap_or_default(), case.detect, "{}", case.name);
        let (deposit, said) = place.compile();
        assert_eq!(sorted_memory(&said.out), sorted_memory(&case.compile), "{}: {}", case.name, said.err);
        assert_eq!(deposit.is_err(), case.exits[1] != 0, "{}", case.name);
        let warnings: Vec<_> = said.err.lines().filter(|line| line.contains(" WARN ")).collect();
        assert_eq!(warnings, case.warnings, "{}", case.name);
        if let Ok(deposit) = deposit {
            let links = deposit.app.files.entries().filter_map(|entry| match entry.kind {
                EntryKind::Symlink { target } => Some(format!("./{} -> {target}", entry.path)),
                _ => None,
            });
            assert_eq!(links.collect::<Vec<_>>(), case.links, "{}", case.name);
        }
        let (processes, _) = place.phase(Buildpack::release);
        assert_eq!(processes.is_err(), case.exits[2] != 0, "{}", case.name);
        if let Ok(processes) = processes {
            assert_eq!(processes, [("web".to_owned(), case.command)], "{}", case.name);
        }
    }
}

#[test]
fn the_config_server_is_staged_as_the_original_builder_recorded_it() {
    let case = cases().into_iter().find(|case| case.name == "config-server").unwrap();
    let place = case.place();
    let result: Value = serde_json::from_str(RESULT).unwrap();
    let (detected, _) = place.phase(Buildpack::detect);
    assert_eq!(detected.unwrap(), result["lifecycle_metadata"]["detected_buildpack"]);
    let (deposit, said) = place.compile();
    assert_eq!(sorted_memory(&said.out), sorted_memory(STDOUT));
    let (processes, _) = place.phase(Buildpack::release);
    assert_eq!(processes.unwrap(), [("web".to_owned(), result["process_types"]["web"].as_str().unwrap().to_owned())]);

    let deposit = deposit.unwrap();
    let found: Vec<_> = deposit
        .app
        .files
        .entries()
        .map(|entry| {
            let kind = match &entry.kind {
                EntryKind::File { executable: true, .. } => 'x',
                EntryKind::File { executable: false, .. } => '-',
                EntryKind::Symlink { .. } => 'l',
                EntryKind::Directory => 'd',
            };
            format!("{kind} {}", entry.path)
        })
        .collect();
    assert_eq!(
        found,
        [
            "d .java-buildpack/open_jdk_jre/bin",
            "- .java-buildpack/open_jdk_jre/bin/extra",
            "x .java-buildpack/open_jdk_jre/bin/java-buildpack-memory-calculator-2.0.2_RELEASE",
            "x .java-buildpack/open_jdk_jre/bin/killjava.sh",
            "- .java-buildpack/spring_auto_reconfiguration/spring_auto_reconfiguration-1.10.0_RELEASE.jar",
            "l lib/spring_auto_reconfiguration-1.10.0_RELEASE.jar",
        ]
    );
    let [unpacked] = &deposit.app.archives[..] else { panic!("{:?}", deposit.app.archives) };
    assert_eq!(unpacked.at.as_str(), ".java-buildpack/open_jdk_jre");
}

/// Recorded with an index of Java 7 alone.
#[test]
fn before_java_8_there_is_permgen_instead_of_metaspace() {
    let case = cases().into_iter().find(|case| case.name == "main").unwrap();
    let mut place = case.place();
    let uri = "https://java-buildpack.cloudfoundry.org/openjdk/trusty/x86_64/openjdk-1.8.0_91-unlimited-crypto.tar.gz";
    fs_err::write(place.index(0), format!("---\n1.7.0_80: {uri}\n")).unwrap();
    place.set("JBP_CONFIG_OPEN_JDK_JRE", "{jre: {version: }}");
    let (_, said) = place.compile();
    let memory = "Memory Settings: -Xms317161K -XX:PermSize=64M -Xmx317161K -XX:MaxPermSize=64M -Xss228K\n";
    assert!(said.out.ends_with(memory), "{}", said.out);
    let (processes, _) = place.phase(Buildpack::release);
    let switches = "-memorySizes=permgen:64m..,stack:228k.. -memoryWeights=heap:65,native:15,permgen:10,stack:10 \
                    -memoryInitials=heap:100%,permgen:100% -stackThreads=300";
    let command = &processes.unwrap()[0].1;
    assert!(command.contains(switches), "{command}");
}
