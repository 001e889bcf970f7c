//! JVM options of the user.

use crate::size::{self, SizeError};

/// Memory regions, in the order they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `-Xmx`
    Heap,
    /// `-Xss`
    Stack,
    /// `-XX:ReservedCodeCacheSize=`
    CodeCache,
    /// `-XX:MaxDirectMemorySize=`
    Direct,
    /// `-XX:MaxMetaspaceSize=`
    Metaspace,
    /// `-XX:MaxPermSize=`
    PermGen,
}

impl Kind {
    /// All regions in print order.
    pub const ALL: [Self; 6] = [Self::Heap, Self::Stack, Self::CodeCache, Self::Direct, Self::Metaspace, Self::PermGen];

    /// The JVM's switch, without the size.
    pub fn switch(self) -> &'static str {
        match self {
            Self::Heap => "-Xmx",
            Self::Stack => "-Xss",
            Self::CodeCache => "-XX:ReservedCodeCacheSize=",
            Self::Direct => "-XX:MaxDirectMemorySize=",
            Self::Metaspace => "-XX:MaxMetaspaceSize=",
            Self::PermGen => "-XX:MaxPermSize=",
        }
    }
}

/// The sizes the user's options fix, by region in print order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    sizes: [Option<i64>; 6],
}

impl Options {
    /// Picks the regions out of options separated by blanks. The last occurrence counts; other options are ignored.
    ///
    /// # Errors
    /// [`SizeError`] when what follows a known switch is no size. With several such, the first region in print order is
    /// named (the original names a random one).
    pub fn parse(text: &str) -> Result<Self, SizeError> {
        let mut options = Self::default();
        for kind in Kind::ALL {
            for word in text.split(' ') {
                if let Some(size) = word.strip_prefix(kind.switch()) {
                    options.sizes[kind as usize] = Some(size::parse_v2(size)?);
                }
            }
        }
        Ok(options)
    }

    /// The size the user gave.
    pub fn get(&self, kind: Kind) -> Option<i64> {
        self.sizes[kind as usize]
    }
}
