//! What was measured of an application.

use std::fmt;
use std::str::FromStr;

/// Measured use of memory at its highest, bytes. Its text is one line of `name=number`, as images and the files beside
/// jars carry it: `java=17 classes=11176 metaspace=59709000 ...`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Feature release of the Java runtime it was measured with.
    pub java: i64,
    /// Classes loaded.
    pub classes: i64,
    /// Metaspace committed, compressed class space included.
    pub metaspace: i64,
    /// Code cache committed.
    pub code: i64,
    /// Heap in use after a full collection.
    pub live: i64,
    /// Direct buffers and what else the application allocates outside the heap.
    pub direct: i64,
    /// Threads.
    pub threads: i64,
    /// Stacks committed, of all threads.
    pub stacks: i64,
    /// Everything else: the JVM's own structures, symbols, compilers, what `malloc` holds.
    pub native: i64,
    /// Pages of files that are mapped.
    pub files: i64,
    /// What of `native` the compilers had at most, with what `malloc` kept of it; only some releases of Java tell.
    pub compiler: Option<i64>,
    /// Bytes of the agents that came only with the start that was measured; what they use is in the other numbers.
    pub agents: i64,
}

/// Why a text is no profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileError {
    /// A word is not `name=number`, or the number is not one that could have been measured.
    Word(String),
    /// A number is missing.
    Missing(&'static str),
}

/// No measured number is larger: 64 TiB.
const MOST: i64 = 64 << 40;

/// Names of the numbers that are always there, in the order of the text.
const NAMES: [&str; 10] =
    ["java", "classes", "metaspace", "code", "live", "direct", "threads", "stacks", "native", "files"];

/// Numbers that may be missing, behind the others in this order.
const COMPILER: &str = "compiler";
const AGENTS: &str = "agents";

impl Profile {
    fn numbers(&self) -> [i64; NAMES.len()] {
        let Self { java, classes, metaspace, code, live, direct, threads, stacks, native, files, .. } = *self;
        [java, classes, metaspace, code, live, direct, threads, stacks, native, files]
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    /// Reads the text; names that are not known are skipped, since later versions may measure more.
    fn from_str(text: &str) -> Result<Self, ProfileError> {
        let mut numbers = [None; NAMES.len()];
        let (mut compiler, mut agents) = (None, 0);
        for word in text.split_ascii_whitespace() {
            let wrong = || ProfileError::Word(word.to_owned());
            let (name, number) = word.split_once('=').ok_or_else(wrong)?;
            let number = number.parse::<i64>().ok().filter(|number| (0..=MOST).contains(number)).ok_or_else(wrong)?;
            if let Some(at) = NAMES.iter().position(|known| *known == name) {
                numbers[at] = Some(number);
            } else if name == COMPILER {
                compiler = Some(number);
            } else if name == AGENTS {
                agents = number;
            }
        }
        let mut found = [0; NAMES.len()];
        for (at, name) in NAMES.iter().enumerate() {
            found[at] = numbers[at].ok_or(ProfileError::Missing(name))?;
        }
        let [java, classes, metaspace, code, live, direct, threads, stacks, native, files] = found;
        Ok(Self { java, classes, metaspace, code, live, direct, threads, stacks, native, files, compiler, agents })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compiler = self.compiler.map(|number| (COMPILER, number));
        let agents = Some((AGENTS, self.agents)).filter(|(_, bytes)| *bytes > 0);
        let all = NAMES.into_iter().zip(self.numbers()).chain(compiler).chain(agents);
        for (at, (name, number)) in all.enumerate() {
            write!(f, "{}{name}={number}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "`{word}` is not a name, `=` and a measured number"),
            Self::Missing(name) => write!(f, "`{name}` is missing"),
        }
    }
}

impl std::error::Error for ProfileError {}
