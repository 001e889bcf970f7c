//! Whether a file at hand is what its id says: what an id stands for, what an archive holds, and where in it.
//!
//! Only `stage dependency add` asks: what is fetched or imported is known by its checksum.

mod expected;
mod found;
mod mismatch;
mod place;
#[cfg(test)]
mod tests;
mod vendor;

pub use expected::Expectation;
pub use mismatch::Mismatch;
pub use vendor::is_vendors_runtime;
