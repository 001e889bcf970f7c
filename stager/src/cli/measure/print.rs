//! What was seen, for people and for programs.

use std::fmt::Write as _;

use memcalc::size::MEBI;
use schemars::JsonSchema;
use serde::Serialize;

use crate::measure::{LeastLimits, Measured, Measuring, Observed, Runner};
use crate::report::table;

/// What came of a measurement.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Outcome {
    /// The application or image as it was named.
    measured: String,
    /// `container` or `process`.
    runner: &'static str,
    /// Memory limit, bytes.
    limit: i64,
    #[serde(flatten)]
    seen: Measured,
    /// The profile's text.
    profile: String,
    /// Where it was stored.
    stored: Option<String>,
    /// For applications.
    #[serde(skip_serializing_if = "Option::is_none")]
    least_limits: Option<LeastLimits>,
}

impl Outcome {
    pub(super) fn new(
        measured: String,
        measuring: &Measuring,
        seen: Measured,
        stored: Option<String>,
        least_limits: Option<LeastLimits>,
    ) -> Self {
        let runner = match measuring.runner {
            Runner::Container(_) => "container",
            Runner::Process => "process",
        };
        let profile = seen.profile().to_string();
        Self { measured, runner, limit: measuring.limit, seen, profile, stored, least_limits }
    }

    /// What makes the numbers doubtful.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> + use<> {
        let refused = self.seen.answers.as_ref().filter(|answers| answers.refused * 2 > answers.answered);
        let refused = refused.map(|answers| {
            let (refused, all) = (answers.refused, answers.answered);
            format!(
                "{refused} of {all} answers had a status from 400 on: `--path PATH` asks for what the application has"
            )
        });
        let unused = (self.seen.port.is_none() && self.seen.answers.is_none())
            .then(|| "it listens on no port: it was only watched, without load".to_owned());
        refused.into_iter().chain(unused)
    }

    pub(super) fn human(&self) -> String {
        let seen = &self.seen;
        let mut out = format!("{}: Java {}, ready after {:.1} s", self.measured, seen.java, seen.ready_seconds);
        if let Some(answers) = &seen.answers {
            let rate = per_second(answers.answered, answers.seconds);
            let _ = write!(out, ", {} answers in {:.0} s ({rate:.0}/s)", answers.answered, answers.seconds);
        }
        out.push_str("\n\n");
        out.push_str(&table(&["used", ">at start", ">after load"], &rows(seen)));
        let _ = writeln!(out, "\nlive heap {}, after a full collection", mebibytes(seen.live_heap));
        if let Some(limits) = &self.least_limits {
            let (measured, estimated) = (mebibytes(limits.measured), mebibytes(limits.estimated));
            let _ = writeln!(out, "least memory limit {measured} (without this measurement {estimated})");
        }
        let _ = match &self.stored {
            Some(place) => writeln!(out, "profile of Java {} -> {place}", seen.java),
            None => writeln!(out, "profile, not stored: {}", self.profile),
        };
        out
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown without decimals")]
fn per_second(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

fn rows(seen: &Measured) -> Vec<Vec<String>> {
    let number = |of: fn(&Observed) -> i64| [of(&seen.start).to_string(), of(&seen.loaded).to_string()];
    let size = |of: fn(&Observed) -> i64| [mebibytes(of(&seen.start)), mebibytes(of(&seen.loaded))];
    let rows = [
        ("classes", number(|it| it.classes)),
        ("heap in use", size(|it| it.heap_used)),
        ("heap committed", size(|it| it.heap_committed)),
        ("metaspace", size(|it| it.metaspace)),
        ("code cache", size(|it| it.code)),
        ("direct memory", size(|it| it.direct)),
        ("threads", number(|it| it.threads)),
        ("stacks", size(|it| it.stacks)),
        ("the JVM's own", size(|it| it.native)),
        ("pages of files", size(|it| it.files)),
        ("all but files", size(|it| it.anonymous)),
    ];
    rows.into_iter().map(|(name, [start, loaded])| vec![name.to_owned(), start, loaded]).collect()
}

/// As limits are written: `47M`, `9.3M`.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn mebibytes(bytes: i64) -> String {
    let size = bytes as f64 / MEBI as f64;
    if size < 9.95 && bytes % MEBI != 0 { format!("{size:.1}M") } else { format!("{size:.0}M") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_limits_are_written() {
        for (bytes, text) in [(0, "0M"), (MEBI, "1M"), (MEBI * 3 / 2, "1.5M"), (MEBI * 100 + 1, "100M")] {
            assert_eq!(mebibytes(bytes), text);
        }
    }
}
