//! What runs inside the image: prepares the environment, then becomes the application.
//!
//! A drop-in for the launcher of the Cloud Native Buildpacks lifecycle, at `/cnb/lifecycle/launcher`, with
//! `/cnb/process/<type>` linking to it. It reads `<layers>/config/metadata.toml`, applies the layers' environment, runs
//! their exec.d programs and replaces itself with the process. On top of that, in images that ask for it, it sizes the
//! JVM's memory in-process, where other images start a helper program (table `[stage]`, see [`metadata`]).
//!
//! Droplets of Cloud Foundry get the same binary under other names, see [`droplet`].
//!
//! The contract, its messages and exit codes are in `docs/launcher.md`. Nothing here writes to disk or forks, but for
//! exec.d.

#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests open files of their own"))]

mod api;
mod directory;
mod droplet;
mod environment;
mod execd;
mod failure;
mod launch;
mod lookup;
mod memory;
mod metadata;
mod process;
mod shell;
mod stage;
mod toml;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    if let Some(program) = arguments.first().and_then(|name| droplet::Program::named(name)) {
        return program.run(&arguments, &|name| std::env::var_os(name));
    }
    let limits = memory::LimitFiles::default();
    match launch::launch(&arguments, std::env::vars_os(), &limits) {
        Ok(never) => match never {},
        Err(failure) => failure.report(),
    }
}
