//! The catalogue: which dependencies there are, where they are published and what their bytes hash to. TOML, described in
//! `docs/dependencies.md`. A catalogue fetches nothing and knows nothing of what is cached.

mod entry;
mod error;
mod load;
mod parse;
#[cfg(test)]
mod tests;

pub use entry::CatalogueEntry;
pub use error::CatalogueError;
pub use load::Catalogue;
