//! What JVM and kernel say at a moment.

use memcalc::size::KIBI;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::MeasureError;
use super::jvm::{Jvm, NativeMemory, used_heap};
use super::process_facts::ProcessFacts;

/// A thread's stack where the JVM does not say how much of it is in use: the same that is estimated without a profile.
const STACK_EACH: i64 = 110 * KIBI;

/// Use of memory at a moment. Sizes in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Observed {
    /// Classes loaded.
    pub classes: i64,
    /// Heap in use, garbage included.
    pub heap_used: i64,
    /// Heap committed.
    pub heap_committed: i64,
    /// Metaspace committed, class space included.
    pub metaspace: i64,
    /// Code cache committed.
    pub code: i64,
    /// Direct buffers and what else the application allocates itself.
    pub direct: i64,
    /// Threads.
    pub threads: i64,
    /// Stacks in use.
    pub stacks: i64,
    /// Everything that has no region: the JVM's own structures, and what `malloc` keeps.
    pub native: i64,
    /// What of that the compilers had at most until now, with what `malloc` kept of it, where this Java tells.
    pub compilers: Option<i64>,
    /// Pages of files in memory.
    pub files: i64,
    /// Anonymous memory in use: everything but pages of files.
    pub anonymous: i64,
    /// Pages that had to be read from disk again, until now.
    pub major_faults: u64,
}

impl Observed {
    /// Asks.
    pub(super) fn of(process: ProcessFacts, jvm: &Jvm) -> Result<Self, MeasureError> {
        let tracked = NativeMemory::parse(&jvm.ask("VM.native_memory summary")?).ok_or(MeasureError::NoTracking)?;
        let heap_info = jvm.ask("GC.heap_info")?;
        let anonymous = process.anonymous().ok_or(MeasureError::Gone)?;
        let stacks = tracked.stacks_in_use().unwrap_or_else(|| tracked.threads().saturating_mul(STACK_EACH));
        let regions = tracked.heap() + tracked.metaspace() + tracked.code() + tracked.direct() + stacks;
        // What `malloc` keeps the JVM does not know of; what it has committed and never touched the kernel does not count.
        let native = tracked.own().max(anonymous - regions - tracked.tracking()).max(0);
        Ok(Self {
            classes: tracked.classes(),
            heap_used: used_heap(&heap_info).unwrap_or(0),
            heap_committed: tracked.heap(),
            metaspace: tracked.metaspace(),
            code: tracked.code(),
            direct: tracked.direct(),
            threads: tracked.threads(),
            stacks,
            native,
            compilers: tracked.own_without_compilers().map(|rest| (native - rest).max(0)),
            files: process.files().ok_or(MeasureError::Gone)?,
            anonymous,
            major_faults: process.major_faults().unwrap_or(0),
        })
    }
}
