//! API versions: which are supported, how they compare.

use std::fmt;

/// Minor versions of the Platform API 0.x that are supported: those of lifecycle 0.21.
const PLATFORM: std::ops::RangeInclusive<u64> = 7..=15;
/// Minor versions of the Buildpack API 0.x that are supported.
const BUILDPACK: std::ops::RangeInclusive<u64> = 7..=12;

/// An API version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    major: u64,
    minor: u64,
}

impl Version {
    /// A version `0.<minor>`.
    pub(crate) const fn zero(minor: u64) -> Self {
        Self { major: 0, minor }
    }

    /// Parses `0.14`, `v0.14` or `1`; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (major, minor) = text.split_once('.').unwrap_or((text, ""));
        let minor = if minor.is_empty() { "0" } else { minor };
        Some(Self { major: number(major)?, minor: number(minor)? })
    }

    /// Whether this launcher supports the Platform API.
    pub(crate) fn is_supported_platform(self) -> bool {
        self.major == 0 && PLATFORM.contains(&self.minor)
    }

    /// Whether this launcher supports the Buildpack API.
    pub(crate) fn is_supported_buildpack(self) -> bool {
        self.major == 0 && BUILDPACK.contains(&self.minor)
    }
}

/// Digits only: the standard parser would also take a sign.
fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, expected) in [
            ("0.14", Some((0, 14))),
            ("v0.7", Some((0, 7))),
            ("1", Some((1, 0))),
            ("1.", Some((1, 0))),
            ("", None),
            (".1", None),
            ("0.1.2", None),
            ("+0.1", None),
            ("0.x", None),
            (" 0.1", None),
        ] {
            let expected = expected.map(|(major, minor)| Version { major, minor });
            assert_eq!(Version::parse(text), expected, "{text:?}");
        }
        assert!(Version::zero(9) < Version::zero(10));
    }

    #[test]
    fn supported() {
        assert!(Version::zero(7).is_supported_platform() && Version::zero(15).is_supported_platform());
        assert!(!Version::zero(6).is_supported_platform() && !Version::zero(16).is_supported_platform());
        assert!(Version::zero(12).is_supported_buildpack() && !Version::zero(13).is_supported_buildpack());
    }
}
