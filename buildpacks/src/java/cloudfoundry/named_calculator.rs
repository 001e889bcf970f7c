//! A memory calculator that is chosen by name, in place of that of the buildpack's generation.

use std::collections::BTreeMap;

use memcalc::Calculator;

use super::Bits;

/// The variable of the staging that chooses it; empty is that of the generation.
pub const VARIABLE: &str = "STAGE_MEMORY_CALCULATOR";

/// What `environment` chooses; none for the generation's `own`.
///
/// # Errors
/// A name that no calculator has, in words.
pub(super) fn chosen(environment: &BTreeMap<String, String>, own: Calculator) -> Result<Option<Calculator>, String> {
    match environment.get(VARIABLE).map(String::as_str) {
        None | Some("") => Ok(None),
        Some(text) => {
            let calculator = text.parse().map_err(|error| format!("`{VARIABLE}`: {error}"))?;
            Ok(Some(calculator).filter(|calculator| *calculator != own))
        }
    }
}

/// A calculator and what it is given.
#[derive(Clone, Debug)]
pub(super) struct NamedCalculator {
    /// Which one.
    pub(super) calculator: Calculator,
    /// Classes in the application and its libraries, where configuration does not say how many are loaded.
    pub(super) classes: Option<i64>,
    /// Those of them that are usually loaded, by the libraries they belong to, where that is known.
    pub(super) likely: Option<i64>,
    /// Classes that will be loaded, as the buildpacks count them.
    pub(super) loaded: i64,
    /// Threads.
    pub(super) threads: String,
    /// Percent of the limit to leave alone.
    pub(super) head_room: i64,
    /// Feature release of the runtime.
    pub(super) java: u32,
}

impl NamedCalculator {
    /// The program's name: our own program goes by it.
    pub(super) fn program(&self) -> String {
        format!("java-buildpack-memory-calculator-{}", self.calculator)
    }

    /// Its arguments but for the user's options; `limit` is a size, or the variable with one.
    pub(super) fn arguments(&self, limit: &str) -> String {
        let mut words = vec![format!("--total-memory={limit}")];
        words.extend(self.classes.map(|classes| format!("--class-count={classes}")));
        words.extend(self.likely.map(|likely| format!("--likely-class-count={likely}")));
        words.push(format!("--loaded-class-count={}", self.loaded));
        words.push(format!("--thread-count={}", self.threads));
        words.push(format!("--java={}", self.java));
        if self.head_room > 0 {
            words.push(format!("--head-room={}", self.head_room));
        }
        words.join(" ")
    }

    /// How many of its classes are usually loaded, where the calculator asks for it.
    pub(super) fn likely(calculator: Calculator, bits: Bits<'_>) -> Option<i64> {
        (calculator == Calculator::Fit).then(|| bits.likely_classes())
    }

    /// How many classes an application has, and how many will be loaded.
    pub(super) fn counts(bits: Bits<'_>, java: u32) -> (i64, i64) {
        let classes = bits.classes();
        (classes, memcalc::count::v5_loaded(classes, java))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generation_s_own_is_no_choice() {
        let choice = |text: &str| chosen(&BTreeMap::from([(VARIABLE.to_owned(), text.to_owned())]), Calculator::V4);
        assert_eq!(chosen(&BTreeMap::new(), Calculator::V4), Ok(None));
        assert_eq!(choice(""), Ok(None));
        assert_eq!(choice("v4"), Ok(None));
        assert_eq!(choice("off"), Ok(Some(Calculator::Off)));
        assert_eq!(choice("fit"), Ok(Some(Calculator::Fit)));
        let error = "`STAGE_MEMORY_CALCULATOR`: `v5` is none of fit, libjvm, v2, v3, v4, off";
        assert_eq!(choice("v5"), Err(error.to_owned()));
    }

    #[test]
    fn arguments_are_those_of_the_program() {
        let mut named = NamedCalculator {
            calculator: Calculator::Fit,
            classes: Some(63_952),
            likely: Some(6_000),
            loaded: 37_158,
            threads: "250".to_owned(),
            head_room: 0,
            java: 17,
        };
        assert_eq!(named.program(), "java-buildpack-memory-calculator-fit");
        assert_eq!(
            named.arguments("$MEMORY_LIMIT"),
            "--total-memory=$MEMORY_LIMIT --class-count=63952 --likely-class-count=6000 \
             --loaded-class-count=37158 --thread-count=250 --java=17"
        );
        (named.classes, named.likely, named.head_room) = (None, None, 5);
        assert_eq!(
            named.arguments("1g"),
            "--total-memory=1g --loaded-class-count=37158 --thread-count=250 --java=17 --head-room=5"
        );
    }
}
