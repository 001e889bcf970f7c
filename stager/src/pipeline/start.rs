//! The last look at a plan: what its processes run is in the image.

use buildpacks::application::Application;
use buildpacks::java::Plan;
use buildpacks::java::start::{Place, StartError, Word, check, check_beside, words};

use super::procfile::SHELL;
use crate::image::APP_DIR;

/// Checks every process of `plan`; what is worth a note.
///
/// # Errors
/// The first file or class that a process needs and that is not there.
pub(super) fn look(plan: &Plan, application: &Application) -> Result<Vec<String>, StartError> {
    let place = Place { application, packed: plan.detection.layout.packed, root: APP_DIR };
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
