//! Plain executable jars: one jar, an unpacked jar, or a directory that holds the jar and its libraries.
//!
//! A single jar stays packed, as `application.jar`: unpacking would change what signed and multi-release jars mean and
//! what resources' addresses look like. Its own name does not enter the image.

use super::class_path::ClassPath;
use super::detect::{Answer, Found, parse_manifest};
use super::detection::{Kind, Layout, Start, Warning};
use super::distribution;
use super::error::{DetectError, LookedFor};
use crate::api::Evidence;
use crate::application::{Application, EntryPath, Format};
use crate::java::manifest::{self, Manifest};

/// Name of a single jar in the workspace.
pub(crate) const PACKED_NAME: &str = "application.jar";
const WANTED: &str = "an executable jar (`Main-Class` in `META-INF/MANIFEST.MF`)";
const WANTED_JAR: &str = "an executable jar beside its libraries";

/// The artifact is a jar, packed or unpacked, whose manifest names its main class.
pub(super) fn look_at_manifest(application: &Application, manifest: Option<&Manifest>) -> Answer {
    let missing = |missing| Ok(Err(LookedFor { kind: Kind::ExecutableJar, wanted: WANTED, missing }));
    let Some(manifest) = manifest else { return missing(format!("there is no `{}`", manifest::PATH)) };
    let Some(main_class) = manifest.get("Main-Class") else {
        return missing(if application.below("WEB-INF/").is_empty() {
            format!("`{}` has no `Main-Class`{}", manifest::PATH, ignored_line(manifest))
        } else {
            format!("`{}` has no `Main-Class`: a war needs a servlet container", manifest::PATH)
        });
    };
    let mut evidence = vec![attribute("", "Main-Class", main_class)];
    let packed = application.format() == Format::Zip;
    let class_path = ClassPath::of(manifest, "", |path| if packed { None } else { application.resolve(path) });
    evidence.extend(manifest.get("Class-Path").map(|value| attribute("", "Class-Path", value)));

    let class = format!("{}.class", main_class.replace('.', "/"));
    let mut warnings: Vec<Warning> = unended(manifest).into_iter().collect();
    if application.get(&class).is_some() {
        evidence.push(Evidence { path: class, what: "is the main class".to_owned() });
    } else if manifest.get("Class-Path").is_none() {
        return missing(format!("`Main-Class: {main_class}` is not there (`{class}`)"));
    } else if packed {
        warnings.push(Warning::MainClassMissing { class: main_class.to_owned() });
    }
    warnings.extend(class_path.warning());
    let start = if packed {
        Start::Jar { path: EntryPath::literal(PACKED_NAME) }
    } else {
        Start::MainClass { class_path: class_path.found.clone(), main_class: main_class.to_owned() }
    };
    Ok(Ok(Found {
        kind: Kind::ExecutableJar,
        evidence,
        manifest: manifest.clone(),
        main_class: main_class.to_owned(),
        layout: layout(packed, class_path.found),
        start,
        warnings,
        main_jar: None,
    }))
}

/// At the top of the artifact lies one jar whose manifest names its main class.
pub(super) fn look_for_jar(application: &Application, _: Option<&Manifest>) -> Answer {
    let missing = |missing| Ok(Err(LookedFor { kind: Kind::ExecutableJar, wanted: WANTED_JAR, missing }));
    let at_top = |path: &EntryPath| path.has_extension("jar") && !path.as_str().contains('/');
    let mut executable = Vec::new();
    let (mut seen, mut unended) = (0, String::new());
    for entry in application.entries().iter().filter(|entry| entry.content().is_some() && at_top(&entry.path)) {
        seen += 1;
        let name = format!("{}!/{}", entry.path, manifest::PATH);
        let Some(content) = application
            .nested(entry)?
            .into_iter()
            .find(|inner| inner.path.as_str() == manifest::PATH)
            .and_then(|inner| inner.content().cloned())
        else {
            continue;
        };
        let manifest = parse_manifest(application, &name, &content)?;
        if manifest.get("Main-Class").is_none() && manifest.unended().is_some() {
            unended = format!("; in `{}`{}", entry.path, ignored_line(&manifest));
        }
        if let Some(main_class) = manifest.get("Main-Class") {
            executable.push((entry.path.clone(), main_class.to_owned(), manifest.clone()));
        }
    }
    // An executable library is no application: the jar that names it is.
    let of = |manifest: &Manifest| ClassPath::of(manifest, "", |path| application.resolve(path)).found;
    let named: Vec<Vec<EntryPath>> = executable.iter().map(|(.., manifest)| of(manifest)).collect();
    if executable.len() > 1 {
        let outer = |at: usize, path: &EntryPath| {
            !named.iter().enumerate().any(|(other, paths)| other != at && paths.contains(path))
        };
        let outermost: Vec<_> = executable
            .iter()
            .enumerate()
            .filter(|(at, (path, ..))| outer(*at, path))
            .map(|(_, found)| found.clone())
            .collect();
        // Jars that name each other say nothing.
        if !outermost.is_empty() {
            executable = outermost;
        }
    }
    let Some((jar, main_class, manifest)) = executable.pop() else {
        return missing(match seen {
            0 => "there is no jar at the top".to_owned(),
            _ => format!("none of the {seen} jars at the top names a `Main-Class`{unended}"),
        });
    };
    if !executable.is_empty() {
        let jars = executable.iter().map(|(path, ..)| path.to_string()).chain([jar.to_string()]).collect();
        return Err(DetectError::Ambiguous { artifact: application.path().display().to_string(), jars });
    }
    let class_path = ClassPath::of(&manifest, "", |path| application.resolve(path));
    if let Some(script) = distribution::started_otherwise(application, &jar, &class_path) {
        let alone = application.path().join(jar.as_str());
        return missing(format!(
            "`{jar}` is not what `{script}` starts with the jars in `lib`: it seems to be a tool or a library of a \
             distribution (if it is the application, stage it alone: `stage {}`)",
            alone.display()
        ));
    }
    let mut evidence = vec![attribute(jar.as_str(), "Main-Class", &main_class)];
    evidence.extend(manifest.get("Class-Path").map(|value| attribute(jar.as_str(), "Class-Path", value)));
    let warnings = class_path.warning().into_iter().chain(self::unended(&manifest)).collect();
    Ok(Ok(Found {
        kind: Kind::ExecutableJar,
        evidence,
        main_class,
        layout: layout(false, class_path.found),
        start: Start::Jar { path: jar.clone() },
        warnings,
        manifest,
        main_jar: Some(jar.to_string()),
    }))
}

/// The end of a sentence on an attribute that is not there, where it may be in the line that Java ignores.
pub(super) fn ignored_line(manifest: &Manifest) -> String {
    let ignored = |line: &str| format!("; Java ignores its last line `{line}`, which has no line end");
    manifest.unended().map(ignored).unwrap_or_default()
}

pub(super) fn unended(manifest: &Manifest) -> Option<Warning> {
    manifest.unended().map(|line| Warning::UnendedManifest { line: line.to_owned() })
}

fn layout(packed: bool, class_path: Vec<EntryPath>) -> Layout {
    Layout { packed, classes: String::new(), libraries: Vec::new(), class_path, layers_index: None }
}

fn attribute(jar: &str, name: &str, value: &str) -> Evidence {
    let path = if jar.is_empty() { manifest::PATH.to_owned() } else { format!("{jar}!/{}", manifest::PATH) };
    Evidence { path, what: format!("`{name}: {value}`") }
}
