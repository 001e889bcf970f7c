//! What is typed.

mod asks;
mod command;
mod dependency;
mod print;
mod stage;

pub(super) use asks::{DetectArgs, InspectArgs, PlanArgs};
pub(super) use command::{Cli, Command};
pub(super) use dependency::{AddArgs, DependencyCommand};
pub(super) use print::PrintArgs;
pub(super) use stage::{CacheArgs, ChoiceArgs, PlatformArg, StageArgs, variable};
