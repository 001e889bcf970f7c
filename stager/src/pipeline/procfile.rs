//! The processes of an application's `Procfile`, which come before what was detected.
//!
//! A command of plain words starts without a shell, as every process of ours does; one that needs a shell gets the
//! base's, where there may be one.

use buildpacks::api::{Process, ProcessType};
use buildpacks::application::Application;
use buildpacks::java::Plan;
use buildpacks::java::start::words;

use crate::cloudfoundry::procfile;
use crate::image::base::BaseChoice;

/// Runs what needs a shell.
pub(super) const SHELL: &str = "/bin/sh";
/// The process that an image starts.
const WEB: &str = "web";
/// What a shell does more with than to divide words.
const SYNTAX: [char; 16] = ['$', '`', '|', '&', ';', '<', '>', '(', ')', '{', '}', '~', '#', '\n', '!', '\\'];
/// What a shell makes names of files of, outside quotes.
const PATTERNS: [char; 3] = ['*', '?', '['];

/// Puts the processes of the `Procfile` into the plan.
pub(super) fn take(plan: &mut Plan, application: &Application, base: Option<&BaseChoice>) {
    if plan.detection.layout.packed {
        return;
    }
    let Some(found) = procfile(application) else {
        plan.notes.push("`Procfile` is not read: it is no valid YAML of commands by process type".to_owned());
        return;
    };
    for (kind, command) in found {
        let Ok(process_type) = ProcessType::new(kind.as_str()) else {
            plan.notes.push(format!("Process `{kind}` of `Procfile` is left out: its type is no valid name"));
            continue;
        };
        let command = match simple(&command) {
            Some(words) => words,
            None if matches!(base, None | Some(BaseChoice::Host | BaseChoice::None)) => {
                plan.notes.push(format!(
                    "Process `{kind}` of `Procfile` is left out: `{command}` needs a shell, which the base does not have"
                ));
                continue;
            }
            None => vec![SHELL.to_owned(), "-c".to_owned(), command],
        };
        if command.is_empty() {
            plan.notes.push(format!("Process `{kind}` of `Procfile` is left out: it has no command"));
            continue;
        }
        let process = Process { process_type, command, args: Vec::new(), default: kind == WEB };
        match plan.processes.iter_mut().find(|known| known.process_type == process.process_type) {
            Some(known) => *known = process,
            None => plan.processes.push(process),
        }
    }
    plan.contribution.processes.clone_from(&plan.processes);
}

/// The words of a command that is nothing but words; none when a shell would make more of it.
fn simple(command: &str) -> Option<Vec<String>> {
    let command = command.strip_prefix("exec ").unwrap_or(command);
    let quoted = command.contains(['"', '\'']);
    if command.contains(SYNTAX) || !quoted && command.contains(PATTERNS) {
        return None;
    }
    let words: Vec<String> = words(command, &|_| None).into_iter().map(|word| word.text).collect();
    // A setting of a variable before the program.
    (!words.first().is_some_and(|first| first.contains('='))).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_is_for_what_needs_one() {
        for (command, expected) in [
            ("java -cp app.jar app.Main --x", Some("java|-cp|app.jar|app.Main|--x")),
            ("exec java -Da='b c' -cp 'lib/*' a.B", Some("java|-Da=b c|-cp|lib/*|a.B")),
            ("java -cp lib/* a.B", None),
            ("java -Dport=$PORT -jar a.jar", None),
            ("a && b", None),
            ("A=b java -jar a.jar", None),
            ("", Some("")),
        ] {
            assert_eq!(simple(command).map(|words| words.join("|")).as_deref(), expected, "{command}");
        }
    }
}
