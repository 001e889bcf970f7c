//! Class files: the header only (Java Virtual Machine Specification, 4.1).

use serde::Serialize;

/// Bytes of a header: magic, minor and major version.
pub const HEADER_BYTES: usize = 8;
/// First four bytes of every class file.
const MAGIC: [u8; 4] = [0xca, 0xfe, 0xba, 0xbe];
/// Major version of Java 1.1; each feature release since has the next one.
const MAJOR_OF_JAVA_1: u16 = 45;
/// First major version whose minor version marks preview features (Java 12).
const FIRST_PREVIEW_MAJOR: u16 = 56;

/// The version of a class file. Orders by what a JRE must be able to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ClassVersion {
    /// Major version: 52 for Java 8, 61 for Java 17.
    pub major: u16,
    /// Minor version: 65535 where the class uses preview features.
    pub minor: u16,
}

impl ClassVersion {
    /// Reads the header of a class file; none when it is too short or has another magic number.
    pub fn parse(header: &[u8]) -> Option<Self> {
        let (magic, rest) = header.split_first_chunk::<4>()?;
        let (minor, rest) = rest.split_first_chunk::<2>()?;
        let (major, _) = rest.split_first_chunk::<2>()?;
        let version = Self { major: u16::from_be_bytes(*major), minor: u16::from_be_bytes(*minor) };
        (*magic == MAGIC && version.major >= MAJOR_OF_JAVA_1).then_some(version)
    }

    /// The Java feature release that reads it: 8, 17, 21.
    pub fn feature(self) -> u32 {
        u32::from(self.major) + 1 - u32::from(MAJOR_OF_JAVA_1)
    }

    /// Whether it uses preview features, which only that very release has.
    pub fn is_preview(self) -> bool {
        self.major >= FIRST_PREVIEW_MAJOR && self.minor == u16::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(major: u16, minor: u16) -> Vec<u8> {
        [&MAGIC[..], &minor.to_be_bytes(), &major.to_be_bytes()].concat()
    }

    #[test]
    fn knows_the_feature_release() {
        for (major, feature) in [(45, 1), (49, 5), (52, 8), (61, 17), (65, 21), (69, 25)] {
            assert_eq!(ClassVersion::parse(&header(major, 0)).unwrap().feature(), feature);
        }
        assert!(ClassVersion::parse(&header(65, 0xffff)).unwrap().is_preview());
        assert!(!ClassVersion::parse(&header(45, 3)).unwrap().is_preview());
    }

    #[test]
    fn refuses_what_is_no_class_file() {
        assert_eq!(ClassVersion::parse(&header(52, 0)[..7]), None);
        assert_eq!(ClassVersion::parse(&header(44, 0)), None);
        assert_eq!(ClassVersion::parse(b"PK\x03\x04    "), None);
    }
}
