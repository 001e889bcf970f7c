//! Which Java release an application needs: the newest class file of its own, else the manifest's word, else a look into
//! its libraries.

use rayon::prelude::*;

use super::detection::{JavaNeed, Layout};
use super::error::DetectError;
use super::spring_boot::LOADER;
use crate::application::{Application, Entry};
use crate::java::classfile::{ClassVersion, HEADER_BYTES};
use crate::java::manifest::Manifest;

/// Below these many class files one thread is faster.
const PARALLEL_CLASSES: usize = 256;
/// Classes of newer releases in a multi-release jar (JEP 238), which older JREs do not look at.
const VERSIONED: &str = "META-INF/versions/";
/// Compiled for Java 9 whatever the rest is; older JREs do not look at it.
const MODULE_INFO: &str = "module-info.class";

/// The release needed by the classes of `layout`, or by those in the jar `main_jar` of the application.
pub(super) fn needed(
    application: &Application,
    layout: &Layout,
    main_jar: Option<&str>,
    manifest: &Manifest,
) -> Result<Option<JavaNeed>, DetectError> {
    let own = match main_jar.and_then(|jar| application.get(jar)) {
        Some(jar) => newest(&application.nested(jar)?, "").map(|need| within(jar, &need)),
        None => newest(application.below(&layout.classes), &layout.classes),
    };
    Ok(own.or_else(|| declared(manifest)).or_else(|| of_libraries(application)))
}

/// What the manifest says the build's target was; `1.8` means 8.
fn declared(manifest: &Manifest) -> Option<JavaNeed> {
    let spec = manifest.get("Build-Jdk-Spec")?;
    let feature = spec.strip_prefix("1.").unwrap_or(spec).split('.').next()?.parse().ok()?;
    Some(JavaNeed { feature, preview: false, decided_by: "Build-Jdk-Spec in META-INF/MANIFEST.MF".to_owned() })
}

/// The newest among the first classes of all libraries: a lower bound for applications without classes of their own.
fn of_libraries(application: &Application) -> Option<JavaNeed> {
    let jars = application.entries().par_iter().filter(|entry| entry.path.has_extension("jar"));
    let needs: Vec<JavaNeed> = jars
        .filter_map(|jar| {
            let entries = application.nested(jar).ok()?;
            let first = entries.iter().find(|entry| is_class(entry, ""))?;
            newest(std::slice::from_ref(first), "").map(|need| within(jar, &need))
        })
        .collect();
    needs.into_iter().reduce(|newest, next| if next.feature > newest.feature { next } else { newest })
}

/// The need of the newest class file among `entries` whose classes start below `root`; the first of equals in order.
fn newest(entries: &[Entry], root: &str) -> Option<JavaNeed> {
    let classes: Vec<&Entry> = entries.iter().filter(|entry| is_class(entry, root)).collect();
    let version = |(at, entry): (usize, &&Entry)| version(entry).map(|version| (version, std::cmp::Reverse(at)));
    let best = if classes.len() < PARALLEL_CLASSES {
        classes.iter().enumerate().filter_map(version).max()
    } else {
        classes.par_iter().enumerate().filter_map(version).max()
    };
    let (version, std::cmp::Reverse(at)) = best?;
    let decided_by = classes[at].path.to_string();
    Some(JavaNeed { feature: version.feature(), preview: version.is_preview(), decided_by })
}

fn version(entry: &Entry) -> Option<ClassVersion> {
    let mut header = [0; HEADER_BYTES];
    let read = entry.content()?.read_prefix(&mut header).ok()?;
    ClassVersion::parse(&header[..read])
}

/// Whether it is a class file of the application itself: none of a newer release, none of the launcher.
fn is_class(entry: &Entry, root: &str) -> bool {
    let Some(name) = entry.path.as_str().strip_prefix(root) else { return false };
    entry.path.has_extension("class")
        && !name.starts_with(VERSIONED)
        && entry.path.file_name() != MODULE_INFO
        && !entry.path.as_str().starts_with(LOADER)
}

fn within(jar: &Entry, need: &JavaNeed) -> JavaNeed {
    JavaNeed { decided_by: format!("{}!/{}", jar.path, need.decided_by), ..*need }
}
