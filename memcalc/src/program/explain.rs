//! `memcalc explain`.

use super::options::Options;
use memcalc::explain;
use memcalc::fit::{self, Classes, Facts, Profile};
use memcalc::libjvm::{DEFAULT_THREADS, KnownClasses, Numbers, Request, loaded_classes};
use memcalc::outcome::Outcome;
use memcalc::{count, size};
use std::path::Path;

pub(super) fn run(args: &[String]) -> Outcome {
    let names = ["limit", "threads", "classes", "app", "jvm-classes", "jvm-options", "head-room", "java", "profile"];
    let options = match Options::parse(args, &names, &["original", "json"]) {
        Ok(options) => options,
        Err(message) => return super::usage(&message),
    };
    match explained(&options) {
        Ok(explanation) => {
            let stdout = if options.has("json") { explanation.json() } else { explanation.table() };
            Outcome { stdout, stderr: String::new(), code: u8::from(explanation.failure.is_some()) }
        }
        Err(Fault::Usage(message)) => super::usage(&message),
        Err(Fault::Input(message)) => Outcome::failure(1, format!("{message}\n")),
    }
}

enum Fault {
    Usage(String),
    Input(String),
}

fn explained(options: &Options<'_>) -> Result<explain::Explanation, Fault> {
    let number = |name: &str| options.number(name).map_err(Fault::Usage);
    let limit = options.get("limit").ok_or_else(|| Fault::Usage("`explain` needs `--limit`".to_owned()))?;
    let total =
        size::parse(limit).map_err(|error| Fault::Usage(format!("Option `--limit` cannot be `{limit}`: {error}")))?;
    let threads = number("threads")?.unwrap_or(DEFAULT_THREADS);
    let head_room = number("head-room")?.unwrap_or(0);
    let classes = classes(options)?;
    let jvm_options = options.get("jvm-options").unwrap_or_default();
    if options.has("original") {
        let request = Request::from_options(jvm_options).map_err(Fault::Input)?;
        let classes = match classes {
            Classes::Loaded(loaded) => loaded,
            Classes::Present(application) | Classes::Likely { present: application, .. } => {
                let known = KnownClasses { application, ..KnownClasses::default() };
                loaded_classes(number("jvm-classes")?.unwrap_or(0), known)
            }
        };
        return Ok(explain::original(&request, &Numbers { total, threads, classes, head_room }));
    }
    let profile = options.get("profile").map(str::parse::<Profile>).transpose();
    let profile = profile.map_err(|error| Fault::Input(format!("Option `--profile`: {error}")))?;
    let request = fit::request(jvm_options).map_err(Fault::Input)?;
    let options = fit::Options::read(jvm_options);
    let facts = Facts { total, head_room, threads, classes, java: number("java")?, profile, options };
    Ok(explain::fitted(&request, &facts, jvm_options))
}

fn classes(options: &Options<'_>) -> Result<Classes, Fault> {
    match (options.number("classes").map_err(Fault::Usage)?, options.get("app")) {
        (Some(loaded), None) => Ok(Classes::Loaded(loaded)),
        (None, Some(app)) => {
            let application = count::application(Path::new(app))
                .or_else(|_| count::tree(Path::new(app)))
                .map_err(|error| Fault::Input(error.to_string()))?;
            let likely = count::likely(Path::new(app)).map_err(|error| Fault::Input(error.to_string()))?;
            let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            Ok(Classes::Likely { present: number(application), likely: number(likely) })
        }
        _ => Err(Fault::Usage("`explain` needs either `--classes` or `--app`".to_owned())),
    }
}
