//! Lists of `name:value` clauses. A name given twice: the last counts.

use super::Range;
use crate::go;
use std::collections::BTreeMap;

/// Reads `-memoryWeights`. Weights are single-precision numbers above zero.
pub(super) fn weights(text: &str) -> Result<BTreeMap<String, f64>, String> {
    if text.is_empty() {
        return Err("-memoryWeights must be specified".to_owned());
    }
    clauses(text, "memoryWeights", |clause, value| {
        let weight = go::parse_float32(value)
            .map_err(|error| format!("Bad weight in -memoryWeights flag; clause '{clause}' : {error}"))?;
        if weight <= 0.0 {
            return Err(format!("Weight must be positive in -memoryWeights flag; clause '{clause}'"));
        }
        Ok(weight)
    })
}

/// Reads `-memorySizes`.
pub(super) fn ranges(text: &str) -> Result<BTreeMap<String, Range>, String> {
    if text.is_empty() {
        return Ok(BTreeMap::new());
    }
    clauses(text, "memorySizes", |clause, value| {
        Range::parse(value).map_err(|error| format!("Bad range in -memorySizes flag, clause '{clause}' : {error}"))
    })
}

/// Reads `-memoryInitials`: percentages as ratios.
pub(super) fn initials(text: &str) -> Result<BTreeMap<String, f64>, String> {
    if text.is_empty() {
        return Ok(BTreeMap::new());
    }
    clauses(text, "memoryInitials", |clause, value| {
        let bad = |cause: &dyn std::fmt::Display| {
            format!("Bad initial value in -memoryInitials flag; clause '{clause}' : {cause}")
        };
        if !value.ends_with('%') {
            return Err(bad(&"value must be a percentage (e.g. 10%)"));
        }
        let percent = go::parse_float32(&value.replacen('%', "", 1)).map_err(|error| bad(&error))?;
        #[expect(clippy::manual_range_contains, reason = "not-a-number passes, as in the original")]
        if percent < 0.0 || percent > 100.0 {
            return Err(format!(
                "Initial value must be zero or more but no more than 100% in -memoryInitials flag; clause '{clause}'"
            ));
        }
        Ok(percent * 0.01)
    })
}

fn clauses<T>(
    text: &str,
    flag: &str,
    read: impl Fn(&str, &str) -> Result<T, String>,
) -> Result<BTreeMap<String, T>, String> {
    let mut values = BTreeMap::new();
    for clause in text.split(',') {
        let parts: Vec<&str> = clause.split(':').collect();
        let [name, value] = *parts else {
            return Err(format!("Bad clause '{clause}' in -{flag} flag"));
        };
        values.insert(name.to_owned(), read(clause, value)?);
    }
    Ok(values)
}
