//! The order of events.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::Path;

use buildpacks::files;
use buildpacks::java::cloudfoundry::leads_inside;
use fs_err as fs;

use super::super::credhub::{self, CredhubError};
use super::super::droplet::{self, DropletError, Early, Member, Packing, Piece, Section, Whole};
use super::super::surroundings::parent;
use super::super::{Surroundings, database_url, output, staging_info, system};
use super::builtin::{self, Buildpack, Built, LazyContext, Place};
use super::choose::{self, Chosen};
use super::download;
use super::error::StageError;
use super::interruption::Interruption;
use super::metadata::BuildpackMetadata;
use super::options::Options;
use super::processes::{self, Processes};
use super::result;
use super::script::Script;
use super::supervision::Runner;
use super::workspace::{self, Workspace};
use crate::report::Phases;

/// What is said when a buildpack of an older kind comes after others.
pub(super) const NOT_MULTI: &str = "Warning: the last buildpack is not compatible with multi-buildpack apps and cannot make \
    use of any dependencies supplied by the buildpacks specified before it";

/// `1` has the builder say where the time went.
const TIMINGS: &str = "STAGE_TIMINGS";
const OPTIONS_INVALID: u8 = 3;
const CREDHUB_FAILED: u8 = 4;

/// Stages an application; the exit code. `arguments` are the flags.
pub fn build(arguments: &[OsString], mut surroundings: Surroundings) -> u8 {
    let options = match Options::parse(arguments, &surroundings) {
        Ok(options) => options,
        Err(code) => return code,
    };
    if let Err(error) = credhub::interpolate(&mut surroundings, options.attempts) {
        output::error(&error.to_string());
        return if matches!(error, CredhubError::Options(_)) { OPTIONS_INVALID } else { CREDHUB_FAILED };
    }
    if let Some(url) = database_url::find(surroundings.text("VCAP_SERVICES")) {
        surroundings.set("DATABASE_URL", url);
    }
    let interruption = match Interruption::watch() {
        Ok(interruption) => interruption,
        Err(error) => {
            output::error_line(&format!("Failed to watch for signals: {}", system::reason(&error)));
            return 1;
        }
    };
    let mut phases = Phases::start();
    let staged = stage(options, &surroundings, &interruption, &mut phases);
    if surroundings.text(TIMINGS) == "1" {
        output::error_line(&phases.finish().to_string());
    }
    match staged {
        Ok(()) => 0,
        Err(error) => {
            output::error_line(&error.to_string());
            error.exit_code()
        }
    }
}

fn stage(
    options: Options,
    surroundings: &Surroundings,
    interruption: &Interruption,
    phases: &mut Phases,
) -> Result<(), StageError> {
    let options = &options.behind_links()?;
    let workspace = Workspace::create(options, surroundings)?;
    workspace.watch(options, interruption);
    let isolation = workspace.isolate(options, surroundings, interruption)?;
    let refused = Cell::new(false);
    let runner = Runner {
        refused: &refused,
        surroundings,
        limits: options.limits,
        isolation: isolation.as_ref(),
        interruption,
        folders: workspace.filled(options, isolation.as_ref()),
    };
    runner.try_isolation()?;
    download::all(options, &runner)?;
    workspace::clean_cache(options)?;
    phases.end("open");
    let mut context = LazyContext::new(surroundings);
    let chosen = if options.skip_detect {
        choose::supply(options, &workspace, &runner, &mut context)?
    } else {
        choose::detect(options, &workspace, &runner, &mut context)?
    };
    phases.end("choose");
    let staging = Staging { options, surroundings, runner: &runner, workspace: &workspace, chosen: &chosen };
    let early = staging.begin_droplet();
    let built =
        staging.finalize(&mut context).and_then(|built| Ok((staging.processes(built.processes)?, built.pieces)));
    let (processes, pieces) = match built {
        Ok(built) => built,
        Err(error) => {
            // Platforms show who failed: what is known of the buildpacks is written even now.
            result::write_file(&options.metadata, &result::result_json(&staging.metadata(""), None)?)?;
            return Err(error);
        }
    };
    if processes.web_command().is_empty() {
        output::error_line("No start command specified by buildpack or via Procfile.");
        output::error_line("App will not start unless a command is provided at runtime.");
    }
    let metadata = staging.metadata(&chosen.detected);
    result::write_file(&options.metadata, &result::result_json(&metadata, Some(&processes))?)?;
    phases.end("build");
    let pieces = Staging::blobs(&pieces, &mut context, phases)?;
    staging.droplet(early, result::staging_info(&metadata, &processes)?, pieces)?;
    phases.end("droplet");
    staging.cache()?;
    phases.end("cache");
    Ok(())
}

struct Staging<'a> {
    options: &'a Options,
    surroundings: &'a Surroundings,
    runner: &'a Runner<'a>,
    workspace: &'a Workspace,
    chosen: &'a Chosen,
}

impl Staging<'_> {
    /// Runs the final buildpack: supply and finalize, or compile.
    fn finalize(&self, context: &mut LazyContext<'_>) -> Result<Built, StageError> {
        let index = self.options.final_index();
        let folder = match &self.chosen.buildpack {
            Buildpack::Scripts(folder) => folder,
            Buildpack::BuiltIn(built_in) => {
                let (options, workspace, surroundings) = (self.options, self.workspace, self.surroundings);
                let cache = options.final_cache();
                let place = Place { options, workspace, surroundings, index: &index, cache: &cache };
                return builtin::finalize(place, context.open()?, built_in);
            }
        };
        self.run_scripts(folder, &index).map(|()| Built::default())
    }

    fn run_scripts(&self, folder: &Path, index: &str) -> Result<(), StageError> {
        let (cache, deps, profile) = (self.options.final_cache(), self.workspace.deps(), self.workspace.profile());
        let build = self.options.build_dir.as_os_str();
        let arguments = [build, cache.as_os_str(), deps.as_os_str(), OsStr::new(index), profile.as_os_str()];
        let finalize = self.script(folder, "finalize");
        if finalize.exists() {
            let supply = self.script(folder, "supply");
            if supply.exists() {
                supply
                    .run(&arguments[..4])
                    .map_err(|error| error.within(|text| StageError::Compile(StageError::Supply(text).to_string())))?;
            }
            let failed = |text| StageError::Compile(format!("Failed to run finalize script: {text}"));
            return finalize.run(&arguments).map_err(|error| error.within(failed));
        }
        if !self.options.supply_keys().is_empty() {
            output::error_line(NOT_MULTI);
        }
        let own = deps.join(index);
        fs::remove_dir_all(&own).map_err(|error| StageError::file("unlinkat", &own, &error))?;
        self.script(folder, "compile")
            .run(&arguments[..2])
            .map_err(|error| error.within(|text| StageError::Compile(StageError::Compile(text).to_string())))
    }

    fn script<'s>(&'s self, folder: &'s Path, name: &'static str) -> Script<'s> {
        Script::new(folder, name, &self.chosen.key, self.runner)
    }

    /// What the buildpacks say of themselves; `detected` names the last one if it does not.
    fn metadata(&self, detected: &str) -> Vec<BuildpackMetadata> {
        let deps = self.workspace.deps();
        let supply = self.options.supply_keys().iter().enumerate();
        let mut metadata: Vec<_> =
            supply.map(|(at, key)| BuildpackMetadata::read(&deps.join(self.options.deps_index(at)), key, "")).collect();
        let last = deps.join(self.options.final_index());
        metadata.push(BuildpackMetadata::read(&last, &self.chosen.key, detected));
        metadata
    }

    /// Collects the processes; runs the release script unless the final buildpack left a `launch.yml` or has none.
    fn processes(&self, built: Option<Result<Vec<processes::Process>, StageError>>) -> Result<Processes, StageError> {
        let deps = self.workspace.deps();
        let mut found = Processes::default();
        let launch = |index: &str| {
            let path = deps.join(index).join("launch.yml");
            self.refuse_outside(&deps, &path)?;
            processes::read_launch(&path).map_err(|error| StageError::Other(error.to_string()))
        };
        for at in 0..self.options.supply_keys().len() {
            found.merge(launch(&self.options.deps_index(at))?.unwrap_or_default());
        }
        // The contract counts the whole order here and does not pad: with several candidates for detection, or ten
        // buildpacks, the final buildpack's file is not found and its release script runs.
        match launch(&(self.options.order.len() - 1).to_string())? {
            Some(processes) => found.merge(processes),
            None => found.merge(match (built, &self.chosen.buildpack) {
                (None, Buildpack::Scripts(folder)) => self.release(folder)?,
                (built, _) => built.unwrap_or_else(|| Ok(Vec::new()))?,
            }),
        }
        found.merge(self.procfile()?);
        Ok(found)
    }

    fn release(&self, folder: &Path) -> Result<Vec<processes::Process>, StageError> {
        let printed = self
            .script(folder, "release")
            .output(&[self.options.build_dir.as_os_str()])
            .map_err(|error| error.within(StageError::Release))?;
        processes::parse_release(&String::from_utf8_lossy(&printed))
            .map_err(|error| StageError::Release(format!("buildpack's release output invalid: {error}")))
    }

    /// Of scripts that see a part of the file system alone, a link to another part is refused: it would be read for them.
    fn refuse_outside(&self, folder: &Path, path: &Path) -> Result<(), StageError> {
        if !self.options.isolate || leads_inside(folder, path) {
            return Ok(());
        }
        let (path, folder) = (path.display(), folder.display());
        Err(StageError::Other(format!("`{path}` is a link that leads out of `{folder}`")))
    }

    fn procfile(&self) -> Result<Vec<processes::Process>, StageError> {
        let path = self.options.build_dir.join("Procfile");
        self.refuse_outside(&self.options.build_dir, &path)?;
        match files::read(&path, files::DOCUMENT_BYTES) {
            Ok(bytes) => processes::parse_procfile(&String::from_utf8_lossy(&bytes))
                .ok_or_else(|| StageError::Other("Failed to read command from Procfile: invalid YAML".to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(StageError::Other(format!(
                "Failed to read command from Procfile: open {}: {}",
                path.display(),
                system::reason(&error)
            ))),
        }
    }

    /// The compressed pieces of the droplet, made in parallel with nothing but themselves.
    fn blobs(pieces: &[Piece], context: &mut LazyContext<'_>, phases: &mut Phases) -> Result<Vec<Section>, StageError> {
        if pieces.is_empty() {
            return Ok(Vec::new());
        }
        let store = &context.open()?.store;
        let failed = |piece: &Piece, error| {
            let source = Box::new(error);
            let error = DropletError::Piece { at: piece.at.to_string(), source };
            StageError::Other(format!("Failed to compress droplet filesystem: {error}"))
        };
        pieces.iter().map(|piece| piece.section(store, phases).map_err(|error| failed(piece, error))).collect()
    }

    /// Begins the droplet with the application when no script will run any more. What goes wrong shows when the application
    /// is looked at in its turn.
    fn begin_droplet(&self) -> Option<Early> {
        let Buildpack::BuiltIn(_) = self.chosen.buildpack else { return None };
        let droplet = &self.options.droplet;
        let root = self.options.build_dir.canonicalize().ok()?;
        // Half a droplet is no part of the application.
        if parent(droplet).canonicalize().ok()?.starts_with(root) {
            return None;
        }
        Some(Early::start(droplet.clone(), Packing::start, self.application().ok()?))
    }

    /// The droplet's root and the application.
    fn application(&self) -> Result<Vec<Member>, DropletError> {
        let mut members = vec![Member::folder(".", 0o700)];
        members.extend(Member::tree("./app", &self.options.build_dir)?);
        Ok(members)
    }

    /// Writes the droplet, going on with what has begun.
    fn droplet(&self, early: Option<Early>, staging_info: String, pieces: Vec<Section>) -> Result<(), StageError> {
        if !self.surroundings.has_program("cp") {
            let message = "Failed to copy compiled droplet: exec: \"cp\": executable file not found in $PATH";
            return Err(StageError::Other(message.to_owned()));
        }
        let application = self.application().map_err(|error| {
            output::error_line(&format!("cp: {error}"));
            StageError::Other("Failed to copy compiled droplet: exit status 1".to_owned())
        })?;
        if !self.surroundings.has_program("tar") {
            return Err(StageError::Other("Unable to find tar executable".to_owned()));
        }
        let failed = |error: DropletError| StageError::Other(format!("Failed to compress droplet filesystem: {error}"));
        for index in &self.chosen.built_in {
            builtin::settle(&self.workspace.deps(), index)?;
        }
        let packing = if let Some(early) = early {
            early.go_on(application)
        } else {
            let packing = Packing::start(&self.options.droplet);
            packing.add(Section::Members(application));
            packing
        };
        packing.add(Section::Members(Member::inside("./deps", &self.workspace.deps()).map_err(failed)?));
        for piece in pieces {
            packing.add(piece);
        }
        let mut members = vec![Member::folder("./logs", 0o755)];
        members.extend(Member::inside("./profile.d", &self.workspace.profile()).map_err(failed)?);
        for path in self.workspace.more()? {
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            members.extend(Member::inside([b"./", name].concat(), &path).map_err(failed)?);
        }
        members.push(Member::file(&format!("./{}", staging_info::FILE), staging_info.into_bytes()));
        members.push(Member::folder("./tmp", 0o755));
        packing.add(Section::Members(members));
        packing.end().and_then(Whole::publish).map_err(failed)
    }

    /// Writes the build cache.
    fn cache(&self) -> Result<(), StageError> {
        let failed = |error: DropletError| StageError::Other(format!("Failed to compress build artifacts: {error}"));
        let target = &self.options.output_cache;
        workspace::make(parent(target))?;
        let members = Member::tree(".", &self.options.cache_dir).map_err(failed)?;
        droplet::write(target, members).map_err(failed)
    }
}
