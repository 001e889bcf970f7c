//! JVM options of the user.

use crate::libjvm::{CODE_CACHE_SWITCH, DIRECT_SWITCH, HEAP_SWITCH, METASPACE_SWITCH, STACK_SWITCH};
use crate::size::{self, DigitsError};

/// The regions the user's options fix. Zero is a size like any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-XX:MaxDirectMemorySize=`
    pub direct: Option<i64>,
    /// `-Xmx`
    pub heap: Option<i64>,
    /// `-XX:MaxMetaspaceSize=`
    pub metaspace: Option<i64>,
    /// `-XX:ReservedCodeCacheSize=`
    pub code_cache: Option<i64>,
    /// `-Xss`
    pub stack: Option<i64>,
}

impl Options {
    /// Adds options separated by single blanks. The last occurrence counts; what is not exactly such an option, a
    /// malformed size included, is ignored.
    ///
    /// # Errors
    /// The original's text for a number beyond 64 bits.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        for word in text.split(' ').map(str::trim) {
            let regions = [
                (DIRECT_SWITCH, &mut self.direct),
                (HEAP_SWITCH, &mut self.heap),
                (METASPACE_SWITCH, &mut self.metaspace),
                (CODE_CACHE_SWITCH, &mut self.code_cache),
                (STACK_SWITCH, &mut self.stack),
            ];
            for (switch, region) in regions {
                let Some(rest) = word.strip_prefix(switch) else { continue };
                match size::parse_digits(rest, "bkmgt") {
                    Ok(bytes) => *region = Some(bytes),
                    Err(DigitsError::Pattern) => {}
                    Err(DigitsError::TooLarge(digits)) => return Err(super::too_large(digits)),
                }
            }
        }
        Ok(())
    }
}
