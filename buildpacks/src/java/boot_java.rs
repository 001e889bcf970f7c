//! The newest Java release that a generation of Spring Boot is known to run on: what bounds `--jre auto`.

use super::container::{Detection, Kind};

/// Boot's line, major and minor version, and the newest release that "System Requirements" in the reference of its last
/// version names. Read there for 2.1; the others are as quotations of those pages have them.
/// An application may well run on a newer one: its maintainers did not try. Lines from 3.0 on have run on every release
/// so far.
const KNOWN: [(u32, u32, u32); 8] =
    [(2, 0, 9), (2, 1, 12), (2, 2, 15), (2, 3, 15), (2, 4, 16), (2, 5, 18), (2, 6, 19), (2, 7, 21)];
/// The release of every line before 2.0. Its maintainers had no plans for 9 (`spring-projects/spring-boot` #10646), and the
/// frameworks of that time define classes by a method that newer runtimes close (at the latest 17, JEP 403).
const OF_FIRST: u32 = 8;

/// What bounds the choice of a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// The newest release.
    pub(super) feature: u32,
    /// Whose it is, such as `Spring Boot 2.1`.
    pub(super) of: String,
    /// Whether a newer one is taken only where it is asked for by its number.
    pub(super) strict: bool,
}

/// The bound of the application; none where nothing is known to be too new.
pub(super) fn bound(detection: &Detection) -> Option<Bound> {
    if detection.kind != Kind::SpringBoot {
        return None;
    }
    let mut numbers = detection.facts.boot_version.as_deref()?.split('.').map(|part| part.parse::<u32>().ok());
    let (major, minor) = (numbers.next()??, numbers.next()??);
    let strict = major == 1;
    let feature = match major {
        1 => OF_FIRST,
        _ => KNOWN.iter().find(|(known, line, _)| (*known, *line) == (major, minor))?.2,
    };
    Some(Bound { feature, of: format!("Spring Boot {major}.{minor}"), strict })
}
