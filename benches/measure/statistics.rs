//! Numbers of several rounds, as a table shows them.

/// Median, least and most.
pub(crate) fn spread(values: &[f64]) -> String {
    let (least, most) =
        values.iter().fold((f64::MAX, 0.0_f64), |(least, most), value| (least.min(*value), most.max(*value)));
    format!("{:.1} ({least:.1} to {most:.1})", median(values))
}

/// The median of the ratios, round by round, in words.
pub(crate) fn ratio(values: &[f64], peers: &[f64], peer: &str) -> String {
    let ratios: Vec<f64> = values.iter().zip(peers).map(|(own, peer)| own / peer).collect();
    let ratio = median(&ratios);
    if ratio < 0.2 { format!("1/{:.0} of {peer}", 1.0 / ratio) } else { format!("{ratio:.2} x {peer}") }
}

/// The median.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
