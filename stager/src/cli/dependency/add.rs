//! `stage dependency add`.

use buildpacks::dependency::{Archive, Description, Expectation, Format, Kind, Sha256, Target, Version};

use super::super::args::AddArgs;
use super::super::environment::Environment;
use super::super::problem::{Code, Problem};
use super::super::{Failure, Reply, Schema};
use super::run::{OptionError, cached, open, parse};

/// A command line that does not say enough.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not in the catalogue: say what it is with `--id` and `--version`")]
struct Undescribed(String);

impl Problem for Undescribed {
    fn code(&self) -> Code {
        Code::UsageArguments
    }
}

pub(super) fn run(args: &AddArgs, environment: &Environment) -> Result<Reply, Failure> {
    let (store, catalogue) = open(&args.cache, environment)?;
    let expected = match &args.sha256 {
        Some(text) => Some(parse("--sha256", text, text.parse::<Sha256>())?),
        None => None,
    };
    let (description, expected) = if let (Some(id), Some(version)) = (&args.id, &args.version) {
        let description = describe(args, id, version)?;
        let listed = catalogue.exactly(&description.id, &description.version, &Target::host());
        let is_plain = args.prefix.is_none() && args.strip.is_none() && args.kind.is_none();
        let known = listed.filter(|_| is_plain).map(|entry| entry.description.clone());
        (known.unwrap_or(description), expected.or(listed.map(|entry| entry.sha256)))
    } else {
        let found = Sha256::of_reader(buildpacks::files::open(&args.file)?)?.0;
        let known = match catalogue.by_sha256(found) {
            Some(entry) => Some(entry.description.clone()),
            // What the cache has lost it still knows.
            None => store.record(found)?.map(|record| record.description),
        };
        (known.ok_or_else(|| Undescribed(args.file.display().to_string()))?, expected.or(Some(found)))
    };
    let expectation = match (&args.id, args.kind.as_deref()) {
        (Some(id), Some(_)) => Expectation::of(id, Some(description.kind), &catalogue),
        (Some(id), None) => Expectation::of(id, None, &catalogue),
        (None, _) => Expectation::AsItIs,
    };
    let record = store.add_checked(&args.file, &description, expected, expectation)?;
    Reply::new(Schema::Dependency, &record, cached(std::slice::from_ref(&record), |_| false))
}

fn describe(args: &AddArgs, id: &str, version: &str) -> Result<Description, OptionError> {
    let kind = match args.kind.as_deref() {
        Some("jre") => Kind::Jre,
        None | Some("other") => Kind::Tool,
        Some(other) => return parse("--kind", other, Err("it is none of `jre`, `other`")),
    };
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let archive = Archive {
        prefix: args.prefix.clone(),
        strip: args.strip.unwrap_or(0),
        ..Archive::new(Format::of_file_name(&name))
    };
    let version = parse("--version", version, Version::parse(version))?;
    let mut description = Description::new(id, version, kind, archive);
    description.licence.clone_from(&args.licence);
    description.note = Some(format!("added from {name}"));
    Ok(description)
}
