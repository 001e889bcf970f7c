//! The Java buildpack as Cloud Foundry's platforms know it, in process: the layout, log lines and start commands of its
//! generations, made by this program without running a script.
//!
//! | module | what |
//! | --- | --- |
//! | `bits` | the application, as the classic rules look at it |
//! | `log` | steps and lines |
//! | `deposit` | what is left in the droplet: data, not yet on disk |
//! | [`v5`] | the generation of `manifest.yml` and `deps` |

mod bits;
mod deposit;
mod log;
pub mod v5;

pub use bits::Bits;
pub use deposit::{Deposit, Part, Tree, Unpacked};
pub use log::Log;
