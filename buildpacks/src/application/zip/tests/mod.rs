//! Tests over archives made by code.

mod hostile;
mod shapes;

use std::path::Path;
use std::sync::Arc;

use super::writer::{Item, Zip};
use crate::application::{Entry, OpenError, Source};

fn read(bytes: Vec<u8>) -> Result<Vec<Entry>, OpenError> {
    super::read(&Arc::new(Source::from_bytes(bytes, Path::new("test.jar"))))
}

/// Every file's name and content.
fn contents(entries: &[Entry]) -> Vec<(String, Vec<u8>)> {
    let read = |entry: &Entry| Some((entry.path.to_string(), entry.content()?.read(1 << 30).unwrap().into_owned()));
    entries.iter().filter_map(read).collect()
}
