//! The last look at a plan: what its processes run is in the image.

use buildpacks::api::Process;
use buildpacks::application::Application;
use buildpacks::java::Plan;
use buildpacks::java::start::{Place, StartError, Word, check, check_beside, words};

use super::procfile::SHELL;
use super::{StageError, survey};
use crate::image::APP_DIR;
use crate::image::base::{BaseChoice, BaseLayer};
use crate::store::Store;

/// Checks every process of `plan`; what is worth a note.
///
/// # Errors
/// The first file or class that a process needs and that is not there.
pub(super) fn look(
    plan: &Plan,
    application: &Application,
    base: Option<&BaseChoice>,
) -> Result<Vec<String>, StartError> {
    let is_alone = matches!(base, None | Some(BaseChoice::Host | BaseChoice::None));
    let place = Place { application, packed: plan.detection.layout.packed, root: APP_DIR, is_alone };
    check_beside(application)?;
    let mut notes = Vec::new();
    for process in &plan.processes {
        let words: Vec<_> = match &process.command[..] {
            [shell, _, text] if shell == SHELL => words(text, &|name| (name == "PWD").then(|| APP_DIR.to_owned())),
            command => command.iter().chain(&process.args).map(Word::of).collect(),
        };
        notes.extend(check(place, process.process_type.as_str(), &words)?);
    }
    Ok(notes)
}

/// Checks that the base has the shell that a process needs.
///
/// # Errors
/// [`StartError::NoShell`] with the first process, or what keeps a layer from being read.
pub(super) fn check_shell(plan: &Plan, base: &[BaseLayer], store: &Store) -> Result<(), StageError> {
    let needs = |process: &&Process| process.command.first().is_some_and(|program| program == SHELL);
    let Some(process) = plan.processes.iter().find(needs) else { return Ok(()) };
    if survey::finds_shell(base, store)? {
        return Ok(());
    }
    Err(StartError::NoShell { process: process.process_type.to_string() }.into())
}
