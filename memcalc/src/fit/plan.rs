//! Which kind of memory gets how much of the limit.
//!
//! Every kind first gets the least it needs. What is left is given out in steps, in the order of how much harm it does to
//! go without; a step takes what there is and up to what it is for. So what fits a limit fits every larger one, and no
//! region is smaller in a larger limit.

use super::facts::Facts;
use super::needs::{CODE_MOST, Needs};
use crate::libjvm::{Origin, Region, Regions, Request, limit};
use crate::size::{self, KIBI, MEBI};

/// Stack of a thread: the JVM's default on 64-bit Linux.
const STACK: i64 = MEBI;
/// Stack of a thread in a small container, so that deep recursion of a few threads does not take what others need.
const SMALL_STACK: i64 = 512 * KIBI;
/// From this limit on the JVM chooses G1 by itself where there are two processors (`LogMinServerMemory`, 1792 MB).
const SERVER_MEMORY: i64 = 1792 * MEBI;
/// It has little to win with a heap smaller than this.
const SERVER_HEAP: i64 = 512 * MEBI;
/// What G1 needs for itself: so much, and this part of the heap.
const COLLECTOR: i64 = 16 * MEBI;
const COLLECTOR_PART: i64 = 12;
/// Code cache, metaspace and direct buffers grow beyond what was ever seen with the limit: by these parts of what is left at
/// last.
const CODE_PART: i64 = 16;
const METASPACE_PART: i64 = 20;
const DIRECT_PART: i64 = 48;
const DIRECT_MOST: i64 = 256 * MEBI;
/// Part of what is left at last that nothing gets: the kernel caches files in it, and `malloc` may keep more than it was
/// asked for.
const SPARE_PART: i64 = 24;

/// How the JVM is to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The regions that have switches.
    pub regions: Regions,
    /// Whether the optimising compiler is left out.
    pub quick_compiler_only: bool,
    /// Whether the serial collector is asked for.
    pub serial: bool,
    /// Stacks of all threads, bytes.
    pub stacks: i64,
    /// The JVM's own memory, bytes: what no switch limits.
    pub native: i64,
    /// Pages of files, bytes.
    pub files: i64,
    /// What nothing got, bytes.
    pub spare: i64,
    /// What it was made of.
    pub needs: Needs,
    /// What does with less than it should have, in words.
    pub adapted: Vec<String>,
}

/// The limit does not suffice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What would, bytes: of the limit less the head room.
    pub required: i64,
    /// What there is, bytes.
    pub usable: i64,
    /// The least of everything.
    pub least: Shares,
}

/// Bytes for each kind of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Heap.
    pub heap: i64,
    /// Metaspace.
    pub metaspace: i64,
    /// Code cache.
    pub code: i64,
    /// Direct buffers.
    pub direct: i64,
    /// Stacks.
    pub stacks: i64,
    /// The JVM's own memory.
    pub native: i64,
    /// Pages of files.
    pub files: i64,
}

/// A kind of memory that more can be given to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Heap,
    Metaspace,
    Code,
    Direct,
    Native,
    Files,
}

impl Shares {
    fn of(&mut self, kind: Kind) -> &mut i64 {
        match kind {
            Kind::Heap => &mut self.heap,
            Kind::Metaspace => &mut self.metaspace,
            Kind::Code => &mut self.code,
            Kind::Direct => &mut self.direct,
            Kind::Native => &mut self.native,
            Kind::Files => &mut self.files,
        }
    }

    /// All together; wide, since a user may ask for anything.
    fn sum(&self) -> i128 {
        let Self { heap, metaspace, code, direct, stacks, native, files } = *self;
        [heap, metaspace, code, direct, stacks, native, files].into_iter().map(i128::from).sum()
    }
}

/// What is given out, and what is left.
struct Draft<'a> {
    request: &'a Request,
    shares: Shares,
    left: i64,
    /// Whether every step had enough so far.
    enough: bool,
}

impl Draft<'_> {
    fn is_fixed(&self, kind: Kind) -> bool {
        match kind {
            Kind::Heap => self.request.heap.is_some(),
            Kind::Metaspace => self.request.metaspace.is_some(),
            Kind::Code => self.request.code_cache.is_some(),
            Kind::Direct => self.request.direct.is_some(),
            Kind::Native | Kind::Files => false,
        }
    }

    /// Gives a kind up to so many bytes, as far as there are any.
    fn grant(&mut self, kind: Kind, upto: i64) {
        if self.is_fixed(kind) {
            return;
        }
        let share = self.shares.of(kind);
        let wanted = (upto - *share).max(0);
        let given = wanted.min(self.left);
        *share += given;
        self.left -= given;
        self.enough &= given == wanted;
    }

    /// Gives several kinds up to so many bytes, or nothing. When there is not enough nothing is given out any more: what is
    /// left will be missed with a larger limit.
    fn grant_all(&mut self, wanted: &[(Kind, i64)]) -> bool {
        let missing = |(kind, upto): &(Kind, i64)| {
            let mut shares = self.shares;
            if self.is_fixed(*kind) { 0 } else { (upto - *shares.of(*kind)).max(0) }
        };
        self.enough &= wanted.iter().map(missing).sum::<i64>() <= self.left;
        if self.enough {
            for (kind, upto) in wanted {
                self.grant(*kind, *upto);
            }
        }
        self.enough
    }
}

/// Gives out the limit.
///
/// # Errors
/// [`Refusal`] when it does not suffice for the least of everything.
pub fn plan(request: &Request, facts: &Facts) -> Result<Plan, Refusal> {
    let needs = Needs::of(facts);
    let least = least(request, &needs);
    let usable = facts.usable_bytes();
    let left = i128::from(usable) - least.sum();
    let Some(left) = i64::try_from(left).ok().filter(|left| *left >= 0) else {
        return Err(Refusal { required: i64::try_from(least.sum()).unwrap_or(i64::MAX), usable, least });
    };
    let mut draft = Draft { request, shares: least, left, enough: true };
    // A class that cannot be loaded ends the application, as does a heap that is too small; being slow does not.
    draft.grant(Kind::Metaspace, needs.metaspace.usual);
    draft.grant(Kind::Heap, needs.heap.usual);
    draft.grant(Kind::Files, needs.files.usual);
    draft.grant(Kind::Code, needs.code.usual);
    draft.grant(Kind::Native, needs.native.most);
    draft.grant(Kind::Metaspace, needs.metaspace.most);
    draft.grant(Kind::Files, needs.files.most);
    draft.grant(Kind::Direct, needs.direct.most);
    let compiler = needs.native.most + needs.compiler;
    let optimises = draft.grant_all(&[(Kind::Code, needs.optimised_code.usual), (Kind::Native, compiler)]);
    if optimises {
        draft.grant(Kind::Heap, needs.heap.most);
        draft.grant(Kind::Code, needs.optimised_code.most.min(CODE_MOST));
    }
    let comfortable = draft.enough;
    let mut spare = draft.left;
    if comfortable {
        let rest = draft.left;
        let code = draft.shares.code;
        draft.grant(Kind::Code, (code + rest / CODE_PART).min(CODE_MOST));
        let metaspace = draft.shares.metaspace;
        draft.grant(Kind::Metaspace, (metaspace + rest / METASPACE_PART).min(2 * needs.metaspace.most));
        let direct = draft.shares.direct;
        draft.grant(Kind::Direct, (direct + rest / DIRECT_PART).min(DIRECT_MOST));
        spare = rest / SPARE_PART;
        draft.left -= spare;
        let heap = draft.shares.heap;
        let more = draft.left;
        draft.grant(Kind::Heap, heap + more);
        spare += draft.left;
    }
    let mut shares = draft.shares;
    let adapted = if comfortable { Vec::new() } else { adapted(request, &needs, &shares, optimises) };
    let serial = facts.total < SERVER_MEMORY || shares.heap < SERVER_HEAP;
    if !serial && request.heap.is_none() {
        let collector = COLLECTOR + shares.heap / COLLECTOR_PART;
        shares.heap -= collector;
        shares.native += collector;
    }
    spare += round(&mut shares, request);
    Ok(Plan {
        regions: regions(request, facts, &shares, optimises),
        quick_compiler_only: !optimises,
        serial,
        stacks: shares.stacks,
        native: shares.native,
        files: shares.files,
        spare,
        adapted,
        needs,
    })
}

/// The least of everything; what the user fixed is as it is.
fn least(request: &Request, needs: &Needs) -> Shares {
    let counted = |asked: Option<i64>, least| asked.map_or(least, |bytes| bytes.clamp(0, limit::LARGEST));
    Shares {
        heap: counted(request.heap, needs.heap.least),
        metaspace: counted(request.metaspace, needs.metaspace.least),
        code: counted(request.code_cache, needs.code.least),
        direct: counted(request.direct, needs.direct.least),
        stacks: needs.stacks,
        native: needs.native.usual,
        files: needs.files.least,
    }
}

/// Rounds down to what the JVM takes as it is: whole KiB, and whole MiB of code; the bytes that were cut.
fn round(shares: &mut Shares, request: &Request) -> i64 {
    let mut cut = 0;
    for (share, asked, unit) in [
        (&mut shares.heap, request.heap, KIBI),
        (&mut shares.metaspace, request.metaspace, KIBI),
        (&mut shares.code, request.code_cache, MEBI),
        (&mut shares.direct, request.direct, KIBI),
    ] {
        if asked.is_none() {
            let more = share.rem_euclid(unit);
            *share -= more;
            cut += more;
        }
    }
    cut
}

fn regions(request: &Request, facts: &Facts, shares: &Shares, optimises: bool) -> Regions {
    let region = |asked: Option<i64>, bytes: i64| match asked {
        Some(bytes) => Region::new(bytes, Origin::User),
        None => Region::new(bytes, Origin::Calculated),
    };
    let threads = facts.counted_threads().max(1);
    Regions {
        direct: region(request.direct, shares.direct),
        heap: region(request.heap, shares.heap),
        metaspace: region(request.metaspace, shares.metaspace),
        code_cache: region(request.code_cache, shares.code),
        stack: region(request.stack, if optimises { STACK } else { SMALL_STACK }),
        stack_counted: shares.stacks / threads,
        head_room: facts.total - facts.usable_bytes(),
    }
}

/// What does with less, in the order of the harm it does.
fn adapted(request: &Request, needs: &Needs, shares: &Shares, optimises: bool) -> Vec<String> {
    let mut words = Vec::new();
    if !optimises {
        words.push("C1 only".to_owned());
        if request.stack.is_none() {
            words.push(format!("stacks of {}", size::print(SMALL_STACK)));
        }
    }
    let code = if optimises { needs.optimised_code.most } else { needs.code.usual };
    for (name, asked, share, wanted) in [
        ("code cache", request.code_cache, shares.code, code),
        ("metaspace", request.metaspace, shares.metaspace, needs.metaspace.most),
        ("heap", request.heap, shares.heap, needs.heap.usual),
    ] {
        if asked.is_none() && share < wanted {
            words.push(format!("{name} {} of {}", size::print(share), size::print(wanted)));
        }
    }
    words
}
