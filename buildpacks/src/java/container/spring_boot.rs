//! Spring Boot's executable jars and wars, packed or unpacked (Spring Boot reference, "The Executable Jar Format").
//!
//! | Boot | own classes | libraries |
//! | --- | --- | --- |
//! | up to 1.3 | root | `lib/` |
//! | from 1.4, jar | `BOOT-INF/classes/` | `BOOT-INF/lib/` |
//! | war | `WEB-INF/classes/` | `WEB-INF/lib/`, `WEB-INF/lib-provided/` |
//!
//! The launcher's name changed in 1.4 and 3.2; it is what `Main-Class` says and never guessed.

use super::detect::{Answer, Found};
use super::detection::{Kind, Layout, Start};
use super::error::LookedFor;
use super::executable::{ignored_line, unended};
use crate::api::Evidence;
use crate::application::{Application, EntryPath};
use crate::java::manifest::{self, Manifest};

/// Where every generation of the launcher lies.
pub(crate) const LOADER: &str = "org/springframework/boot/loader/";
/// The same as a package.
const LOADER_PACKAGE: &str = "org.springframework.boot.loader.";
/// Attributes worth naming as evidence.
const ATTRIBUTES: [&str; 4] = ["Main-Class", "Start-Class", "Spring-Boot-Version", "Spring-Boot-Lib"];
const WANTED: &str = "a Spring Boot executable (`Main-Class` in `META-INF/MANIFEST.MF` names Boot's launcher)";

#[expect(clippy::unnecessary_wraps, reason = "every kind's detection has this signature")]
pub(super) fn look(application: &Application, manifest: Option<&Manifest>) -> Answer {
    Ok(examine(application, manifest).map_err(|missing| LookedFor { kind: Kind::SpringBoot, wanted: WANTED, missing }))
}

fn examine(application: &Application, manifest: Option<&Manifest>) -> Result<Found, String> {
    let manifest = manifest.ok_or_else(|| format!("there is no `{}`", manifest::PATH))?;
    let layout = layout(application, manifest);
    let is_boot = manifest.get("Spring-Boot-Version").is_some() || layout.classes == "BOOT-INF/classes/";
    let Some(main_class) = manifest.get("Main-Class") else {
        return Err(if is_boot {
            format!("`{}` has no `Main-Class`: Spring Boot's plugin did not add its launcher", manifest::PATH)
        } else {
            format!("`{}` has no `Main-Class`{}", manifest::PATH, ignored_line(manifest))
        });
    };
    let launcher = main_class.starts_with(LOADER_PACKAGE)
        || manifest.get("Start-Class").is_some() && !layout.libraries_of(application).is_empty();
    if !launcher {
        return Err(format!("`Main-Class: {main_class}` is no launcher of Spring Boot"));
    }
    let path = format!("{}.class", main_class.replace('.', "/"));
    if application.get(&path).is_none() {
        return Err(format!("`Main-Class: {main_class}` is not there (`{path}`)"));
    }
    let mut evidence: Vec<Evidence> = ATTRIBUTES
        .iter()
        .filter_map(|name| manifest.get(name).map(|value| format!("`{name}: {value}`")))
        .map(|what| Evidence { path: manifest::PATH.to_owned(), what })
        .collect();
    evidence.push(Evidence { path, what: "is the launcher".to_owned() });
    for (folder, count) in layout.libraries_of(application) {
        evidence.push(Evidence { path: folder.to_owned(), what: format!("holds {count} libraries") });
    }
    if let Some(index) = &layout.layers_index {
        evidence.push(Evidence { path: index.to_string(), what: "is the layers index".to_owned() });
    }
    let main_class = main_class.to_owned();
    Ok(Found {
        kind: Kind::SpringBoot,
        evidence,
        manifest: manifest.clone(),
        start: Start::MainClass { class_path: Vec::new(), main_class: main_class.clone() },
        main_class,
        layout,
        warnings: unended(manifest).into_iter().collect(),
        main_jar: None,
    })
}

/// Where its parts lie: by the manifest's word, else by the folders that are there.
pub(super) fn layout(application: &Application, manifest: &Manifest) -> Layout {
    let inside = ["BOOT-INF/", "WEB-INF/"].into_iter().find(|folder| !application.below(folder).is_empty());
    let guess = |name: &str| inside.map(|folder| format!("{folder}{name}"));
    let folder = |name: &str| manifest.get(name).map(|value| format!("{}/", value.trim_matches('/')));
    let classes = folder("Spring-Boot-Classes").or_else(|| guess("classes/")).unwrap_or_default();
    let mut libraries = vec![folder("Spring-Boot-Lib").or_else(|| guess("lib/")).unwrap_or_else(|| "lib/".to_owned())];
    if inside == Some("WEB-INF/") {
        libraries.push("WEB-INF/lib-provided/".to_owned());
    }
    let index = manifest.get("Spring-Boot-Layers-Index").map(str::to_owned).or_else(|| guess("layers.idx"));
    let layers_index = index.filter(|path| application.get(path).is_some()).and_then(|path| EntryPath::new(&path).ok());
    Layout { packed: false, classes, libraries, class_path: Vec::new(), layers_index }
}

impl Layout {
    /// The library folders that are there, each with its number of jars.
    fn libraries_of(&self, application: &Application) -> Vec<(&str, usize)> {
        let count =
            |folder: &str| application.below(folder).iter().filter(|entry| entry.path.has_extension("jar")).count();
        let folders = self.libraries.iter().map(|folder| (folder.as_str(), count(folder)));
        folders.filter(|(_, count)| *count > 0).collect()
    }
}
