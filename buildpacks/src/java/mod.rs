//! Java applications: containers, JREs, frameworks.

mod auto_reconfiguration;
mod boot_java;
mod census;
pub mod classfile;
pub mod cloudfoundry;
pub mod container;
pub mod manifest;
mod options;
mod plan;
pub mod slices;
pub mod start;

pub use auto_reconfiguration::may_be_wanted as auto_reconfiguration_possible;
pub use census::{Census, CensusMemo, NoMemo, WebApplication};
pub use options::{Component, ComponentError, HostRuntime, JavaOptions};
pub use plan::{Inventory, MemoryPlan, Plan, plan};
