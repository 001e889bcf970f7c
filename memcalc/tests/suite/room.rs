//! Where there is memory to spare, what the estimates did not think of has room.

use memcalc::fit::{self, Classes, Facts, Options, Plan};
use memcalc::libjvm::Request;
use memcalc::size::MEBI;
use std::path::Path;
use std::process::Command;

/// An application of one class.
fn small(limit: i64, java: i64) -> Facts {
    Facts {
        total: limit * MEBI,
        head_room: 0,
        threads: 50,
        classes: Classes::Likely { present: 1, likely: 1 },
        java: Some(java),
        profile: None,
        options: Options::default(),
    }
}

/// A Spring Boot application.
fn large(limit: i64) -> Facts {
    Facts { threads: 250, classes: Classes::Likely { present: 27_339, likely: 6_519 }, ..small(limit, 17) }
}

fn plan(facts: &Facts) -> Plan {
    fit::plan(&Request::default(), facts).unwrap_or_else(|refusal| panic!("{}M: {refusal}", facts.total / MEBI))
}

#[test]
fn metaspace_code_and_buffers_come_before_more_heap() {
    for (limit, metaspace, code, direct, heap) in
        [(192, 24, 20, 16, 40), (256, 40, 26, 20, 80), (512, 48, 32, 24, 300), (1024, 48, 32, 24, 800)]
    {
        for java in [17, 21, 25] {
            let regions = plan(&small(limit, java)).regions;
            for (region, least) in [
                (regions.metaspace, metaspace),
                (regions.code_cache, code),
                (regions.direct, direct),
                (regions.heap, heap),
            ] {
                assert!(region.bytes >= least * MEBI, "{limit}M, Java {java}: less than {least}M: {regions:?}");
            }
        }
    }
    for limit in [512, 1024] {
        let plan = plan(&large(limit));
        let room = plan.regions.metaspace.bytes - plan.needs.metaspace.most;
        assert!(room >= 15 * MEBI, "{limit}M: {plan:?}");
    }
}

/// Nothing is taken from the heap that it needs, and what the user fixed stays.
#[test]
fn room_is_made_of_what_is_left() {
    let narrow = plan(&large(256));
    assert!(narrow.regions.metaspace.bytes <= narrow.needs.metaspace.most, "{narrow:?}");
    for limit in 128..512 {
        let plan = plan(&small(limit, 17));
        let has_room = plan.regions.metaspace.bytes > plan.needs.metaspace.most;
        assert!(!has_room || plan.regions.heap.bytes >= plan.needs.heap.most, "{limit}M: {plan:?}");
    }
    let fixed = Request { metaspace: Some(13 * MEBI), ..Request::default() };
    assert_eq!(fit::plan(&fixed, &small(512, 17)).unwrap().regions.metaspace.bytes, 13 * MEBI);
}

/// The heap in 1 GB beside that of the Java buildpack's calculator, by its runs in `proof.tsv`.
#[test]
fn the_heap_stays_nearly_twice_that_of_the_buildpack_s_calculator() {
    let data =
        |name: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)).unwrap();
    let applications = data("applications.tsv");
    let mut compared = 0;
    for line in data("proof.tsv").lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [application, java, "1024", "v4"] = cells[..4] else { continue };
        let known = applications.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let Some(known) = known.into_iter().find(|cells| cells[0] == application) else { continue };
        let (Ok(theirs), [present, likely, threads]) =
            (cells[13].parse::<f64>(), [8, 9, 10].map(|at| known[at].parse().unwrap()))
        else {
            continue;
        };
        let facts =
            Facts { threads, classes: Classes::Likely { present, likely }, ..small(1024, java.parse().unwrap()) };
        #[expect(clippy::cast_precision_loss, reason = "some hundred MiB")]
        let ours = plan(&facts).regions.heap.bytes as f64 / MEBI as f64;
        println!("{application} {java}: {ours:.0} {theirs:.0} {:.2}", ours / theirs);
        assert!(ours >= 1.9 * theirs, "{application}, Java {java}: {ours} MB, v4 {theirs} MB");
        compared += 1;
    }
    assert!(compared >= 27, "{compared}");
}

/// Programs that use much of Java itself end in good order in small limits; started from their source, so that the compiler's
/// classes are loaded as well, and without an archive of classes.
#[test]
fn programs_of_one_class_run_on_the_jvms_at_hand() {
    for home in crate::jvms::homes() {
        let release = std::fs::read_to_string(home.join("release")).unwrap_or_default();
        let Some(java) = feature(&release).filter(|java| *java >= 11) else { continue };
        for (limit, program) in [(256, "Parts"), (512, "Parts"), (1024, "Parts"), (512, "Proxies"), (1024, "Proxies")] {
            let plan = plan(&small(limit, java));
            let source = format!("{}/tests/programs/{program}.java", env!("CARGO_MANIFEST_DIR"));
            let output = Command::new(home.join("bin/java"))
                .args(plan.regions.calculated_switches())
                .args(fit::more_switches(&plan, ""))
                .args(["-Xshare:off", &source])
                .env_remove("JAVA_TOOL_OPTIONS")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("all done"), "{}, {limit}M: {output:?}", home.display());
        }
    }
}

/// The feature release that a runtime's `release` file tells.
fn feature(release: &str) -> Option<i64> {
    let (_, version) = release.split_once("JAVA_VERSION=\"")?;
    version.split(['.', '"', '+']).next()?.parse().ok()
}
