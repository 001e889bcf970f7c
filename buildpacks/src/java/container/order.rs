//! The order of a Spring Boot application's libraries. In a jar it is the jar's own; of an unpacked application Boot's
//! launcher takes them by name, unless `classpath.idx` tells the order (from Boot 2.3 on).

use super::detection::{Layout, Warning};
use crate::application::{Application, EntryPath, Format};
use crate::java::manifest::Manifest;

const FILE_NAME: &str = "classpath.idx";
/// The class that reads the index, in both generations of the loader that do.
const READERS: [&str; 2] = [
    "org/springframework/boot/loader/ClassPathIndexFile.class",
    "org/springframework/boot/loader/launch/ClassPathIndexFile.class",
];

/// What keeps the order of the jar when it is unpacked.
pub(super) struct Order {
    /// The index that tells it.
    pub(super) index: Option<(EntryPath, String)>,
    /// Where none can.
    pub(super) warning: Option<Warning>,
}

/// Looks at the order of the libraries; nothing is to be done where it is that of names, or an index is there.
pub(super) fn keep(application: &Application, layout: &Layout, manifest: &Manifest) -> Order {
    let nothing = Order { index: None, warning: None };
    let Some(folder) = layout.classes.strip_suffix("classes/").filter(|_| application.format() == Format::Zip) else {
        return nothing;
    };
    let path = format!("{folder}{FILE_NAME}");
    let named = manifest.get("Spring-Boot-Classpath-Index").is_some_and(|path| application.get(path).is_some());
    let is_library =
        |path: &&EntryPath| layout.libraries.iter().any(|folder| path.as_str().starts_with(folder.as_str()));
    let libraries: Vec<&EntryPath> = application.jars_in_order().iter().filter(is_library).collect();
    if named || application.get(&path).is_some() || libraries.is_sorted() {
        return nothing;
    }
    if !READERS.iter().any(|class| application.get(class).is_some()) {
        return Order { index: None, warning: Some(Warning::LibraryOrder) };
    }
    let lines: Vec<String> = libraries.iter().map(|path| format!("- \"{path}\"\n")).collect();
    Order { index: EntryPath::new(&path).ok().map(|path| (path, lines.concat())), warning: None }
}

/// What is to be said of the order when the application is unpacked and gets no index.
pub fn order_by_name(application: &Application) -> Option<Warning> {
    let manifest = super::detect::read_manifest(application).ok()??;
    let layout = super::spring_boot::layout(application, &manifest);
    let order = keep(application, &layout, &manifest);
    (order.index.is_some() || order.warning.is_some()).then_some(Warning::LibraryOrder)
}
