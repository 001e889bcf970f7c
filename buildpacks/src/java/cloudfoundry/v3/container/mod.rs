//! What runs the application. A main class is built in; the other kinds are recognised, so that none of them is taken
//! for one, and refused.

mod distribution;
mod groovy;
mod java_main;
mod kind;

pub(super) use kind::Container;
