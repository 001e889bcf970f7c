//! Durations as log lines have them: `0.7s`, `2m 5s`, `1h 3m`.

use std::time::Duration;

/// The two largest units; below a minute seconds and tenths, cut off.
pub(super) fn text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match () {
        () if hours > 0 => format!("{hours}h {minutes}m"),
        () if minutes > 0 => format!("{minutes}m {}s", seconds % 60),
        () => format!("{seconds}.{}s", duration.subsec_millis() / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_largest_units_show() {
        for (millis, wanted) in [
            (0, "0.0s"),
            (799, "0.7s"),
            (59_999, "59.9s"),
            (125_000, "2m 5s"),
            (3_600_000, "1h 0m"),
            (90_061_000, "25h 1m"),
        ] {
            assert_eq!(text(Duration::from_millis(millis)), wanted);
        }
    }
}
