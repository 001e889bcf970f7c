//! Containers: what kind of Java application an artifact is, how it starts, and why. Detection reads manifests, names and
//! the headers of class files; it decides nothing about versions of dependencies.
//!
//! | kind | taken when | starts as |
//! | --- | --- | --- |
//! | `spring-boot` | the manifest's `Main-Class` is a Spring Boot launcher, or it has `Start-Class` and the launcher is there | `java -cp <workspace> <Main-Class>` |
//! | `executable-jar` | the manifest names a `Main-Class` | `java -jar`, or `java -cp` where the jar is unpacked |

pub(super) mod class_path;
mod detect;
mod detection;
mod distribution;
mod error;
mod executable;
mod feature;
mod module_access;
mod order;
mod spring_boot;
#[cfg(test)]
mod tests;

pub(super) use class_path::ClassPath;
pub(super) use executable::PACKED_NAME;
pub(super) use spring_boot::LOADER;

pub use detect::{Outline, detect, detect_remembering, java_needed, of_artifact, outline};
pub use detection::{BUILDPACK, Detection, Facts, JavaNeed, Kind, Layout, Start, Warning};
pub use error::{DetectError, LookedFor};
pub use module_access::ModuleAccess;
pub use order::order_by_name;
