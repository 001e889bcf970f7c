//! Command lines of the originals: Go's `flag` package (v2, v3) and `pflag` (v4).

pub mod gnu;
pub mod single;

/// Kind of a flag's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `-name` or `-name=true`.
    Bool,
    /// An integer.
    Int,
    /// A floating point number.
    Float,
    /// Any text.
    Text,
}

/// A flag a program knows.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Name without dashes.
    pub name: &'static str,
    /// Kind of its value.
    pub kind: Kind,
    /// What it is for.
    pub help: &'static str,
}
