//! Values and tables, and how headers and keys build them.

use std::collections::BTreeMap;
use std::fmt;

/// A value.
#[derive(Debug, PartialEq)]
pub(crate) enum Value {
    /// A string of any kind.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// A number or date, whose value nobody here needs.
    Other,
    /// An array.
    Array(Vec<Value>),
    /// A table, inline or not.
    Table(Table),
    /// The elements of `[[name]]`.
    Tables(Vec<Table>),
}

/// A key and its value.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// The value.
    pub(crate) value: Value,
    /// Line of the key, from 1.
    pub(crate) line: usize,
}

/// A table: its entries in the order of the text.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Table {
    /// The entries.
    pub(crate) entries: Vec<Entry>,
    /// Where each key is among them: looking through all of them for each would take time by the square.
    places: BTreeMap<String, usize>,
    /// Whether the table may not be opened again: it had its own header or was written inline.
    pub(super) closed: bool,
}

impl Table {
    /// The entry with a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(*self.places.get(key)?)
    }

    fn value_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.entries.get_mut(*self.places.get(key)?).map(|entry| &mut entry.value)
    }
}

/// What is wrong with a text, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Error {
    line: usize,
    message: String,
}

impl Error {
    /// An error at a line.
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "toml: line {}: {}", self.line, self.message)
    }
}

/// Adds an entry.
pub(super) fn insert(table: &mut Table, key: String, value: Value, line: usize) -> Result<(), Error> {
    if table.get(&key).is_some() {
        return Err(Error::new(line, format!("`{key}` is set twice")));
    }
    table.places.insert(key.clone(), table.entries.len());
    table.entries.push(Entry { key, value, line });
    Ok(())
}

/// Goes to the table at `path`, making missing ones. In an array of tables it goes to the last.
pub(super) fn descend<'a>(table: &'a mut Table, path: &[String], line: usize) -> Result<&'a mut Table, Error> {
    let Some((key, rest)) = path.split_first() else { return Ok(table) };
    if table.get(key).is_none() {
        insert(table, key.clone(), Value::Table(Table::default()), line)?;
    }
    let next = match table.value_mut(key) {
        Some(Value::Table(next)) => Some(next),
        Some(Value::Tables(elements)) => elements.last_mut(),
        _ => None,
    };
    let next = next.ok_or_else(|| Error::new(line, format!("`{key}` is not a table")))?;
    descend(next, rest, line)
}

/// Does what a header `[path]` does.
pub(super) fn open_table(root: &mut Table, path: &[String], line: usize) -> Result<(), Error> {
    let table = descend(root, path, line)?;
    if std::mem::replace(&mut table.closed, true) {
        return Err(Error::new(line, format!("`[{}]` is defined twice", path.join("."))));
    }
    Ok(())
}

/// Does what a header `[[path]]` does.
pub(super) fn append_table(root: &mut Table, path: &[String], line: usize) -> Result<(), Error> {
    let Some((key, parents)) = path.split_last() else { return Err(Error::new(line, "expected a key")) };
    let parent = descend(root, parents, line)?;
    let element = Table { closed: true, ..Table::default() };
    match parent.value_mut(key) {
        None => insert(parent, key.clone(), Value::Tables(vec![element]), line),
        Some(Value::Tables(elements)) => {
            elements.push(element);
            Ok(())
        }
        Some(_) => Err(Error::new(line, format!("`{key}` is not an array of tables"))),
    }
}
