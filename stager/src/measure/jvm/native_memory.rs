//! The answer to `VM.native_memory summary`: what the JVM has committed, by category. KB in it are 1,024 bytes.
//!
//! ```text
//! Total: reserved=1591353KB, committed=203377KB
//! -                 Java Heap (reserved=262144KB, committed=59612KB)
//!                             (mmap: reserved=262144KB, committed=59612KB)
//! -                    Thread (reserved=227085KB, committed=24437KB)
//!                             (threads #222)
//!                             (stack: reserved=226304KB, committed=23396KB)
//! ```

use std::collections::BTreeMap;

/// Committed memory by category, bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NativeMemory {
    categories: BTreeMap<String, Category>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Category {
    committed: i64,
    /// Committed in mappings of its own, and in stacks.
    mapped: i64,
    stacks: i64,
    stacks_reserved: i64,
    /// `classes #`, `threads #`.
    count: i64,
    /// The most that arenas had, where this Java tells, and now.
    arena_peak: i64,
    arena: i64,
    /// Committed for metadata and for compressed classes.
    metadata: i64,
    class_space: i64,
}

impl NativeMemory {
    /// Reads the answer; `None` when native memory tracking is off or it is no such answer.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut categories = BTreeMap::new();
        let mut current: Option<(String, Category)> = None;
        let mut in_class_space = false;
        for line in text.lines() {
            let line = line.trim();
            if let Some((name, committed)) = heading(line) {
                categories.extend(current.take());
                current = Some((name, Category { committed, ..Category::default() }));
                in_class_space = false;
                continue;
            }
            let Some((_, category)) = &mut current else { continue };
            let inner = line.trim_start_matches('(').trim_start();
            if inner.starts_with("Class space:") {
                in_class_space = true;
            } else if ["classes #", "threads #", "thread #"].iter().any(|word| inner.starts_with(word)) {
                // The line after the classes tells instance classes from arrays once more.
                category.count = number(inner, "#").unwrap_or(0);
            } else if inner.starts_with("stack:") {
                category.stacks = number(inner, "committed=").unwrap_or(0) << 10;
                category.stacks_reserved = number(inner, "reserved=").unwrap_or(0) << 10;
            } else if inner.starts_with("mmap:") {
                category.mapped = number(inner, "committed=").unwrap_or(0) << 10;
            } else if inner.starts_with("arena=") {
                category.arena = number(inner, "arena=").unwrap_or(0) << 10;
                category.arena_peak = number(inner, "peak=").unwrap_or(0) << 10;
            } else if inner.starts_with("reserved=") {
                let place = if in_class_space { &mut category.class_space } else { &mut category.metadata };
                *place = number(inner, "committed=").unwrap_or(0) << 10;
            }
        }
        categories.extend(current);
        let read = Self { categories };
        read.categories.contains_key("Total").then_some(read)
    }

    fn of(&self, name: &str) -> Category {
        self.categories.get(name).cloned().unwrap_or_default()
    }

    /// Everything.
    pub(crate) fn total(&self) -> i64 {
        self.of("Total").committed
    }

    /// The heap.
    pub(crate) fn heap(&self) -> i64 {
        self.of("Java Heap").committed
    }

    /// Metaspace with the compressed class space, as `-XX:MaxMetaspaceSize` counts.
    pub(crate) fn metaspace(&self) -> i64 {
        let class = self.of("Class");
        // Java 8 tells of mappings only.
        if class.metadata + class.class_space > 0 { class.metadata + class.class_space } else { class.mapped }
    }

    /// The code cache.
    pub(crate) fn code(&self) -> i64 {
        self.of("Code").mapped
    }

    /// Stacks: all that is committed, of which Java 8 does not know how much is in use.
    fn stacks(&self) -> i64 {
        self.of("Thread").stacks
    }

    /// Stacks as far as they are in use; `None` where this Java does not tell.
    pub(crate) fn stacks_in_use(&self) -> Option<i64> {
        let thread = self.of("Thread");
        (thread.stacks < thread.stacks_reserved).then_some(thread.stacks)
    }

    /// Direct buffers, and what else the application allocates itself. Java 8 counts them as internal.
    pub(crate) fn direct(&self) -> i64 {
        self.categories.get("Other").map_or_else(|| self.of("Internal").committed, |other| other.committed)
    }

    /// Classes loaded.
    pub(crate) fn classes(&self) -> i64 {
        self.of("Class").count
    }

    /// Threads.
    pub(crate) fn threads(&self) -> i64 {
        self.of("Thread").count
    }

    /// What the tracking itself takes: nothing of it is there without.
    pub(crate) fn tracking(&self) -> i64 {
        self.of("Native Memory Tracking").committed
    }

    /// Everything that has no region of its own: the JVM's own structures, and the most that compilers had at a time.
    pub(crate) fn own(&self) -> i64 {
        let regions = self.heap() + self.metaspace() + self.code() + self.stacks() + self.direct() + self.tracking();
        self.total() - regions - self.compilers_now() + self.compilers()
    }

    /// The same without what compilers had; `None` where this Java does not tell how much that was.
    pub(crate) fn own_without_compilers(&self) -> Option<i64> {
        self.compilers_most().map(|_| self.own() - self.compilers())
    }

    /// The most that compilers had at a time, where this Java tells; else what they have now.
    fn compilers(&self) -> i64 {
        self.compilers_most().unwrap_or(0).max(self.compilers_now())
    }

    fn compilers_most(&self) -> Option<i64> {
        Some(self.of("Compiler").arena_peak).filter(|peak| *peak > 0)
    }

    /// What compilers have, with the chunks that are kept for the next compilation.
    fn compilers_now(&self) -> i64 {
        self.of("Compiler").arena + self.of("Arena Chunk").committed
    }
}

/// Name and committed bytes of a line that opens a category: `- Java Heap (reserved=1KB, committed=1KB)`, or `Total: ...`.
fn heading(line: &str) -> Option<(String, i64)> {
    let name = match line.strip_prefix("Total:") {
        Some(_) => "Total",
        None => line.strip_prefix('-')?.split_once('(')?.0.trim(),
    };
    Some((name.to_owned(), number(line, "committed=")? << 10))
}

/// The number behind a word.
fn number(text: &str, word: &str) -> Option<i64> {
    let (_, after) = text.split_once(word)?;
    let end = after.find(|character: char| !character.is_ascii_digit()).unwrap_or(after.len());
    // A number that no machine has is no answer; what it is multiplied by leaves room.
    after[..end].parse::<i64>().ok().filter(|number| *number < 1 << 50)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: i64 = 1024;

    /// Answers of real JVMs running the same small program: `fixtures/native-memory`.
    fn recorded(java: &str) -> NativeMemory {
        let path = format!("{}/../fixtures/native-memory/{java}.txt", env!("CARGO_MANIFEST_DIR"));
        NativeMemory::parse(&fs_err::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn answers_of_real_jvms() {
        // Total, heap, metaspace, code, stacks, direct, the JVM's own (with the compilers' peak in place of what they have and of
        // kept chunks): kB. Classes, threads.
        for (java, expected) in [
            ("8", [94_384, 65_536, 4_992, 2_536, -1, 3_457, 5_517, 785, 13]),
            ("17", [89_198, 65_536, 6_272, 7_548, 976, 3_084, 5_268, 994, 16]),
            ("21", [91_797, 65_536, 7_168, 7_548, 956, 3_084, 7_322 + 2_168 - 164 - 1_967, 1_056, 15]),
            ("25", [90_410, 65_536, 7_936, 7_548, 1_028, 3_094, 5_052 + 1_156 - 196 - 433, 1_217, 15]),
        ] {
            let found = recorded(java);
            let numbers = [
                found.total() / KIB,
                found.heap() / KIB,
                found.metaspace() / KIB,
                found.code() / KIB,
                found.stacks_in_use().unwrap_or(-KIB) / KIB,
                found.direct() / KIB,
                found.own() / KIB,
                found.classes(),
                found.threads(),
            ];
            assert_eq!(numbers, expected, "{java}");
            let compilers = found.own_without_compilers().map(|rest| (found.own() - rest) / KIB);
            assert_eq!(
                compilers,
                [("21", 2_168), ("25", 1_156)].into_iter().find(|(of, _)| *of == java).map(|it| it.1)
            );
        }
    }

    #[test]
    fn what_is_no_answer() {
        assert_eq!(NativeMemory::parse("Native memory tracking is not enabled\n"), None);
        assert_eq!(NativeMemory::parse(""), None);
        let huge = "Total: reserved=1KB, committed=99999999999999999999KB\n";
        assert_eq!(NativeMemory::parse(huge), None);
    }
}
