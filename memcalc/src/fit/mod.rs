//! The libjvm calculation, adapted where a container is small.
//!
//! The original reserves for the worst case: 240M of code cache, the whole 1M of every thread's stack, and metaspace for
//! more classes than are usually loaded. A Spring Boot application that runs well in 256M is refused in 512M. Measured
//! for such an application: 222 threads with 24M of stacks committed, 15M to 54M of code, 42M to 51M of metaspace where
//! the estimate says about 206M.
//!
//! [`calculate`] takes the same inputs as [`crate::libjvm::calculate`] and gives the same result while that leaves at
//! least a quarter of the total (less the head room) to the heap. Otherwise it adapts, in the order of least harm, each
//! step only as far as needed for the heap to have its quarter:
//!
//! 1. a thread's stack is counted with less, down to 256K, since stacks are reserved but only committed as used; `-Xss`
//!    stays,
//! 2. code cache 240M down to 64M, in whole M,
//! 3. metaspace down to half of the estimate,
//! 4. code cache down to 40M, and `-Xss512K`.
//!
//! With all of that done, 32M of heap are accepted; with less the original's error is returned, followed by what would
//! have to change. Regions the user gave are never changed. What was adapted, from and to, is said at the end of the
//! configuration line and in [`Calculation::adapted`].
//!
//! What the original accepts is never refused, what fits a limit fits every larger one, and no region is smaller in a
//! larger limit. For that an adapted heap has its quarter and no more: up to 1M may remain, because the code cache
//! changes in whole M.

mod advice;
mod plan;

pub use advice::{Advice, unadapted_limit};
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
