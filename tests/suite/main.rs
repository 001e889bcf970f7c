//! The contract of `stage`, by driving the program. One binary: linking it is what costs on small machines.
//!
//! Inputs are made by code, but for Zipkin's jar and two JREs, which `./check` downloads. No test uses the network.

#![expect(clippy::disallowed_methods, reason = "tests open files of their own")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]
#![expect(clippy::print_stderr, reason = "messages as people see them, shown with --nocapture")]

mod absence;
mod any_user;
mod bad_input;
mod bases;
mod buildpack_inputs;
mod buildpack_scripts;
mod changing_inputs;
mod cloudfoundry;
mod command_line;
mod concurrency;
mod dependency;
mod detect;
mod documents;
mod droplet_options;
mod errors;
mod history;
mod hostile_messages;
mod java_buildpack;
mod judges;
mod lifecycle_acceptance;
mod lifecycle_bad_input;
mod lifecycle_edges;
mod lifecycle_resources;
mod limits;
mod measure;
mod memory_command;
mod memory_fits;
mod memory_growth;
mod never_stale;
mod outputs;
mod reproducible;
mod schemas;
mod script_processes;
mod seed;
mod starts;
mod strange_files;
mod support;
mod trust;
mod verbosity;
