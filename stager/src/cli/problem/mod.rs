//! What went wrong, for programs: every error that a command may end in has a code and hints, found through its causes. The
//! matches name every variant, so that a new one cannot be forgotten.

mod application;
mod cloudfoundry;
mod code;
mod contract;
mod dependency;
mod document;
mod image;
mod io;
mod measure;
mod staging;

pub(super) use code::Code;
pub(super) use contract::Problem;
pub(super) use document::ErrorDocument;
pub(super) use io::Place;
