//! Tables and sizes for people.

use buildpacks::shown::Shown;

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
/// A size in the largest unit that keeps it above one: `131 MB`, `9.2 kB`.
pub fn bytes(size: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut value = size as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 || value >= 99.95 {
        format!("{value:.0} {}", units[unit])
    } else {
        format!("{value:.1} {}", units[unit])
    }
}

/// A time: `8.4 ms`, `1.25 s`.
pub fn milliseconds(ms: f64) -> String {
    if ms >= 1000.0 { format!("{:.2} s", ms / 1000.0) } else { format!("{ms:.1} ms") }
}

/// Aligns rows under a header; columns whose header starts with `>` are right-aligned. Cells are text of others: escaped,
/// and cut when they are long.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let right: Vec<bool> = header.iter().map(|name| name.starts_with('>')).collect();
    let header: Vec<String> = header.iter().map(|name| name.trim_start_matches('>').to_owned()).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| Shown(cell).to_string()).collect()).collect();
    let mut widths: Vec<usize> = header.iter().map(|name| name.chars().count()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in std::iter::once(&header).chain(&rows) {
        let mut line = String::new();
        for ((cell, width), right) in row.iter().zip(&widths).zip(&right) {
            let cell = if *right { format!("{cell:>width$}") } else { format!("{cell:<width$}") };
            line.push_str("  ");
            line.push_str(&cell);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_three_digits_at_most() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (9_200, "9.2 kB"),
            (130_946_228, "131 MB"),
            (999_950, "1.0 MB"),
        ];
        for (size, text) in cases {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn no_cell_is_too_long() {
        let table = table(&["layer", ">size"], &[vec!["x".repeat(70_000), "\u{1b}[1m".to_owned()]]);
        assert!(table.len() < 500 && !table.contains('\u{1b}'), "{table}");
    }

    #[test]
    fn columns_align() {
        let rows = [vec!["jre".into(), "40 MB".into()], vec!["application".into(), "1 kB".into()]];
        assert_eq!(
            table(&["layer", ">size"], &rows),
            "  layer         size\n  jre          40 MB\n  application   1 kB\n"
        );
    }
}
