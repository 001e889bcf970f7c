//! The results as a Markdown table, and where our time went.

use std::fmt::Write as _;

use crate::cost::Cost;
use crate::measure::statistics::{median, ratio, spread};
use crate::stagings::{ORIGINAL, Results};

pub(crate) fn render(results: &[Results], machine: &str) -> String {
    let walls = |result: &Results| result.costs.iter().map(|cost| cost.wall_ms).collect::<Vec<_>>();
    let rounds = results.iter().map(|result| result.costs.len()).max().unwrap_or(0);
    let mut out = format!("\n{machine}; medians of {rounds} rounds\n\n");
    out.push_str("| command | wall ms, median (min to max) | CPU s | peak memory | droplet | wall time |\n");
    out.push_str("| --- | ---: | ---: | ---: | ---: | --- |\n");
    let original = results.iter().find(|result| result.name == ORIGINAL).map(walls);
    for result in results {
        let own = result.name != ORIGINAL;
        let name = if own { format!("**{}**", result.name) } else { result.name.to_owned() };
        let held = original.as_ref().filter(|_| own);
        let held = held.map(|original| ratio(&walls(result), original, "the original's")).unwrap_or_default();
        let cpu = median(&result.costs.iter().map(|cost| cost.cpu_s).collect::<Vec<_>>());
        let (peak, droplet) = (most(result, |cost| cost.peak), most(result, |cost| cost.droplet));
        let _ = writeln!(out, "| {name} | {} | {cpu:.2} | {peak} MB | {droplet} MB | {held} |", spread(&walls(result)));
    }
    out.push('\n');
    for result in results {
        let middle = median(&walls(result));
        let at_median = result.costs.iter().find(|cost| cost.wall_ms.total_cmp(&middle).is_eq());
        if let Some(phases) = at_median.and_then(|cost| cost.phases.as_ref()) {
            let _ = writeln!(out, "{}: {phases}", result.name);
        }
    }
    out
}

/// The largest of a size, in MB.
fn most(result: &Results, size: impl Fn(&Cost) -> u64) -> u64 {
    result.costs.iter().map(size).max().unwrap_or(0).div_ceil(1_000_000)
}
