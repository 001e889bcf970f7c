//! What is typed.

mod asks;
mod command;
mod dependency;
mod global;
mod print;
mod stage;

pub(super) use asks::{DetectArgs, InspectArgs, PlanArgs};
pub(super) use command::{Cli, Command};
pub(super) use dependency::{AddArgs, DependencyCommand};
pub(super) use global::{ColorArg, GlobalArgs, behind_the_command, color_asked};
pub(super) use print::PrintArgs;
pub(super) use stage::{CacheArgs, ChoiceArgs, PlatformArg, StageArgs, variable};
