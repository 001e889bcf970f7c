//! Which kind of memory gets how much of the limit.
//!
//! Every kind first gets the least it needs. What is left is given out in steps, in the order of how much harm it does to
//! go without; a step takes what there is and up to what it is for. So what fits a limit fits every larger one, and no
//! region is smaller in a larger limit.

use super::facts::Facts;
use super::needs::{CODE_MOST, Needs};
use super::options::{Collector, Options};
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
/// Where every kind has what it may need, these get room before the heap gets more: for an application that uses more of Java
/// itself than was thought, makes classes, or reads large files through buffers. It costs nothing unless it is used, and without
/// it the application ends while the heap has memory that it never asked for.
///
/// 3,275 to 3,425 classes of Java itself (HTTP server and client, TLS, XML, management) take 18 to 20 MB, 2,000 proxies 16 to 18
/// MB, on Java 17, 21 and 25 without an archive of classes.
const METASPACE_LEAST_ROOM: i64 = 16 * MEBI;
const METASPACE_ROOM_UPTO: i64 = 48 * MEBI;
const CODE_ROOM_UPTO: i64 = 32 * MEBI;
const DIRECT_ROOM_UPTO: i64 = 24 * MEBI;
/// The parts of what is left that it takes at most.
const METASPACE_ROOM_PART: i64 = 2;
const CODE_ROOM_PART: i64 = 16;
const DIRECT_ROOM_PART: i64 = 16;
/// So much of what is left at last is the heap's. Of what is beyond, metaspace, code cache and direct buffers get these parts,
/// for an application that loads more classes than was ever thought, or grows.
const HEAP_FIRST: i64 = 768 * MEBI;
const METASPACE_PART: i64 = 32;
/// A larger metaspace than this, or twice the most that is estimated, is a leak.
const METASPACE_MOST: i64 = 256 * MEBI;
const CODE_PART: i64 = 32;
const DIRECT_PART: i64 = 64;
const DIRECT_MOST: i64 = 256 * MEBI;
/// Part of that which nothing gets: the kernel caches files in it, and `malloc` may keep more than it was asked for.
const SPARE_PART: i64 = 32;

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
    /// The own memory of a collector that the user chose.
    pub collector: i64,
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
        let Self { heap, metaspace, code, direct, stacks, native, files, collector } = *self;
        [heap, metaspace, code, direct, stacks, native, files, collector].into_iter().map(i128::from).sum()
    }
}

/// What is given out, and what is left.
struct Draft<'a> {
    request: &'a Request,
    shares: Shares,
    left: i64,
    /// Whether every step had enough so far.
    enough: bool,
    /// No heap is larger.
    heap_most: i64,
    /// A collector that the user chose needs a byte more for so many of the heap.
    collector_part: Option<i64>,
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
        let (upto, part) = match kind {
            Kind::Heap => (upto.min(self.heap_most), self.collector_part),
            _ => (upto, None),
        };
        let share = self.shares.of(kind);
        let wanted = (upto - *share).max(0);
        let there = part.map_or(self.left, |part| self.left - (self.left + part) / (part + 1));
        let given = wanted.min(there);
        *share += given;
        let collector = part.map_or(0, |part| given / part);
        self.shares.collector += collector;
        self.left -= given + collector;
        self.enough &= given == wanted;
    }

    /// Gives room to the kinds without which the application would end beside a heap that has memory to spare.
    fn make_room(&mut self, needs: &Needs) {
        let (left, metaspace) = (self.left, needs.metaspace.most);
        for (kind, upto, part) in [
            (Kind::Metaspace, METASPACE_ROOM_UPTO.max(metaspace + METASPACE_LEAST_ROOM), METASPACE_ROOM_PART),
            (Kind::Code, CODE_ROOM_UPTO, CODE_ROOM_PART),
            (Kind::Direct, DIRECT_ROOM_UPTO, DIRECT_ROOM_PART),
        ] {
            let now = *self.shares.of(kind);
            self.grant(kind, upto.min(now + left / part));
        }
    }

    /// Takes back what is beyond whole units, which the JVM would not use.
    fn give_back(&mut self, kind: Kind, unit: i64) {
        if !self.is_fixed(kind) {
            let share = self.shares.of(kind);
            let more = share.rem_euclid(unit);
            *share -= more;
            self.left += more;
        }
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
    let options = &facts.options;
    let request = &options.fixed(request);
    let wanted = options.heap_wanted(facts.total.clamp(0, limit::LARGEST)).filter(|_| request.heap.is_none());
    let least = least(request, &needs, options, wanted);
    let usable = facts.usable_bytes();
    let left = i128::from(usable) - least.sum();
    let Some(left) = i64::try_from(left).ok().filter(|left| *left >= 0) else {
        return Err(Refusal { required: i64::try_from(least.sum()).unwrap_or(i64::MAX), usable, least });
    };
    let mut draft = Draft {
        request,
        shares: least,
        left,
        enough: true,
        heap_most: wanted.unwrap_or(i64::MAX),
        collector_part: options.collector.and_then(Collector::needs).map(|(_, part)| part),
    };
    // A class that cannot be loaded ends the application, as does a heap that is too small; a full code cache leaves it to
    // the interpreter.
    draft.grant(Kind::Metaspace, needs.metaspace.usual);
    draft.grant(Kind::Code, needs.code.usual);
    draft.grant(Kind::Heap, needs.heap.usual);
    // What an application with fewer classes leaves of it serves as pages of files all the same.
    draft.grant(Kind::Metaspace, i64::midpoint(needs.metaspace.usual, needs.metaspace.most));
    draft.grant(Kind::Files, needs.files.usual);
    draft.grant(Kind::Native, needs.native.most);
    draft.grant(Kind::Metaspace, needs.metaspace.most);
    draft.grant(Kind::Files, needs.files.most);
    draft.grant(Kind::Direct, needs.direct.most);
    let compiler = needs.native.most + needs.compiler;
    let optimises = match options.optimises {
        None => draft.grant_all(&[(Kind::Code, needs.optimised_code.usual), (Kind::Native, compiler)]),
        Some(true) => {
            draft.grant(Kind::Native, compiler);
            draft.grant(Kind::Code, needs.optimised_code.usual);
            true
        }
        Some(false) => false,
    };
    if optimises {
        draft.grant(Kind::Heap, needs.heap.most);
        draft.grant(Kind::Code, needs.optimised_code.most.min(CODE_MOST));
    }
    let comfortable = draft.enough;
    let (mut spare, mut kept) = (draft.left, 0);
    if comfortable {
        // Before what grows with the limit, for the heap not to pay for each whole unit of that.
        draft.give_back(Kind::Code, MEBI);
        draft.make_room(&needs);
        let beyond = (draft.left - HEAP_FIRST).max(0);
        let metaspace = draft.shares.metaspace;
        draft.grant(
            Kind::Metaspace,
            (metaspace + beyond / METASPACE_PART).min(METASPACE_MOST.max(2 * needs.metaspace.most)),
        );
        let code = draft.shares.code;
        draft.grant(Kind::Code, (code + beyond / CODE_PART).min(CODE_MOST));
        let direct = draft.shares.direct;
        draft.grant(Kind::Direct, (direct + beyond / DIRECT_PART).min(DIRECT_MOST));
        kept = beyond / SPARE_PART;
        draft.left -= kept;
        let heap = draft.shares.heap;
        let more = draft.left;
        draft.grant(Kind::Heap, heap + more);
        spare = draft.left;
    }
    let mut shares = draft.shares;
    let mut serial = facts.total < SERVER_MEMORY || shares.heap < SERVER_HEAP;
    if !serial && options.collector.is_none() {
        // What nobody wants comes first; a heap that has to be as large as it is, or that would do with less than it should
        // have, leaves the JVM the serial collector.
        let needed = Collector::G1.needs().map_or(0, |(base, part)| base + shares.heap / part);
        let of_spare = if comfortable { needed.min(spare) } else { 0 };
        let enough = wanted.unwrap_or(needs.heap.usual);
        let floor = if request.heap.is_some() { shares.heap } else { shares.heap.min(enough).max(least.heap) };
        if needed - of_spare <= shares.heap - floor {
            shares.heap -= needed - of_spare;
            shares.collector += needed;
            spare -= of_spare;
        } else {
            serial = true;
        }
    }
    spare += kept;
    let adapted = adapted(request, facts, &needs, &shares, Found { comfortable, optimises, wanted });
    spare += round(&mut shares, request);
    Ok(Plan {
        regions: regions(request, facts, &shares, optimises || comfortable),
        quick_compiler_only: !optimises,
        serial,
        stacks: shares.stacks,
        native: shares.native + shares.collector,
        files: shares.files,
        spare,
        adapted,
        needs,
    })
}

/// The least of everything; what the user fixed is as it is.
fn least(request: &Request, needs: &Needs, options: &Options, wanted: Option<i64>) -> Shares {
    let counted = |asked: Option<i64>, least: i64| asked.unwrap_or(least).clamp(0, limit::LARGEST);
    let heap = wanted.unwrap_or(i64::MAX).min(needs.heap.least).max(options.heap_floor());
    let heap = counted(request.heap, heap);
    let (code, compiler) = match options.optimises {
        Some(true) => (needs.optimised_code.least, needs.compiler),
        _ => (needs.code.least, 0),
    };
    Shares {
        heap,
        metaspace: counted(request.metaspace, needs.metaspace.least),
        code: counted(request.code_cache, code),
        direct: counted(request.direct, needs.direct.least),
        stacks: needs.stacks,
        native: needs.native.usual + compiler,
        files: needs.files.least,
        collector: options.collector.and_then(Collector::needs).map_or(0, |(base, part)| base + heap / part),
    }
}

/// What a plan has come to.
#[derive(Clone, Copy)]
struct Found {
    /// Whether everything has what it should.
    comfortable: bool,
    /// Whether the optimising compiler runs.
    optimises: bool,
    /// The heap that the user wishes for.
    wanted: Option<i64>,
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

fn regions(request: &Request, facts: &Facts, shares: &Shares, whole_stacks: bool) -> Regions {
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
        stack: region(request.stack, if whole_stacks { STACK } else { SMALL_STACK }),
        stack_counted: shares.stacks / threads,
        head_room: facts.total - facts.usable_bytes(),
    }
}

/// What does with less, in the order of the harm it does.
fn adapted(request: &Request, facts: &Facts, needs: &Needs, shares: &Shares, found: Found) -> Vec<String> {
    let Found { comfortable, optimises, wanted } = found;
    let of = |name: &str, share, wanted| format!("{name} {} of {}", size::print(share), size::print(wanted));
    let mut words = Vec::new();
    if comfortable {
        words.extend(wanted.filter(|wanted| shares.heap < *wanted).map(|wanted| of("heap", shares.heap, wanted)));
        return words;
    }
    if !optimises {
        if facts.options.optimises.is_none() {
            words.push("C1 only".to_owned());
        }
        if request.stack.is_none() {
            words.push(format!("stacks of {}", size::print(SMALL_STACK)));
        }
    }
    let code = if optimises { needs.optimised_code.most } else { needs.code.usual };
    for (name, asked, share, wanted) in [
        ("code cache", request.code_cache, shares.code, code),
        ("metaspace", request.metaspace, shares.metaspace, needs.metaspace.most),
        ("heap", request.heap, shares.heap, wanted.unwrap_or(needs.heap.usual)),
    ] {
        if asked.is_none() && share < wanted {
            words.push(of(name, share, wanted));
        }
    }
    words
}
