//! The results as a Markdown table.

use std::fmt::Write as _;

use crate::cases::{Results, STAGE};
use crate::measure::statistics::{self, spread};

/// What each command of stage is held against.
const AGAINST: [(&str, &[&str]); 5] = [
    ("unchanged", &["openssl sha256", "Jib unchanged"]),
    ("one class changed", &["openssl sha256", "Jib one class changed"]),
    ("cold none", &["openssl sha256", "Jib cold"]),
    ("cold zstd", &["zstd -3 -T2", "Jib cold"]),
    ("cold gzip", &["openssl sha256", "Jib cold"]),
];

pub(crate) fn render(results: &Results) -> String {
    let mut out = format!("\n{}; medians of {} rounds\n\n", results.machine, rounds(results));
    out.push_str(
        "| command | ms, median (min to max) | peak anonymous memory | ratios |\n| --- | ---: | ---: | --- |\n",
    );
    for (name, walls) in &results.walls {
        if !STAGE.contains(name) {
            let _ = writeln!(out, "| {name} | {} | | |", spread(walls));
        }
    }
    for (name, peers) in AGAINST {
        let Some(walls) = results.walls.get(name) else { continue };
        let peak =
            results.peak_memory.get(name).map_or_else(String::new, |bytes| format!("{} MB", bytes.div_ceil(1_000_000)));
        let ratios: Vec<_> = peers.iter().filter_map(|peer| ratio(results, walls, peer)).collect();
        let _ = writeln!(out, "| **stage {name}** | {} | {peak} | {} |", spread(walls), ratios.join("; "));
    }
    out
}

fn rounds(results: &Results) -> usize {
    results.walls.values().map(Vec::len).max().unwrap_or(0)
}

fn ratio(results: &Results, walls: &[f64], peer: &str) -> Option<String> {
    Some(statistics::ratio(walls, results.walls.get(peer)?, peer))
}
