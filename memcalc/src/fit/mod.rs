//! Memory by what an application really needs.
//!
//! The calculators of the buildpacks reserve for the worst case, and refuse a Spring Boot application in 512M that runs well
//! in 192M. Here the needs are estimated from facts of the application ([`Needs`]; measured ones in place of estimates when
//! there is a [`Profile`]), the limit is given out in the order of the harm it does to go without ([`plan()`]), and it is
//! refused only where not even the least of everything has room.
//!
//! What the switches allow and what no switch limits together stay below the limit, so that an application that grows ends
//! with a message of the JVM, not by the kernel. Regions the user gave are never changed.

mod advice;
mod facts;
mod needs;
mod options;
mod plan;
mod profile;
mod switches;
mod words;

pub use advice::{Advice, unadapted_limit};
pub use facts::{Classes, Facts};
pub use needs::{Need, Needs};
pub use options::{Collector, Options};
pub use plan::{Plan, Refusal, Shares, plan};
pub use profile::{Profile, ProfileError};
pub use switches::more as more_switches;

use crate::libjvm::{self, Calculation, Environment, Error, FAILED, Inputs, Numbers, Request};

/// Sizes every region, and chooses collector and compiler.
///
/// # Errors
/// [`Error`] as [`crate::libjvm::calculate`]; for lack of memory the text ends with what would have to change.
pub fn calculate(inputs: &Inputs<'_>) -> Result<Calculation, Error> {
    let mut log = Vec::new();
    match calculate_logged(inputs, &mut log) {
        Ok((facts, plan)) => {
            let more = more_switches(&plan, inputs.environment.java_tool_options.unwrap_or_default());
            let Facts { total, threads, head_room, .. } = facts;
            let numbers = Numbers { total, threads, classes: plan.needs.classes.usual, head_room };
            Ok(Calculation::compose(&inputs.environment, numbers, plan.regions, more, plan.adapted, log))
        }
        Err(text) => Err(Error::new(text, log)),
    }
}

/// The regions that the user's options fix.
///
/// # Errors
/// A size that is too large, in words.
pub fn request(options: &str) -> Result<Request, String> {
    Request::from_options(&words::for_shell(options))
}

fn calculate_logged(inputs: &Inputs<'_>, log: &mut Vec<String>) -> Result<(Facts, Plan), String> {
    let options = inputs.environment.java_tool_options;
    // What is shared with the original takes options apart as a shell does; the JVM does not.
    let quoted = options.map(words::for_shell);
    let environment = Environment { java_tool_options: quoted.as_deref(), ..inputs.environment };
    let inputs = &Inputs { environment, ..*inputs };
    let facts = Facts { options: Options::read(options.unwrap_or_default()), ..Facts::read(inputs, log)? };
    let request = libjvm::request(inputs)?;
    match plan(&request, &facts) {
        Ok(plan) => Ok((facts, plan)),
        Err(refusal) => Err(refused(&request, &facts, &refusal)),
    }
}

fn refused(request: &Request, facts: &Facts, refusal: &Refusal) -> String {
    let mut text = format!("{FAILED}\n{refusal}");
    for line in Advice::fitted(request, facts).lines() {
        text.push('\n');
        text.push_str(&line);
    }
    text
}
