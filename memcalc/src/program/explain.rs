//! `memcalc explain`.

use super::options::Options;
use memcalc::explain::{Mode, explain};
use memcalc::libjvm::{DEFAULT_THREADS, KnownClasses, Numbers, Request, loaded_classes};
use memcalc::outcome::Outcome;
use memcalc::{count, size};
use std::path::Path;

pub(super) fn run(args: &[String]) -> Outcome {
    let names = ["limit", "threads", "classes", "app", "jvm-classes", "jvm-options", "head-room"];
    let options = match Options::parse(args, &names, &["original", "json"]) {
        Ok(options) => options,
        Err(message) => return super::usage(&message),
    };
    match inputs(&options) {
        Ok((request, numbers)) => show(&options, &request, &numbers),
        Err(Fault::Usage(message)) => super::usage(&message),
        Err(Fault::Input(message)) => Outcome::failure(1, format!("{message}\n")),
    }
}

fn show(options: &Options<'_>, request: &Request, numbers: &Numbers) -> Outcome {
    let mode = if options.has("original") { Mode::Original } else { Mode::Fitted };
    let explanation = explain(request, numbers, mode);
    let stdout = if options.has("json") { explanation.json() } else { explanation.table() };
    Outcome { stdout, stderr: String::new(), code: u8::from(explanation.failure.is_some()) }
}

enum Fault {
    Usage(String),
    Input(String),
}

fn inputs(options: &Options<'_>) -> Result<(Request, Numbers), Fault> {
    let number = |name: &str| options.number(name).map_err(Fault::Usage);
    let limit = options.get("limit").ok_or_else(|| Fault::Usage("`explain` needs `--limit`".to_owned()))?;
    let total = size::parse_digits(limit.trim(), "bkmgt")
        .map_err(|_| Fault::Usage(format!("Option `--limit` needs a size, not `{limit}`")))?;
    let classes = match (number("classes")?, options.get("app")) {
        (Some(classes), None) => classes,
        (None, Some(app)) => {
            let application = count::application(Path::new(app))
                .or_else(|_| count::tree(Path::new(app)))
                .map_err(|error| Fault::Input(error.to_string()))?;
            let application = i64::try_from(application).unwrap_or(i64::MAX);
            loaded_classes(number("jvm-classes")?.unwrap_or(0), KnownClasses { application, agents: 0 })
        }
        _ => return Err(Fault::Usage("`explain` needs either `--classes` or `--app`".to_owned())),
    };
    let request = Request::from_options(options.get("jvm-options").unwrap_or_default()).map_err(Fault::Input)?;
    let numbers = Numbers {
        total,
        threads: number("threads")?.unwrap_or(DEFAULT_THREADS),
        classes,
        head_room: number("head-room")?.unwrap_or(0),
    };
    Ok((request, numbers))
}
