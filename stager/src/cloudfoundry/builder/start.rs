//! The last look at a droplet: what its processes run is in it.

use buildpacks::application::Application;
use buildpacks::java::container::order_by_name;
use buildpacks::java::start::{Place, StartError, check, words};

use super::processes::Processes;

/// The application's folder in a container.
const APP: &str = "/home/vcap/app";
/// What the fifth generation's scripts put on the class path of a main class, where it is there.
const CLASS_PATH: [&str; 3] = ["BOOT-INF/classes", "BOOT-INF/lib", "lib"];

/// Checks every process but sidecars; what is worth a note.
///
/// # Errors
/// The first file or class that a process needs and that is not there.
pub(super) fn look(processes: &Processes, application: &Application) -> Result<Vec<String>, StartError> {
    let class_path = || {
        let there = CLASS_PATH.iter().filter(|folder| application.resolve(folder).is_some());
        let parts =
            there.map(|folder| if folder.ends_with("lib") { format!("{folder}/*") } else { (*folder).to_owned() });
        std::iter::once(".".to_owned()).chain(parts).collect::<Vec<_>>().join(":")
    };
    let variable = |name: &str| match name {
        "HOME" | "PWD" => Some(APP.to_owned()),
        "CLASSPATH" => Some(class_path()),
        _ => None,
    };
    let place = Place { application, packed: false, root: APP, is_alone: false };
    let mut notes: Vec<String> = order_by_name(application).iter().map(ToString::to_string).collect();
    for process in processes.main() {
        notes.extend(check(place, &process.kind, &words(&process.command, &variable))?);
    }
    Ok(notes)
}
