//! The order of detection, and what all kinds have in common.

use super::detection::{BUILDPACK, Detection, Facts, JavaNeed, Kind, Layout, Start, Warning};
use super::error::{DetectError, LookedFor};
use super::order::{self, Order};
use super::{ModuleAccess, executable, feature, spring_boot};
use crate::api::Evidence;
use crate::application::{Application, Content, Encoding, OpenError};
use crate::java::census::{Census, CensusMemo, NoMemo, Parts, Unread};
use crate::java::manifest::{self, Manifest};

/// Most clashes of names that are reported.
const MAX_CASE_CLASHES: usize = 10;

/// What one kind's own detection found.
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) evidence: Vec<Evidence>,
    pub(super) manifest: Manifest,
    pub(super) main_class: String,
    pub(super) layout: Layout,
    pub(super) start: Start,
    pub(super) warnings: Vec<Warning>,
    /// The jar inside the artifact that holds the application's own classes.
    pub(super) main_jar: Option<String>,
}

/// A kind's answer: found, or why not.
pub(super) type Answer = Result<Result<Found, LookedFor>, DetectError>;

/// Finds out what kind of application it is.
///
/// # Errors
/// [`DetectError::Nothing`] when no kind fits, with every kind's reason.
pub fn detect(application: &Application) -> Result<Detection, DetectError> {
    detect_remembering(application, &NoMemo)
}

/// As [`detect`], with a memo for what takes longest.
///
/// # Errors
/// As [`detect`].
pub fn detect_remembering(application: &Application, memo: &dyn CensusMemo) -> Result<Detection, DetectError> {
    complete(application, find(application)?, memo)
}

/// What is known of an application without a look at its libraries.
#[derive(Debug)]
pub struct Outline {
    /// Its kind.
    pub kind: Kind,
    /// Where its parts lie.
    pub layout: Layout,
    /// Whether it gets a class path index that it does not bring.
    pub gets_index: bool,
}

/// The application's outline.
///
/// # Errors
/// As [`detect`].
pub fn outline(application: &Application) -> Result<Outline, DetectError> {
    let Found { kind, layout, manifest, .. } = find(application)?;
    let gets_index = kind == Kind::SpringBoot && order::keep(application, &layout, &manifest).index.is_some();
    Ok(Outline { kind, layout, gets_index })
}

/// The Java release that the application needs, without a look at anything else.
///
/// # Errors
/// As [`detect`].
pub fn java_needed(application: &Application) -> Result<Option<JavaNeed>, DetectError> {
    let Found { manifest, layout, main_jar, .. } = find(application)?;
    feature::needed(application, &layout, main_jar.as_deref(), &manifest)
}

/// The first kind that fits.
fn find(application: &Application) -> Result<Found, DetectError> {
    let manifest = read_manifest(application)?;
    let mut looked_for = Vec::new();
    for kind in [spring_boot::look, executable::look_at_manifest, executable::look_for_jar] {
        match kind(application, manifest.as_ref())? {
            Ok(found) => return Ok(found),
            Err(missing) => looked_for.push(missing),
        }
    }
    Err(DetectError::Nothing { artifact: application.path().display().to_string(), looked_for })
}

/// The artifact's manifest, when there is one.
pub(super) fn read_manifest(application: &Application) -> Result<Option<Manifest>, DetectError> {
    let Some(content) = application.get(manifest::PATH).and_then(|entry| entry.content()) else { return Ok(None) };
    parse_manifest(application, manifest::PATH, content).map(Some)
}

/// Parses the manifest in `content`, named `entry` in messages.
pub(super) fn parse_manifest(
    application: &Application,
    entry: &str,
    content: &Content,
) -> Result<Manifest, DetectError> {
    let names = || (application.path().display().to_string(), entry.to_owned());
    let bytes = content.read(manifest::MAX_BYTES).map_err(|source| {
        let (artifact, entry) = names();
        DetectError::Content { artifact, entry, source }
    })?;
    Manifest::parse(&bytes).map_err(|source| {
        let (artifact, entry) = names();
        DetectError::Manifest { artifact, entry, source }
    })
}

/// Adds the facts that need a look at classes and libraries.
fn complete(application: &Application, found: Found, memo: &dyn CensusMemo) -> Result<Detection, DetectError> {
    let Found { kind, evidence, manifest, main_class, layout, start, mut warnings, main_jar } = found;
    let attribute = |name: &str| manifest.get(name).map(str::to_owned);
    let start_class = attribute("Start-Class");
    let parts = Parts {
        class_roots: &[&layout.classes],
        main_class: start_class.as_deref().unwrap_or(&main_class),
        packed: layout.packed,
    };
    let census = Census::remembered(application, parts, memo).map_err(|Unread { path, source }| {
        OpenError::archive(&format!("{}!/{path}", application.path().display()), source)
    })?;
    let facts = Facts {
        boot_version: attribute("Spring-Boot-Version"),
        start_class,
        build_jdk: attribute("Build-Jdk-Spec").or_else(|| attribute("Build-Jdk")),
        java: feature::needed(application, &layout, main_jar.as_deref(), &manifest)?,
        main_class,
        class_count: census.classes,
        likely_class_count: census.likely_classes(),
        libraries: census.libraries,
        web: census.web_application(),
    };
    let mut class_path_index = None;
    if kind == Kind::SpringBoot {
        let Order { index, warning } = order::keep(application, &layout, &manifest);
        class_path_index = index;
        warnings.extend(warning);
        warnings.extend(deflated_libraries(application, &layout));
    }
    warnings.extend(of_artifact(application, layout.packed));
    warnings.extend(census.broken.into_iter().map(|path| Warning::BrokenLibrary { path }));
    let clashes = application.case_clashes().into_iter().take(MAX_CASE_CLASHES);
    warnings.extend(
        clashes.map(|(first, second)| Warning::CaseClash { first: first.to_string(), second: second.to_string() }),
    );
    // As the jar itself the JVM starts it with all that its manifest says.
    let module_access = match &start {
        Start::Jar { .. } => ModuleAccess::default(),
        Start::MainClass { .. } => {
            warnings.extend(attribute("Launcher-Agent-Class").map(|class| Warning::LauncherAgent { class }));
            ModuleAccess::of(&manifest)
        }
    };
    Ok(Detection {
        kind,
        buildpack: BUILDPACK,
        evidence,
        facts,
        layout,
        start,
        warnings,
        class_path_index,
        module_access,
    })
}

/// What is to be said of the artifact, whatever is made of it; `packed` when it stays the one file that it is.
pub fn of_artifact(application: &Application, packed: bool) -> Vec<Warning> {
    let differing = if packed { &[][..] } else { application.differing() };
    let paths: Vec<String> = differing.iter().map(ToString::to_string).collect();
    let repeated = (!paths.is_empty()).then_some(Warning::Repeated { paths });
    let left_out = application.left_out();
    let ignored =
        (left_out.ignored > 0).then(|| Warning::LeftOut { count: left_out.ignored, first: left_out.named.clone() });
    let special = (!left_out.special.is_empty()).then(|| Warning::Special { paths: left_out.special.clone() });
    let outputs = (!left_out.outputs.is_empty()).then(|| Warning::Outputs { paths: left_out.outputs.clone() });
    ignored.into_iter().chain(special).chain(outputs).chain(repeated).collect()
}

fn deflated_libraries(application: &Application, layout: &Layout) -> Vec<Warning> {
    let deflated = |content: &Content| matches!(content, Content::Span(span) if span.encoding == Encoding::Deflate);
    let entries = layout.libraries.iter().flat_map(|folder| application.below(folder));
    entries
        .filter(|entry| entry.path.has_extension("jar") && entry.content().is_some_and(deflated))
        .map(|entry| Warning::DeflatedLibrary { path: entry.path.to_string() })
        .collect()
}
