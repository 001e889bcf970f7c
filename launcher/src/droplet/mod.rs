//! Programs that a Cloud Foundry droplet gets of this binary, told apart by the name they are started by.
//!
//! | name | does |
//! | --- | --- |
//! | `javaexec` | becomes the JVM, with the options in `JAVA_OPTS`; `--options` puts these together |
//! | `java-buildpack-memory-calculator-VERSION` | sizes the JVM's memory, as the calculator of that version |
//!
//! They are what start commands and profile scripts of the Java buildpack call. The contract is in `docs/launcher.md`.

mod calculator;
mod expansion;
mod javaexec;
mod options;
mod program;
mod tokens;

pub(crate) use program::Program;
