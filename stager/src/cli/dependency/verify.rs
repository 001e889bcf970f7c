//! `stage dependency verify`.

use std::fmt::Write as _;

use buildpacks::dependency::{Finding, Problem as Wrong, Verification};

use super::super::args::CacheArgs;
use super::super::environment::Environment;
use super::super::problem::{Code, Problem};
use super::super::{Failure, Reply, Schema};
use super::run::open;
use crate::report::bytes;

/// The cache holds something it should not.
#[derive(Debug, thiserror::Error)]
#[error("{0} of {1} archives in the dependency cache are not sound")]
struct Unsound(usize, usize);

impl Problem for Unsound {
    fn code(&self) -> Code {
        Code::CacheCorrupt
    }
}

pub(super) fn run(cache: &CacheArgs, environment: &Environment) -> Result<Reply, Failure> {
    let (store, _) = open(cache, environment)?;
    let verification = store.verify()?;
    let text = human(&verification);
    if verification.is_clean() {
        return Reply::new(Schema::Verify, &verification, text);
    }
    let without = verification.findings.iter().filter(|finding| finding.problem == Wrong::NoArchive).count();
    let unsound = Unsound(verification.findings.len(), verification.checked + without);
    Reply::failing(Schema::Verify, &verification, text, unsound.into())
}

fn human(verification: &Verification) -> String {
    let mut text = format!("{} archives, {}\n", verification.checked, bytes(verification.bytes));
    for finding in &verification.findings {
        let _ = writeln!(text, "{}", line(finding));
    }
    if !verification.quarantine.is_empty() {
        text.push_str("\nIn quarantine, where nothing is read from; delete what you need not look into:\n");
    }
    for aside in &verification.quarantine {
        let what = aside.dependency.as_deref().unwrap_or("nothing that is known");
        let state = if aside.replaced { ", which is there again" } else { "" };
        let _ = writeln!(text, "  {} ({}; of {what}{state})", aside.path.display(), bytes(aside.bytes));
    }
    text
}

/// What is wrong with an archive, and what to do.
fn line(finding: &Finding) -> String {
    let name = finding.dependency.clone().unwrap_or_else(|| finding.sha256.to_string());
    let wrong = match &finding.problem {
        Wrong::Corrupt { found, quarantined: Some(_) } => {
            format!("its archive is corrupt (SHA-256 {found}) and was moved to the quarantine")
        }
        Wrong::Corrupt { found, quarantined: None } => {
            format!("its archive is corrupt (SHA-256 {found}) and cannot be moved away")
        }
        Wrong::NoArchive => "its archive is gone".to_owned(),
        Wrong::NoRecord => {
            "nothing says what it is: it is not used, and any command that adds it makes it whole".to_owned()
        }
    };
    let help = match (&finding.problem, &finding.command, &finding.dependency) {
        (Wrong::NoRecord, ..) => format!("`stage dependency remove {name}` removes it"),
        (_, Some(command), _) => format!("run `{command}`, or `stage dependency remove {name}` to do without it"),
        (_, None, Some(_)) => "it is made again when it is needed".to_owned(),
        (Wrong::Corrupt { quarantined: Some(_), .. }, None, None) => "nobody said what it was".to_owned(),
        (_, None, None) => format!("`stage dependency remove {name}` removes it"),
    };
    format!("{name}: {wrong}; {help}")
}
