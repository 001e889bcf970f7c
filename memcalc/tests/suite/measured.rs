//! The estimates beside what was measured of real applications: `memcalc/data`.

use memcalc::fit::{Classes, Facts, Needs, Options};
use memcalc::size::MEBI;
use std::collections::BTreeMap;
use std::path::Path;

type Row = BTreeMap<String, String>;

fn table(name: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let row =
        |line: &str| names.iter().map(|name| (*name).to_owned()).zip(line.split('\t').map(str::to_owned)).collect();
    lines.map(row).collect()
}

fn number(row: &Row, name: &str) -> f64 {
    row[name].parse().unwrap_or_else(|_| panic!("{name} of {row:?}"))
}

/// Loaded applications with the default collector: name, Java, whether C2 was left out, and the row.
fn loaded() -> Vec<(String, i64, bool, Row)> {
    let rows = table("measured.tsv").into_iter();
    let wanted = |row: &Row| row["moment"] == "loaded" && row["result"] == "started" && row["gc"] == "Serial";
    let known = |row: Row| {
        let java = row["java"].parse().ok()?;
        Some((row["application"].clone(), java, row["options"].contains("TieredStopAtLevel=1"), row))
    };
    rows.filter(wanted).filter_map(known).collect()
}

fn needs(application: &str, java: i64) -> Needs {
    let known = table("applications.tsv");
    let row = known.iter().find(|row| row["application"] == application).unwrap();
    let classes = Classes::Likely {
        present: row["stage_application_classes"].parse().unwrap(),
        likely: row["stage_likely_classes"].parse().unwrap(),
    };
    let threads = row["stage_threads"].parse().unwrap();
    Needs::of(&Facts {
        total: 0,
        head_room: 0,
        threads,
        classes,
        java: Some(java),
        profile: None,
        options: Options::default(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "sizes of some MiB")]
fn mebi(bytes: i64) -> f64 {
    bytes as f64 / MEBI as f64
}

fn assert_within(what: &str, measured: f64, least: f64, most: f64) {
    assert!(least <= measured && measured <= most, "{what}: {measured} is not from {least} to {most}");
}

#[test]
fn estimates_enclose_what_was_measured() {
    let rows = loaded();
    assert!(rows.len() > 60, "{}", rows.len());
    for (application, java, quick, row) in rows {
        let needs = needs(&application, java);
        let name = |what: &str| format!("{application}, Java {java}, C1 alone: {quick}: {what}");
        #[expect(clippy::cast_precision_loss, reason = "some thousand classes")]
        let classes = (needs.classes.least as f64, needs.classes.most as f64);
        assert_within(&name("classes"), number(&row, "classes_loaded"), classes.0, classes.1);
        let metaspace = number(&row, "metaspace_committed_mb");
        assert_within(&name("metaspace"), metaspace, 0.0, mebi(needs.metaspace.most));
        if quick {
            // The least is what suffices for C1 alone.
            let least = mebi(needs.metaspace.least);
            assert_within(&name("least metaspace"), metaspace, least / 1.35, least);
        }
        if quick {
            let least = mebi(needs.code.least);
            assert_within(&name("least code"), number(&row, "code_used_mb"), 0.0, least * 1.02);
        }
        let code = if quick { needs.code.most } else { needs.optimised_code.most };
        assert_within(&name("code"), number(&row, "code_committed_mb"), 0.0, mebi(code));
        assert_within(&name("live heap"), number(&row, "heap_live_mb"), 0.0, mebi(needs.heap.usual));
        assert_within(&name("stacks"), number(&row, "stacks_committed_mb"), 0.0, mebi(needs.stacks));
        let regions =
            ["heap_committed_mb", "metaspace_committed_mb", "code_committed_mb", "stacks_committed_mb", "other_mb"];
        let counted: f64 = regions.iter().map(|name| number(&row, name)).sum();
        let native = number(&row, "rss_anon_mb") - counted - number(&row, "tracking_mb");
        let most = needs.native.most + if quick { 0 } else { needs.compiler };
        assert_within(&name("the JVM itself"), native, -4.0, mebi(most));
    }
}
