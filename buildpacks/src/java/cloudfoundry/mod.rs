//! The Java buildpack as Cloud Foundry's platforms know it, in process: the layout, log lines and start commands of its
//! generations, made by this program without running a script.
//!
//! | module | what |
//! | --- | --- |
//! | `bits` | the application, as the classic rules look at it |
//! | `log` | steps and lines |
//! | `deposit` | what is left in the droplet: data, not yet on disk |
//! | `failed` | how a staging ends early |
//! | `faults` | what could not be read while rules were answered |
//! | `named_calculator` | a memory calculator that is chosen by name |
//! | `package` | offline packages as sources for the dependency cache |
//! | `programs` | our own programs in droplets |
//! | `services` | bound services |
//! | `shell_word` | names in commands |
//! | [`v3`] | the generation of `config` and `resources/cache` |
//! | [`v5`] | the generation of `manifest.yml` and `deps` |

mod bits;
mod deposit;
mod failed;
mod faults;
mod inside;
mod log;
mod named_calculator;
mod package;
mod programs;
mod services;
mod shell_word;
pub mod v3;
pub mod v5;

pub use bits::Bits;
pub use deposit::{Deposit, Part, Tree, Unpacked};
pub use failed::Failed;
pub use faults::{Faults, Unreadable};
pub use inside::leads_inside;
pub use log::Log;
pub use named_calculator::VARIABLE as MEMORY_CALCULATOR;
pub use package::{PackageError, import};
pub use programs::Programs;
