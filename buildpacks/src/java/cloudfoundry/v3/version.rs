//! Versions of the repository format: `major.minor.micro[_qualifier]`, a request's last component may be `+`.

use std::cmp::Ordering;

/// What stands for any value, as the last component of a request.
const WILDCARD: &str = "+";
/// Qualifiers are compared character by character in this order, which is not that of numbers: `_101` is before `_91`.
const COLLATION: &str = "-.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A version, or a request for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    text: String,
    /// Major, minor, micro, qualifier.
    components: [Option<String>; 4],
}

/// Why a text is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid version '{text}': {reason}")]
pub(super) struct VersionError {
    text: String,
    reason: &'static str,
}

impl Version {
    /// Reads a version of an index: complete, without a wildcard.
    pub(super) fn exact(text: &str) -> Result<Self, VersionError> {
        let version = Self::request(text)?;
        if version.components.iter().flatten().any(|component| component == WILDCARD) {
            return Err(VersionError { text: text.to_owned(), reason: "only a request may hold a wildcard" });
        }
        Ok(version)
    }

    /// Reads a request.
    pub(super) fn request(text: &str) -> Result<Self, VersionError> {
        let refused = |reason| VersionError { text: text.to_owned(), reason };
        let mut components: [Option<String>; 4] = Default::default();
        let mut rest = Some(text).filter(|text| !text.is_empty());
        for component in components.iter_mut().take(2) {
            let Some(tail) = rest else { break };
            let (number, tail) = tail.split_once('.').map_or((tail, None), |(number, tail)| (number, Some(tail)));
            if tail == Some("") {
                return Err(refused("it ends in `.`"));
            }
            *component = Some(number.to_owned());
            rest = tail;
        }
        if let Some(tail) = rest {
            let (micro, qualifier) = tail.split_once('_').map_or((tail, None), |(micro, rest)| (micro, Some(rest)));
            if qualifier == Some("") {
                return Err(refused("it ends in `_`"));
            }
            components[2] = Some(micro.to_owned());
            components[3] = qualifier.map(str::to_owned);
        }
        let [numbers @ .., qualifier] = &components;
        if numbers.iter().flatten().any(|number| !is_number(number)) {
            return Err(refused("major, minor and micro are numbers, or one is `+`"));
        }
        if qualifier.as_ref().is_some_and(|qualifier| !is_qualifier(qualifier)) {
            return Err(refused("a qualifier is of letters, digits, `.` and `-`"));
        }
        let wild = components.iter().position(|component| component.as_deref() == Some(WILDCARD));
        match wild {
            Some(at) if components[at + 1..].iter().any(Option::is_some) => Err(refused("nothing may follow `+`")),
            None if components.iter().flatten().count() < 3 => {
                Err(refused("major, minor and micro are needed, or a `+`"))
            }
            _ => Ok(Self { text: text.to_owned(), components }),
        }
    }

    /// What takes any version.
    pub(super) fn any() -> Self {
        Self { text: WILDCARD.to_owned(), components: [Some(WILDCARD.to_owned()), None, None, None] }
    }

    /// As it is written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The major number, as it is written.
    pub(super) fn major(&self) -> &str {
        self.components[0].as_deref().unwrap_or_default()
    }

    /// Whether this request takes a version: components that are not written take anything.
    pub(super) fn takes(&self, version: &Self) -> bool {
        self.components.iter().zip(&version.components).all(|(wanted, found)| match wanted.as_deref() {
            None | Some(WILDCARD) => true,
            wanted => wanted == found.as_deref(),
        })
    }

    /// Whether it is one of Java 8 or later.
    pub(super) fn is_java_8_or_later(&self) -> bool {
        Self::exact("1.8.0").is_ok_and(|eight| *self >= eight)
    }

    /// The feature release of a Java version, such as 8 of `1.8.0_91` and 17 of `17.0.2`.
    pub(super) fn feature(&self) -> u32 {
        let at = usize::from(self.number(0) == 1);
        u32::try_from(self.number(at)).unwrap_or(0)
    }

    fn number(&self, at: usize) -> u128 {
        self.components[at].as_deref().and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = (0..3).map(|at| self.number(at).cmp(&other.number(at)));
        let rank = |version: &Self| {
            let qualifier = version.components[3].as_deref().unwrap_or_default();
            qualifier.chars().map(|c| COLLATION.find(c)).collect::<Vec<_>>()
        };
        numbers
            .fold(Ordering::Equal, Ordering::then)
            .then_with(|| rank(self).cmp(&rank(other)))
            // equal to the reader, written differently: `01.0.0`
            .then_with(|| self.text.cmp(&other.text))
    }
}

fn is_number(text: &str) -> bool {
    text == WILDCARD || !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_qualifier(text: &str) -> bool {
    text == WILDCARD || text.chars().all(|c| COLLATION.contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn best<'v>(request: &str, versions: &[&'v str]) -> Option<&'v str> {
        let request = Version::request(request).unwrap();
        let versions = versions.iter().map(|text| (Version::exact(text).unwrap(), *text));
        versions.filter(|(version, _)| request.takes(version)).max().map(|(_, text)| text)
    }

    #[test]
    fn the_greatest_version_that_a_request_takes_wins() {
        let versions = ["1.6.0", "1.7.0", "1.7.0_101", "1.7.0_91", "1.7.1", "1.8.0_91-unlimited-crypto", "2.0.0"];
        for (request, found) in [
            ("1.+", Some("1.8.0_91-unlimited-crypto")),
            ("1.7.+", Some("1.7.1")),
            ("1.7.0_+", Some("1.7.0_91")),
            ("1.7.0", Some("1.7.0_91")),
            ("1.7.0_101", Some("1.7.0_101")),
            ("1.8.0", Some("1.8.0_91-unlimited-crypto")),
            ("+", Some("2.0.0")),
            ("3.+", None),
            ("1.6.0_05", None),
        ] {
            assert_eq!(best(request, &versions), found, "{request}");
        }
        assert!(Version::any().takes(&Version::exact("1.6.0").unwrap()));
    }

    #[test]
    fn features_are_those_of_java() {
        for (version, feature) in [("1.8.0_91", 8), ("1.7.0", 7), ("11.0.2_7", 11), ("17.0.2", 17)] {
            assert_eq!(Version::exact(version).unwrap().feature(), feature, "{version}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            "1",
            "1.6",
            "1+",
            "1.6.0_05+",
            "+.6.0",
            "1.+.0",
            "1.6.+_5",
            "1.6.0.25",
            "1.6_26",
            "1.7.0_",
            "1..0",
            "1.",
            ".1.0",
            "a.1.0",
            "1.6.0_a!",
            "1.6._5",
        ] {
            assert!(Version::request(text).is_err(), "{text}");
        }
        for text in ["+", "1.+", "1.7.+", "1.7.0_+"] {
            assert!(Version::request(text).is_ok() && Version::exact(text).is_err(), "{text}");
        }
    }

    #[test]
    fn qualifiers_collate_as_text_of_their_own_alphabet() {
        let in_order = [
            "1.8.0",
            "1.8.0_-",
            "1.8.0_.",
            "1.8.0_a",
            "1.8.0_z",
            "1.8.0_A",
            "1.8.0_Z",
            "1.8.0_0",
            "1.8.0_101",
            "1.8.0_9",
            "1.8.0_91",
            "1.8.0_91-unlimited-crypto",
            "1.8.1",
            "1.10.0",
        ];
        for pair in in_order.windows(2) {
            let [less, more] = [pair[0], pair[1]].map(|text| Version::exact(text).unwrap());
            assert!(less < more, "{pair:?}");
        }
        assert!(Version::exact("1.8.0_91").unwrap().is_java_8_or_later());
        assert!(Version::exact("11.0.1").unwrap().is_java_8_or_later());
        assert!(!Version::exact("1.7.9").unwrap().is_java_8_or_later());
    }

    proptest! {
        #[test]
        fn the_order_is_total(
            texts in prop::collection::vec("[0-9]{1,3}\\.[0-9]{1,2}\\.[0-9](_[-.a-zA-Z0-9]{1,4})?", 3)
        ) {
            let [a, b, c]: [Version; 3] =
                texts.iter().map(|text| Version::exact(text).unwrap()).collect::<Vec<_>>().try_into().unwrap();
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
            prop_assert_eq!(a.cmp(&b) == Ordering::Equal, a == b);
        }
    }
}
