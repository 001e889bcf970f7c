//! The application's entries in layers, most stable first: by Spring Boot's layers index, else by what they are.

mod index;
mod slice;

pub use index::{LayersIndex, LayersIndexError};
pub use slice::{Slice, SliceError, slice, slice_by};
