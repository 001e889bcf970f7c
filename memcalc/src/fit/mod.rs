//! The libjvm calculation, adapted where a container is small.
//!
//! The original reserves for the worst case: 240M of code cache, the whole 1M of every thread's stack, and metaspace for
//! more classes than are usually loaded. A Spring Boot application that runs well in 256M is refused in 512M. Measured
//! for such an application: 222 threads with 24M of stacks committed, 15M to 54M of code, 42M to 51M of metaspace where
//! the estimate says about 206M.
//!
//! [`calculate`] takes the same inputs as [`crate::libjvm::calculate`] and gives the same result while that leaves at
//! least an eighth of the total to the heap. Otherwise it adapts, in the order of least harm, until the heap has a
//! quarter of the total:
//!
//! 1. a thread's stack is counted at 256K, since stacks are reserved but only committed as used; `-Xss` stays,
//! 2. code cache 240M to 64M,
//! 3. metaspace down to not less than half of the estimate, only as far as needed,
//! 4. code cache to 40M and `-Xss512k`.
//!
//! With all of that done, 32M of heap are accepted; with less the original's error is returned, followed by what would
//! have to change. Regions the user gave are never changed. What was adapted is said at the end of the configuration
//! line and in [`Calculation::adapted`].
//!
//! What the original accepts is never refused; what fits a limit fits every larger one, with no more adaptation. The heap
//! itself is not monotone where adaptation ends: there the larger reserves return.

mod advice;
mod plan;

pub use advice::Advice;
pub use plan::{Plan, plan};

use crate::libjvm::{self, Calculation, Error, FAILED, Inputs, Numbers, RegionError, Request};

/// Calculates as the original does, and adapts where that does not fit.
///
/// # Errors
/// [`Error`] as [`crate::libjvm::calculate`]; for lack of memory the text ends with what would have to change.
pub fn calculate(inputs: &Inputs<'_>) -> Result<Calculation, Error> {
    let mut log = Vec::new();
    match calculate_logged(inputs, &mut log) {
        Ok((numbers, plan)) => Ok(Calculation::compose(&inputs.environment, numbers, plan.regions, plan.adapted, log)),
        Err(text) => Err(Error::new(text, log)),
    }
}

fn calculate_logged(inputs: &Inputs<'_>, log: &mut Vec<String>) -> Result<(Numbers, Plan), String> {
    let numbers = libjvm::numbers(inputs, log)?;
    let request = libjvm::request(inputs)?;
    match plan(&request, &numbers) {
        Ok(plan) => Ok((numbers, plan)),
        Err(error) => Err(refusal(&request, &numbers, &error)),
    }
}

fn refusal(request: &Request, numbers: &Numbers, error: &RegionError) -> String {
    let mut text = format!("{FAILED}\n{error}");
    let advice = Advice::fitted(request, numbers);
    for line in advice.lines() {
        text.push('\n');
        text.push_str(&line);
    }
    text
}
