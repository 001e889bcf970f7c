//! A calculation as a table: each region with its size, what decided it and why, and, where the memory does not
//! suffice, what would have to change.

mod fitted;
mod generation;
mod json;
mod original;
mod table;

use crate::Calculator;
use crate::fit::{Advice, Facts};
use crate::libjvm::{Numbers, Origin, Region, Request};
use crate::size;

/// One region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Name of the region.
    pub region: &'static str,
    /// The JVM's switch with the size; empty for what has none.
    pub switch: String,
    /// Bytes it is accounted for with.
    pub bytes: i64,
    /// The input that decided it.
    pub input: &'static str,
    /// How.
    pub why: String,
}

/// A calculation explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What it was calculated from.
    pub numbers: Numbers,
    /// Every region, the heap first.
    pub rows: Vec<Row>,
    /// Switches that are no sizes.
    pub more_switches: Vec<String>,
    /// What does with less than it should have, in words.
    pub adapted: Vec<String>,
    /// Least limit at which nothing would be adapted, if something was.
    pub unadapted_from: Option<i64>,
    /// Why it does not fit, if it does not.
    pub failure: Option<String>,
    /// What would have to change, if it does not fit.
    pub advice: Option<Advice>,
}

/// Calculates by what the application needs, and explains.
pub fn fitted(request: &Request, facts: &Facts, options: &str) -> Explanation {
    fitted::explain(request, facts, options)
}

/// Calculates as libjvm does, and explains.
pub fn original(request: &Request, numbers: &Numbers) -> Explanation {
    original::explain(request, numbers)
}

/// Calculates as a calculator does, and explains; `None` where none does. `loaded` are the classes expected to be loaded as
/// the buildpacks count them.
pub fn by(calculator: Calculator, request: &Request, facts: &Facts, loaded: i64, options: &str) -> Option<Explanation> {
    let Facts { total, threads, head_room, .. } = *facts;
    let numbers = Numbers { total, threads, classes: loaded, head_room };
    match calculator {
        Calculator::Off => None,
        Calculator::Fit => Some(fitted(request, facts, options)),
        Calculator::Libjvm => Some(original(request, &numbers)),
        Calculator::V2 | Calculator::V3 | Calculator::V4 => {
            Some(generation::explain(calculator, request, &numbers, options))
        }
    }
}

impl Explanation {
    /// Bytes of all regions together.
    pub fn sum(&self) -> i64 {
        self.rows.iter().fold(0, |sum, row| sum.wrapping_add(row.bytes))
    }

    /// The explanation as a table for people, ending with a newline.
    pub fn table(&self) -> String {
        table::render(self)
    }

    /// The explanation as JSON, ending with a newline.
    pub fn json(&self) -> String {
        json::render(self)
    }
}

/// The row of a region with a switch.
fn row(name: &'static str, switch: &str, region: Region, input: &'static str, why: String) -> Row {
    let switch = format!("{switch}{}", size::print(region.bytes));
    match region.origin {
        Origin::User => {
            let why = "given in the JVM options".to_owned();
            Row { region: name, switch, bytes: region.bytes, input: "JVM options", why }
        }
        Origin::Default | Origin::Calculated => Row { region: name, switch, bytes: region.bytes, input, why },
    }
}
