//! Recordings of the original, and what they leave out: hostile and incomplete folders.

mod folder;
mod recordings;
mod refusals;
