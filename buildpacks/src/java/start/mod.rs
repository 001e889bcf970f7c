//! The last look before an application is staged: every file and class that its start commands name is there. One check
//! for images and droplets, whatever made the command.
//!
//! It errs on the side of starting: what lies outside the application, or depends on variables of the container, is not
//! judged. A class path entry that is not there is no error where the main class is found without it, as for Java.

mod beside;
mod check;
mod classes;
mod command;
mod error;
mod shell;
#[cfg(test)]
mod tests;

pub use beside::{beside, check_beside};
pub use check::{Place, check};
pub use command::Word;
pub use error::StartError;
pub use shell::words;
