//! What the documents show: commands are run, what they print is compared.

mod blocks;
mod claims;
mod commands;
mod shown;
mod things;
