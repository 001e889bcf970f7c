//! Which program is meant: by the name it was called, or by its first argument.

mod count;
mod explain;
mod libjvm;
mod options;

use memcalc::outcome::{Compat, Outcome};
use memcalc::{v2, v3, v4};

const USAGE: &str = "\
Usage: memcalc COMMAND [--compat|--mended] ARGUMENTS

Commands:
  v2        weights and ranges, as java-buildpack-memory-calculator 2.0.2
  v3        class count, as java-buildpack-memory-calculator 3.13.0
  v4        class count, as java-buildpack-memory-calculator 4.2.0
  libjvm    as the memory-calculator helper of Paketo's libjvm; the result goes to file descriptor 3
              [--fit] [--cgroup-v1 FILE] [--cgroup-v2 FILE] [--meminfo FILE]
  count     counts classes: PATH [--as libjvm|v5|v4-ruby] [--java-major N]
  explain   shows the regions and what decided them: --limit SIZE [--threads N] [--classes N | --app PATH --jvm-classes N]
              [--jvm-options OPTIONS] [--head-room PERCENT] [--original] [--json]

  --compat  keeps the originals' defects (the default)
  --mended  does not

Called java-buildpack-memory-calculator it is v4, unless a version follows (java-buildpack-memory-calculator-2.0.2);
called memory-calculator it is libjvm.
";

/// Name of the first three generations' program.
const CALCULATOR: &str = "java-buildpack-memory-calculator";
/// Name of the libjvm helper.
const HELPER: &str = "memory-calculator";

/// Runs the program: `program` is the name it was called, `args` what follows.
pub(crate) fn run(program: &str, args: &[String]) -> Outcome {
    let name = program.rsplit('/').next().unwrap_or(program);
    if let Some(version) = name.strip_prefix(CALCULATOR) {
        let run = match version.trim_start_matches(['-', '_', 'v']).as_bytes().first() {
            Some(b'2') => v2::run,
            Some(b'3') => v3::run,
            _ => v4::run,
        };
        return run(program, args, Compat::Exact);
    }
    if name == HELPER {
        return libjvm::run(args);
    }
    let (before, args) = compat(args);
    let [command, args @ ..] = args else { return Outcome::failure(2, USAGE) };
    let (after, rest) = compat(args);
    let compat = after.or(before).unwrap_or_default();
    match command.as_str() {
        "v2" => v2::run(program, rest, compat),
        "v3" => v3::run(program, rest, compat),
        "v4" => v4::run(program, rest, compat),
        "libjvm" => libjvm::run(rest),
        "count" => count::run(rest),
        "explain" => explain::run(rest),
        "help" | "--help" | "-h" => Outcome::success(USAGE.to_owned(), String::new()),
        "--version" | "-V" => Outcome::success(format!("memcalc {}\n", env!("CARGO_PKG_VERSION")), String::new()),
        _ => usage(&format!("Unknown command `{command}`")),
    }
}

/// Takes `--compat` or `--mended` off the front.
fn compat(args: &[String]) -> (Option<Compat>, &[String]) {
    match args {
        [first, rest @ ..] if first == "--compat" => (Some(Compat::Exact), rest),
        [first, rest @ ..] if first == "--mended" => (Some(Compat::Mended), rest),
        _ => (None, args),
    }
}

fn usage(message: &str) -> Outcome {
    Outcome::failure(2, format!("{message}\n\n{USAGE}"))
}
