//! A droplet of an artifact, without the contract's flags, folders and files: nothing is unpacked, nothing is written but
//! the droplet and the caches.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use buildpacks::application::{Application, Entry, EntryKind, EntryPath, OpenError};
use buildpacks::dependency::{Catalogue, CatalogueError, Version};
use buildpacks::java::cloudfoundry::{Bits, Deposit, Faults, Log, MEMORY_CALCULATOR, Part, Unreadable};
use buildpacks::java::cloudfoundry::{v3, v5};
use buildpacks::java::container::{java_needed, of_artifact};
use buildpacks::java::start::{StartError, check_beside};
use memcalc::Calculator;
use schemars::JsonSchema;
use serde::Serialize;

use super::builtin::{Archives, BuiltIn, Context, DataError, HOME, data_in, pieces, resident};
use super::metadata::BuildpackMetadata;
use super::processes::{self, Process, Processes};
use super::{result, start};
use crate::cloudfoundry::droplet::{DropletError, Early, Member, Packing, Piece, Places, PlacesError, Section, Whole};
use crate::cloudfoundry::staging_info;
use crate::layer::{LayerEntry, complete};
use crate::report::{Phases, Timings};
use crate::sink::DestinationError;

/// Its place in the droplet's `deps`.
const INDEX: &str = "0";
/// The stack counted with when the environment names none.
const STACK: &str = "cflinuxfs4";
/// The key of the Java buildpack.
const KEY: &str = "java_buildpack";
/// Where no build cache is.
const NO_CACHE: &str = "/nonexistent";
const PROCFILE: &str = "Procfile";
/// Largest Procfile that is read, bytes.
const PROCFILE_BYTES: u64 = 1 << 20;

/// What is asked for.
#[derive(Debug)]
pub struct DropletSettings {
    /// The artifact.
    pub application: PathBuf,
    /// The folder of dependencies and pieces.
    pub cache_dir: PathBuf,
    /// Catalogue files over the built-in one.
    pub catalogues: Vec<PathBuf>,
    /// The folder of a buildpack whose files are used instead of the cache's.
    pub buildpack: Option<PathBuf>,
    /// Whether no stat record is trusted.
    pub paranoid: bool,
    /// The version of Java that is asked for.
    pub java: Option<String>,
    /// The memory calculator, where it is not to be that of the buildpack's generation.
    pub calculator: Option<Calculator>,
    /// `JBP_CONFIG_*` and its like.
    pub environment: BTreeMap<String, String>,
    /// Where the droplet goes.
    pub output: PathBuf,
    /// Where else it goes.
    pub more_outputs: Vec<PathBuf>,
}

/// What came of it: the JSON of `stage APP -o droplet:FILE --json`. Sizes are bytes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DropletReport {
    /// The buildpack's name.
    pub buildpack: String,
    /// Its version.
    pub buildpack_version: String,
    /// What a platform runs, by process type.
    pub processes: BTreeMap<String, String>,
    /// SHA-256 of the droplet.
    pub sha256: String,
    /// Its size.
    pub size: u64,
    /// Where it went.
    pub outputs: Vec<PathBuf>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// Where the time went.
    pub timings: Timings,
}

/// Why there is no droplet.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The artifact could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A catalogue could not be read.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The buildpack ended staging; its log says why.
    #[error("The Java buildpack could not stage `{}`: its last lines above say why", artifact.display())]
    Buildpack {
        /// The artifact.
        artifact: PathBuf,
    },
    /// A file of the buildpack cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The folder is that of no buildpack known here.
    #[error("`{}` holds no Java buildpack: neither `manifest.yml` and `VERSION`, nor `config/version.yml`", folder.display())]
    NoBuildpack {
        /// The folder.
        folder: PathBuf,
    },
    /// The buildpack does not know what the application is.
    #[error("The Java buildpack does not take `{}`", artifact.display())]
    NotTaken {
        /// The artifact.
        artifact: PathBuf,
    },
    /// The application's Procfile is no map of commands.
    #[error("`{PROCFILE}` of `{}` is not valid YAML of commands by process type", artifact.display())]
    Procfile {
        /// The artifact.
        artifact: PathBuf,
    },
    /// What a process runs is not in the droplet.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The application has a file or link where the buildpack needs a folder.
    #[error("`{folder}` of `{}` is a file or a link, and the buildpack has `{path}` to put into it", artifact.display())]
    NoFolder {
        /// The artifact.
        artifact: PathBuf,
        /// What is there.
        folder: String,
        /// What goes below.
        path: String,
    },
    /// The runtime that is asked for cannot run it.
    #[error("The application needs Java {needed} or later, `--jre {asked}` asks for an older one")]
    TooOld {
        /// The feature version the application's classes need.
        needed: u32,
        /// What was asked for.
        asked: String,
    },
    /// The buildpack has a way of its own to choose a runtime.
    #[error("`--jre {version}` is not for buildpacks of the third generation: `{CHOOSES_THIRD}` chooses their runtime")]
    NoChoice {
        /// What was asked for.
        version: String,
    },
    /// A cache or a manifest could not be used.
    #[error("{0}")]
    Context(String),
    /// Something of the application cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The droplet cannot be written there.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// The droplet could not be written.
    #[error("Could not write the droplet `{}`", path.display())]
    Write {
        /// The droplet.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// How the runtime of the third generation is chosen.
const CHOOSES_THIRD: &str = "JBP_CONFIG_OPEN_JDK_JRE='{jre: {version: 1.8.+}}'";
/// What chooses the runtime of the fifth generation.
const JAVA_VERSION: &str = "BP_JAVA_VERSION";
/// The version of Java that the fifth generation installs when nothing chooses one.
const DEFAULT_JAVA: u32 = 17;

/// A droplet that is whole and has no name yet. Dropped, it leaves nothing.
pub struct Unpublished {
    whole: Whole,
    places: Places,
    output: PathBuf,
    report: DropletReport,
}

impl Unpublished {
    /// Puts it where it was asked for.
    ///
    /// # Errors
    /// See [`ArtifactError`].
    pub fn publish(self) -> Result<DropletReport, ArtifactError> {
        let Self { whole, places, output, report } = self;
        places.publish(whole).map_err(|error| match error {
            PlacesError::Destination(error) => error.into(),
            PlacesError::Packed(error) => unwritten(&output, error),
        })?;
        Ok(report)
    }
}

/// Makes the droplet; the buildpack's lines go to `log`.
///
/// # Errors
/// See [`ArtifactError`]. No droplet is left unless it is whole.
pub fn droplet_of(settings: &DropletSettings, log: &dyn Fn(&str)) -> Result<Unpublished, ArtifactError> {
    let mut phases = Phases::start();
    let artifact = || settings.application.clone();
    let faults = Faults::default();
    let application = Application::open(&settings.application)?;
    check_beside(&application)?;
    refuse_too_old(settings.java.as_deref(), &application)?;
    let failed = |error: super::error::StageError| ArtifactError::Context(error.to_string());
    let catalogue = Catalogue::load(&settings.catalogues)?;
    let context = Context::open_in(&settings.cache_dir, catalogue, settings.paranoid).map_err(failed)?;
    phases.end("open");
    let outputs: Vec<_> = std::iter::once(&settings.output).chain(&settings.more_outputs).collect();
    let places = Places::of(outputs.iter().map(|path| path.as_path()))?;
    let early = begin(places.packed(), &application);
    let mut environment = settings.environment.clone();
    if let Some(calculator) = settings.calculator {
        environment.insert(MEMORY_CALCULATOR.to_owned(), calculator.to_string());
    }
    environment.entry("CF_STACK".to_owned()).or_insert_with(|| STACK.to_owned());
    let bits = Bits::artifact(&application, &faults);
    let act = Act { settings, application: &application, bits, context: &context, environment: &environment, log };
    let made = act.made();
    faults.check()?;
    let Made { deposit, metadata } = made?;
    let mut processes = Processes::default();
    let released = deposit.processes.iter().cloned();
    processes.merge(released.map(|(kind, command)| Process { kind, command, ..Process::default() }).collect());
    processes.merge(procfile(&application).ok_or_else(|| ArtifactError::Procfile { artifact: artifact() })?);
    let started = start::look(&processes, &application)?;
    let info = result::staging_info(std::slice::from_ref(&metadata), &processes).map_err(failed)?;

    refuse_links(&application, &deposit).map_err(|(folder, path)| ArtifactError::NoFolder {
        artifact: artifact(),
        folder,
        path,
    })?;
    phases.end("build");

    let packing = early.go_on(beginning(&application, Some(&deposit)));
    for archive in blobs(&deposit, &context, &mut phases)? {
        packing.add(archive);
    }
    packing.add(ending(&deposit, info));
    let whole = packing.end().map_err(|error| unwritten(&settings.output, error))?;
    application.verify_unchanged()?;
    let (digest, size) = whole.digest().unwrap_or_else(|| unreachable!("the droplet was hashed"));
    phases.end("droplet");
    let report = DropletReport {
        buildpack: metadata.name,
        buildpack_version: metadata.version,
        processes: processes.main().map(|process| (process.kind.clone(), process.command.clone())).collect(),
        sha256: digest.hex(),
        size,
        outputs: outputs.into_iter().cloned().collect(),
        notes: of_artifact(&application, false).iter().map(ToString::to_string).chain(started).collect(),
        timings: phases.finish(),
    };
    Ok(Unpublished { whole, places, output: settings.output.clone(), report })
}

/// Refuses a version of Java, `11.*` say, that is older than what the application's classes need.
fn refuse_too_old(asked: Option<&str>, application: &Application) -> Result<(), ArtifactError> {
    let Some(asked) = asked else { return Ok(()) };
    let version =
        Version::parse(asked.trim_end_matches(['.', '*', 'x', '+'])).ok().map(|version| version.java().major());
    let needed = java_needed(application).ok().flatten().map(|need| need.feature);
    match (version, needed) {
        (Some(version), Some(needed)) if version < u64::from(needed) => {
            Err(ArtifactError::TooOld { needed, asked: asked.to_owned() })
        }
        _ => Ok(()),
    }
}

/// The first place where the buildpack's files would go through something of the application that is no folder.
fn refuse_links(application: &Application, deposit: &Deposit) -> Result<(), (String, String)> {
    let places = deposit.app.files.entries().map(|entry| entry.path);
    for path in places.chain(deposit.app.archives.iter().map(|archive| archive.at.clone())) {
        let blocks = |folder: &EntryPath| {
            let found = application.get(folder.as_str());
            found.is_some_and(|entry| !matches!(entry.kind, EntryKind::Directory))
        };
        if let Some(folder) = path.ancestors().find(blocks) {
            return Err((folder.to_string(), path.to_string()));
        }
    }
    Ok(())
}

/// What a buildpack has made.
struct Made {
    deposit: Deposit,
    metadata: BuildpackMetadata,
}

/// What every generation works with.
struct Act<'a> {
    settings: &'a DropletSettings,
    application: &'a Application,
    bits: Bits<'a>,
    context: &'a Context,
    environment: &'a BTreeMap<String, String>,
    log: &'a dyn Fn(&str),
}

impl Act<'_> {
    fn made(&self) -> Result<Made, ArtifactError> {
        let Some(folder) = &self.settings.buildpack else { return self.fifth(None) };
        match data_in(folder)? {
            Some(BuiltIn::Third(buildpack)) => self.third(&buildpack),
            Some(BuiltIn::Folder(folder)) => self.fifth(Some(&folder)),
            Some(BuiltIn::Cache) | None => Err(ArtifactError::NoBuildpack { folder: folder.clone() }),
        }
    }

    /// The fifth generation, with a folder's files or the cache's.
    fn fifth(&self, folder: Option<&Path>) -> Result<Made, ArtifactError> {
        let failed = |error: super::error::StageError| ArtifactError::Context(error.to_string());
        let manifest = self.context.manifest(folder).map_err(failed)?;
        let home = Path::new(HOME);
        let mut environment = self.environment.clone();
        if let Some(version) = self.settings.java.clone().or_else(|| self.newer_than_default()) {
            environment.insert(JAVA_VERSION.to_owned(), version);
        }
        let staging = v5::Staging {
            bits: self.bits,
            build_dir: &home.join("app"),
            dep_dir: &home.join("deps").join(INDEX),
            index: INDEX,
            cache_dir: Path::new(NO_CACHE),
            environment: &environment,
            manifest: &manifest,
            dependencies: &self.context.dependencies,
            programs: &self.context.programs,
            memo: &Archives(&self.context.store),
            scratch: &self.context.store.scratch(),
            today: &self.context.today,
            log: Log::new(self.log),
        };
        if v5::detect(&staging.quiet()).is_none() {
            return Err(self.not_taken());
        }
        let deposit = v5::supply(&staging).and_then(|supplied| v5::finalize(&staging, supplied, &[]));
        let deposit = deposit.map_err(|_| self.ended())?;
        let config = deposit.deps.files.text("config.yml").unwrap_or_default();
        Ok(Made { deposit, metadata: BuildpackMetadata::of(&config, KEY, "") })
    }

    /// The third generation, with its folder.
    fn third(&self, buildpack: &v3::Buildpack) -> Result<Made, ArtifactError> {
        if let Some(version) = self.settings.java.clone() {
            return Err(ArtifactError::NoChoice { version });
        }
        let started = Instant::now();
        let stack = self.environment.get("CF_STACK").map_or("", String::as_str);
        let staging = v3::Staging {
            bits: self.bits,
            build_dir: &Path::new(HOME).join("app"),
            cache_dir: Path::new(NO_CACHE),
            environment: self.environment,
            platform: &buildpack.platform(stack, Path::new("/")),
            architecture: std::env::consts::ARCH,
            programs: &self.context.programs,
            scratch: &self.context.store.scratch(),
            clock: &|| started.elapsed(),
            log: Log::new(self.log),
            errors: Log::new(self.log),
        };
        let name = buildpack.detect(&staging).ok_or_else(|| self.not_taken())?;
        let mut deposit = buildpack.compile(&staging).map_err(|_| self.ended())?;
        deposit.processes = buildpack.release(&staging).map_err(|_| self.ended())?;
        Ok(Made { deposit, metadata: BuildpackMetadata::of("", KEY, &name) })
    }

    /// The Java version that the application's classes need, where that is more than the buildpack's default and nothing
    /// asks for another.
    fn newer_than_default(&self) -> Option<String> {
        if self.environment.contains_key(JAVA_VERSION) || v5::chooses_runtime(self.environment) {
            return None;
        }
        let need = java_needed(self.application).ok()??.feature;
        (need > DEFAULT_JAVA).then(|| need.to_string())
    }

    fn not_taken(&self) -> ArtifactError {
        ArtifactError::NotTaken { artifact: self.settings.application.clone() }
    }

    fn ended(&self) -> ArtifactError {
        ArtifactError::Buildpack { artifact: self.settings.application.clone() }
    }
}

/// The commands of the Procfile by process type; none when it is not valid.
pub(crate) fn commands(application: &Application) -> Option<Vec<(String, String)>> {
    Some(procfile(application)?.into_iter().map(|process| (process.kind, process.command)).collect())
}

/// The processes of the Procfile; none when it is not valid.
fn procfile(application: &Application) -> Option<Vec<Process>> {
    match application.read_small(PROCFILE, PROCFILE_BYTES) {
        Some(Ok(bytes)) => processes::parse_procfile(&String::from_utf8_lossy(&bytes)),
        Some(Err(_)) => None,
        None => Some(Vec::new()),
    }
}

/// The archives, compressed.
fn blobs(deposit: &Deposit, context: &Context, phases: &mut Phases) -> Result<Vec<Section>, ArtifactError> {
    let pieces = pieces("app", &deposit.app).into_iter().chain(pieces(&deps(), &deposit.deps));
    let blob = |piece: Piece| {
        let section = piece.section(&context.store, phases);
        section.map_err(|error| ArtifactError::Context(format!("{}: {error}", piece.at)))
    };
    pieces.map(blob).collect()
}

fn deps() -> String {
    format!("deps/{INDEX}")
}

/// Begins the droplet with the application.
fn begin(droplet: &Path, application: &Application) -> Early {
    Early::start(droplet.to_owned(), Packing::start_hashed, beginning(application, None))
}

/// The application, and the files that the buildpack puts beside its own.
fn beginning(application: &Application, deposit: Option<&Deposit>) -> Vec<Member> {
    let root = path("app");
    let bits = application.entries().iter().map(|entry| LayerEntry::below(&root, entry.clone()));
    let mut entries = vec![LayerEntry::normalised(Entry::directory(root.clone()))];
    entries.extend(bits);
    if let Some(deposit) = deposit {
        entries.extend(files("app", &deposit.app));
        // A platform's droplet has the folder even when nothing is in it.
        entries.push(LayerEntry::normalised(Entry::directory(path("deps"))));
        entries.extend(files(&deps(), &deposit.deps));
    }
    std::iter::once(Member::folder(".", 0o700)).chain(complete(entries).into_iter().map(Member::of)).collect()
}

/// What comes after the archives.
fn ending(deposit: &Deposit, staging_info: String) -> Section {
    let empty = ["logs", "profile.d", "tmp"].map(|name| LayerEntry::normalised(Entry::directory(path(name))));
    let scripts = deposit.profile.entries().map(|entry| LayerEntry::below(&path("profile.d"), entry));
    let mut last: Vec<_> = complete(empty.into_iter().chain(scripts).collect()).into_iter().map(Member::of).collect();
    last.push(Member::file(&format!("./{}", staging_info::FILE), staging_info.into_bytes()));
    Section::Members(last)
}

/// The files of a part that do not go with an archive.
fn files(root: &str, part: &Part) -> impl Iterator<Item = LayerEntry> {
    let root = path(root);
    resident(part).into_iter().map(move |entry| LayerEntry::below(&root, entry))
}

fn unwritten(path: &Path, error: DropletError) -> ArtifactError {
    ArtifactError::Write { path: path.to_owned(), source: Box::new(error) }
}

/// A path written in this crate.
fn path(text: &str) -> EntryPath {
    EntryPath::new(text).unwrap_or_else(|error| unreachable!("`{text}`: {error}"))
}
