//! Versions of dependencies and what is asked for: Java's forms, semantic versions, Maven's qualifiers, all in one total
//! order. Ranges (`>=17 <22`) are not read.

mod qualifier;
mod requirement;
#[cfg(test)]
mod tests;
mod value;

pub use requirement::{Requirement, RequirementError};
pub use value::{Version, VersionError};
