//! What benches share: timed commands, what they say of their numbers, where the real application lies.

pub(crate) mod command;
pub(crate) mod ground;
pub(crate) mod statistics;
