//! From a detected application to exact dependencies and contributions. After this nothing chooses a version or looks for
//! metadata: equal plans give equal images.

use memcalc::Calculator;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::WebApplication;
use super::auto_reconfiguration::{self, Wanted};
use super::boot_java::{self, Bound};
use super::container::{Detection, Start, Warning};
use super::options::{Component, HostRuntime, JavaOptions};
use crate::api::{
    BuildpackId, BuildpackRef, Contribution, EnvDelta, LayerContribution, LayerName, LayerSource, Process, ProcessType,
    Setting,
};
use crate::application::{Content, Entry, EntryKind, EntryPath};
use crate::dependency::{
    Catalogue, CatalogueEntry, DependencyCache, DependencyError, FetchOptions, HostPolicy, JreChoice, JreSelection,
    Newest, ResolvedDependency, Target, published_runtime, select_jre,
};

/// Folder of the application in the image.
const WORKSPACE: &str = "/workspace";
/// Threads of a servlet container's pool and the JVM's own, as Paketo's Spring Boot buildpack assumes.
const SERVLET_THREADS: u64 = 250;
/// Threads of an event loop and the JVM's own, as Paketo's Spring Boot buildpack assumes.
const REACTIVE_THREADS: u64 = 50;

/// Exactly what goes into the image, and why.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Plan {
    /// What the application is.
    pub detection: Detection,
    /// Its Java runtime.
    pub jre: JreChoice,
    /// Other dependencies.
    pub dependencies: Vec<ResolvedDependency>,
    /// How it starts.
    pub processes: Vec<Process>,
    /// What the memory calculator will work with.
    pub memory: MemoryPlan,
    /// Chosen values and where they came from.
    pub settings: Vec<Setting>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// Layers, environment, processes.
    #[serde(skip)]
    pub contribution: Contribution,
    /// Entries added to the application's tree, such as a link to a library in another layer.
    #[serde(skip)]
    pub workspace: Vec<Entry>,
}

/// What the memory calculator works with when the container starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MemoryPlan {
    /// Whether it is part of the image.
    pub enabled: bool,
    /// How it calculates: a name of [`memcalc::Calculator`].
    pub calculator: String,
    /// Feature release of the JRE; 0 when it does not say.
    pub java_feature: u32,
    /// Classes in the JRE; 0 when it is not made yet.
    pub jvm_class_count: u64,
    /// Classes in the application and its libraries.
    pub application_class_count: u64,
    /// Those of them that are usually loaded, by the libraries they belong to.
    pub likely_class_count: u64,
    /// Default thread count.
    pub thread_count: u64,
    /// What was measured of the application: the text of a [`memcalc::fit::Profile`].
    pub profile: Option<String>,
}

/// Where dependencies are looked up.
#[derive(Clone, Copy, Debug)]
pub struct Inventory<'a> {
    /// What is at hand.
    pub cache: &'a DependencyCache,
    /// What could be had.
    pub catalogue: &'a Catalogue,
    /// What the image is made for.
    pub target: &'a Target,
}

/// Chooses dependencies and describes layers and processes.
///
/// # Errors
/// A dependency that is missing, broken or too old; see [`DependencyError`].
pub fn plan(detection: Detection, options: &JavaOptions, inventory: Inventory<'_>) -> Result<Plan, DependencyError> {
    let detection = with_main_class(detection, options);
    let mut notes: Vec<String> = detection.warnings.iter().map(Warning::to_string).collect();
    let bound = boot_java::bound(&detection);
    let jre = choose_jre(&detection, options, inventory, bound.as_ref())?;
    notes.extend(bound.as_ref().and_then(|bound| too_new(bound, &jre)));
    if jre.from_host {
        notes.push(format!("The JRE is {}: {} ({})", jre.dependency.version, jre.origin, jre.dependency.origin));
    }
    let auto = match auto_reconfiguration::wanted(&detection, options) {
        Some(wanted) => auto_reconfiguration(&wanted, options, inventory, &mut notes)?.map(|found| (wanted, found)),
        None => None,
    };
    let memory = memory(&detection, &jre, options);
    let processes = processes(&detection, options, memory.java_feature);
    let mut settings = settings(&detection, options, &jre, auto.as_ref(), &memory);
    settings.extend(bound.map(|bound| Setting {
        name: "java.newest".to_owned(),
        value: bound.feature.to_string(),
        origin: format!("the newest that {} is known to run on", bound.of),
    }));
    let links = auto.iter().filter_map(|(_, found)| link(&detection, found));
    let workspace = links.chain(class_path_index(&detection)).collect();
    let dependencies: Vec<_> = auto.into_iter().map(|(_, found)| found).collect();
    let contribution = contribution(&detection, &jre, &dependencies, &memory, &processes);
    Ok(Plan { detection, jre, dependencies, processes, memory, settings, notes, contribution, workspace })
}

/// What is to be said of a runtime that the application is not known to run on.
fn too_new(bound: &Bound, jre: &JreChoice) -> Option<String> {
    let feature = jre.dependency.facts.jre.as_ref()?.feature;
    let Bound { feature: newest, of, .. } = bound;
    (feature > *newest).then(|| {
        format!(
            "{of} is known to run on Java {newest} at most, and the runtime is of Java {feature}: it may not start; \
             add or fetch a runtime of Java {newest} and ask for it with `--jre {newest}`"
        )
    })
}

/// The application as it is started by the class that is asked for: of Spring Boot's launcher, which takes no other, by a
/// class path of what the launcher would load.
fn with_main_class(mut detection: Detection, options: &JavaOptions) -> Detection {
    let Some(class) = &options.main_class else { return detection };
    let path = |text: String| EntryPath::new(&text).ok();
    let class_path = match &detection.start {
        Start::Jar { path } => vec![path.clone()],
        Start::MainClass { .. } if detection.facts.start_class.is_some() => {
            let classes = path(detection.layout.classes.trim_end_matches('/').to_owned());
            let libraries = detection.layout.libraries.iter().filter_map(|folder| path(format!("{folder}*")));
            classes.into_iter().chain(libraries).collect()
        }
        Start::MainClass { class_path, .. } => class_path.clone(),
    };
    detection.facts.main_class.clone_from(class);
    detection.start = Start::MainClass { class_path, main_class: class.clone() };
    detection
}

fn choose_jre(
    detection: &Detection,
    options: &JavaOptions,
    inventory: Inventory<'_>,
    bound: Option<&Bound>,
) -> Result<JreChoice, DependencyError> {
    let selection = JreSelection {
        cache: inventory.cache,
        catalogue: inventory.catalogue,
        target: inventory.target,
        request: &options.jre.0,
        needed: detection.facts.java.as_ref().map_or(0, |need| need.feature),
        newest: bound.map(|Bound { feature, of, strict }| Newest { feature: *feature, of, strict: *strict }),
        host: match options {
            JavaOptions { locked: true, .. } => HostPolicy::Refused,
            JavaOptions { host: HostRuntime::Told, .. } => HostPolicy::ToldOf(&options.environment),
            _ => HostPolicy::Allowed(&options.environment),
        },
    };
    let (request, origin) = &options.jre;
    let chosen = or_fetch(options, inventory, || select_jre(&selection), || published_runtime(&selection).cloned());
    chosen.map_err(|error| match error {
        // Who typed it knows where; a variable may have been set long ago.
        DependencyError::Unknown { .. } if !origin.starts_with("--") => {
            DependencyError::Asked { origin: origin.clone(), asked: request.to_string(), source: Box::new(error) }
        }
        error => error,
    })
}

/// What `choose` chooses; what it lacks is fetched first where that is asked for. `instead` is what would do where nothing
/// in particular is missing.
fn or_fetch<T>(
    options: &JavaOptions,
    inventory: Inventory<'_>,
    choose: impl Fn() -> Result<T, DependencyError>,
    instead: impl Fn() -> Option<CatalogueEntry>,
) -> Result<T, DependencyError> {
    let error = match choose() {
        Err(error) if options.fetch => error,
        chosen => return chosen,
    };
    let entry = match &error {
        DependencyError::NoJre { .. } | DependencyError::JreTooNew { .. } | DependencyError::HostRefused { .. } => {
            instead()
        }
        error => error.missing_entry(inventory.catalogue),
    };
    let Some(entry) = entry else { return Err(error) };
    inventory.cache.fetch(&entry, &options.environment, FetchOptions::default())?;
    choose()
}

fn auto_reconfiguration(
    wanted: &Wanted,
    options: &JavaOptions,
    inventory: Inventory<'_>,
    notes: &mut Vec<String>,
) -> Result<Option<ResolvedDependency>, DependencyError> {
    let Inventory { cache, catalogue, target } = inventory;
    let resolve = || cache.resolve(catalogue, wanted.id, wanted.requirement.as_ref(), target);
    match or_fetch(options, inventory, resolve, || None) {
        Ok(found) => Ok(Some(found)),
        Err(DependencyError::Missing { entry }) if !wanted.required => {
            notes.push(format!(
                "{} {} is not in the cache and left out; `{}` adds it",
                wanted.id,
                entry.description.version,
                entry.fetch_command()
            ));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn memory(detection: &Detection, jre: &JreChoice, options: &JavaOptions) -> MemoryPlan {
    MemoryPlan {
        enabled: options.calculator != Calculator::Off && !options.without.contains(&Component::MemoryCalculator),
        calculator: options.calculator.to_string(),
        java_feature: jre.dependency.facts.jre.as_ref().map_or(0, |facts| facts.feature),
        jvm_class_count: jre.dependency.facts.jre.as_ref().map_or(0, |facts| facts.class_count),
        application_class_count: detection.facts.class_count,
        likely_class_count: detection.facts.likely_class_count,
        thread_count: match detection.facts.web {
            WebApplication::Servlet | WebApplication::Blocking => SERVLET_THREADS,
            WebApplication::Reactive | WebApplication::None => REACTIVE_THREADS,
        },
        profile: None,
    }
}

/// The processes, for a runtime of this feature release.
fn processes(detection: &Detection, options: &JavaOptions, feature: u32) -> Vec<Process> {
    let mut command = vec!["java".to_owned()];
    if detection.facts.java.as_ref().is_some_and(|need| need.preview) {
        command.push("--enable-preview".to_owned());
    }
    if options.main_class.is_none() {
        command.extend(detection.module_access.options(feature));
    }
    command.extend(detection.start.arguments(WORKSPACE));
    let args = options.arguments.clone();
    vec![Process { process_type: name("web", ProcessType::new), command, args, default: true }]
}

fn contribution(
    detection: &Detection,
    jre: &JreChoice,
    dependencies: &[ResolvedDependency],
    memory: &MemoryPlan,
    processes: &[Process],
) -> Contribution {
    let mut layers = vec![jre_layer(&jre.dependency, memory)];
    layers.extend(dependencies.iter().map(|dependency| LayerContribution {
        name: name(&dependency.id, LayerName::new),
        source: LayerSource::Dependency(dependency.clone()),
        env: Vec::new(),
        metadata: metadata(dependency),
    }));
    layers.push(LayerContribution {
        name: name("application", LayerName::new),
        source: LayerSource::Entries(Vec::new()),
        env: vec![
            EnvDelta::default("BPI_APPLICATION_CLASS_COUNT", memory.application_class_count.to_string()),
            EnvDelta::default("BPI_LIKELY_CLASS_COUNT", memory.likely_class_count.to_string()),
            EnvDelta::default("BPL_JVM_THREAD_COUNT", memory.thread_count.to_string()),
        ],
        metadata: json!({}),
    });
    let boot = detection.facts.boot_version.iter();
    Contribution {
        buildpack: BuildpackRef {
            id: name(detection.buildpack, BuildpackId::new),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        layers,
        processes: processes.to_vec(),
        labels: boot.map(|version| ("org.springframework.boot.version".to_owned(), version.clone())).collect(),
    }
}

/// The JRE and what every JVM gets, all of it decided by the JRE alone, so that applications share the layer.
fn jre_layer(jre: &ResolvedDependency, memory: &MemoryPlan) -> LayerContribution {
    // The calculator counts with the larger needs of newer releases where it is not told.
    let feature =
        (memory.java_feature > 0).then(|| EnvDelta::default("BPI_JVM_FEATURE", memory.java_feature.to_string()));
    let mut env = vec![EnvDelta::default("BPI_JVM_CLASS_COUNT", memory.jvm_class_count.to_string())];
    env.extend(feature);
    env.extend([
        EnvDelta::default("JAVA_HOME", "/layers/stage_java/jre"),
        // Glibc's arenas per thread cost more memory than they win speed in small containers.
        EnvDelta::default("MALLOC_ARENA_MAX", "2"),
        // A JVM that lost a thread to a lack of memory is better restarted than kept.
        EnvDelta::append_option("JAVA_TOOL_OPTIONS", "-XX:+ExitOnOutOfMemoryError"),
    ]);
    LayerContribution {
        name: name("jre", LayerName::new),
        source: LayerSource::Dependency(jre.clone()),
        env,
        metadata: metadata(jre),
    }
}

fn metadata(dependency: &ResolvedDependency) -> serde_json::Value {
    json!({
        "id": dependency.id,
        "version": dependency.version,
        "sha256": dependency.sha256,
        "licence": dependency.licence,
    })
}

/// Spring Boot's launcher loads what lies in its library folder: the jar itself stays in its own layer.
fn link(detection: &Detection, dependency: &ResolvedDependency) -> Option<Entry> {
    let Start::MainClass { .. } = &detection.start else { return None };
    let folder = detection.layout.libraries.first()?;
    let file = dependency.description.file_name();
    let target = format!("/layers/stage_java/{}/{file}", dependency.id);
    let path = EntryPath::new(&format!("{folder}{file}")).ok()?;
    Some(Entry { path, kind: EntryKind::Symlink { target: target.into() } })
}

/// The index of an application whose libraries are not to be found by name.
fn class_path_index(detection: &Detection) -> Option<Entry> {
    let (path, text) = detection.class_path_index.as_ref()?;
    Some(Entry::file(path.clone(), Content::from_bytes(text.clone().into_bytes())))
}

fn settings(
    detection: &Detection,
    options: &JavaOptions,
    jre: &JreChoice,
    auto: Option<&(Wanted, ResolvedDependency)>,
    memory: &MemoryPlan,
) -> Vec<Setting> {
    let setting = |name: &str, value: String, origin: &str| Setting { name: name.into(), value, origin: origin.into() };
    let mut settings = vec![setting(
        "main-class",
        detection.facts.main_class.clone(),
        if options.main_class.is_some() { "--main-class" } else { "META-INF/MANIFEST.MF" },
    )];
    if let Some(need) = &detection.facts.java {
        settings.push(setting("java.needed", need.feature.to_string(), &need.decided_by));
    }
    settings.push(setting("jre.request", options.jre.0.to_string(), &options.jre.1));
    settings.push(setting("jre", jre.dependency.description.coordinates(), &jre.origin));
    match auto {
        Some((wanted, found)) => {
            settings.push(setting("auto-reconfiguration", found.description.coordinates(), &wanted.origin));
        }
        None if options.without.contains(&Component::AutoReconfiguration) => {
            settings.push(setting("auto-reconfiguration", "none".into(), "--without"));
        }
        None if options.cloud_foundry => {
            settings.push(setting("auto-reconfiguration", "none".into(), "not cached, or no Spring Boot application"));
        }
        None => settings.push(setting("auto-reconfiguration", "none".into(), "default outside Cloud Foundry")),
    }
    let calculator = if memory.enabled { memory.calculator.as_str() } else { "none" };
    let origin = match options.calculator {
        _ if options.without.contains(&Component::MemoryCalculator) => "--without",
        Calculator::Fit => "default",
        _ => "--memory-calculator",
    };
    settings.push(setting("memory-calculator", calculator.into(), origin));
    settings.push(if jre.dependency.is_told() {
        setting("memory.jvm-classes", "unknown".into(), "counted when the JRE is made")
    } else {
        setting("memory.jvm-classes", memory.jvm_class_count.to_string(), "counted in the JRE")
    });
    settings.push(setting(
        "memory.application-classes",
        memory.application_class_count.to_string(),
        "counted in the application",
    ));
    let kind = match detection.facts.web {
        WebApplication::Servlet => "servlet application",
        WebApplication::Reactive => "reactive application",
        WebApplication::Blocking => "a pool of blocking threads",
        WebApplication::None => "no servlet application",
    };
    settings.push(setting("memory.threads", memory.thread_count.to_string(), kind));
    settings
}

/// A name written in this crate or checked when the catalogue was read.
fn name<T, E: std::fmt::Display>(text: &str, new: impl Fn(String) -> Result<T, E>) -> T {
    new(text.to_owned()).unwrap_or_else(|error| unreachable!("{error}"))
}
