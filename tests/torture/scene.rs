//! What is tortured: a command that writes, its inputs, and how its outputs are judged.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::audit;
use crate::process::{Ended, run};
use crate::random::Random;
use crate::support::World;

/// A command that writes. It is given its place, whose folder its paths begin with.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    /// Lays out the inputs.
    pub(crate) inputs: fn(&Path),
    /// Puts into the folder of outputs what is there already.
    pub(crate) before: fn(&Path),
    /// Arguments; `@` is the place's folder, `%` the one of its outputs.
    pub(crate) arguments: &'static [&'static str],
    /// What the outputs in this folder hold, a text for each; panics at what is not whole.
    pub(crate) found: fn(&Path) -> Vec<Option<String>>,
    /// Files and folders that are its outputs.
    pub(crate) outputs: &'static [&'static str],
    /// Whether the cache starts with a runtime in it.
    pub(crate) with_runtime: bool,
    /// Whether a run changes its inputs, so that they are laid out again for the next: they are among the outputs then.
    pub(crate) uses_up: bool,
    /// Whether `--paranoid` may be added.
    pub(crate) paranoid: bool,
}

/// A scene's outputs, one after the other.
pub(crate) type Found = Vec<Option<String>>;

/// A folder in which a scene is played.
pub(crate) struct Place {
    pub(crate) world: World,
    pub(crate) scene: &'static Scene,
    /// The folder of its outputs.
    pub(crate) outputs: PathBuf,
}

/// What a scene gives when nothing is in its way.
#[derive(Clone)]
pub(crate) struct Reference {
    pub(crate) found: Found,
    /// How long it takes on an empty cache, and on one that has seen it.
    took: [Duration; 2],
}

/// Undisturbed runs of which the quickest says how long one takes.
const TIMED: usize = 3;

impl Scene {
    /// A new place with the inputs laid out, and a cache that has seen the same run already, or not.
    pub(crate) fn place(&'static self, warm: bool) -> Place {
        let world = if self.with_runtime { World::new() } else { World::empty() };
        fs::create_dir(world.path("temporary")).unwrap();
        let outputs = world.path("");
        let place = Place { world, scene: self, outputs };
        (self.inputs)(&place.folder());
        place.reset();
        if warm {
            place.succeeds(&[]);
            place.reset();
        }
        place
    }

    /// What an undisturbed run gives: found out once.
    pub(crate) fn reference(&'static self) -> Reference {
        static KNOWN: Mutex<BTreeMap<&str, Reference>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let timed = |warm| {
                let runs: [_; TIMED] = std::array::from_fn(|_| {
                    let place = self.place(warm);
                    (place.succeeds(&[]).took, place.found())
                });
                let [(_, found), ..] = &runs;
                assert!(runs.iter().all(|(_, other)| other == found), "{}: not reproducible: {runs:?}", self.name);
                (runs.iter().map(|(took, _)| *took).min().unwrap(), found.clone())
            };
            let ((cold, found), (warm, found_warm)) = (timed(false), timed(true));
            assert_eq!(found, found_warm, "{}: a full cache gives other outputs than an empty one", self.name);
            Reference { found, took: [cold, warm] }
        };
        known.entry(self.name).or_insert_with(make).clone()
    }
}

impl Reference {
    /// A moment of a run on an empty cache, or on one that has seen it.
    pub(crate) fn moment(&self, warm: bool, random: &mut Random) -> Duration {
        self.took[usize::from(warm)].mul_f64(random.fraction()) + Duration::from_micros(300)
    }
}

impl Place {
    pub(crate) fn folder(&self) -> PathBuf {
        self.world.path("")
    }

    /// Puts inputs and outputs into the state in which they were before any run.
    pub(crate) fn reset(&self) {
        for output in self.scene.outputs {
            let path = self.outputs.join(output);
            drop(if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) });
        }
        (self.scene.before)(&self.outputs);
    }

    pub(crate) fn arguments(&self) -> Vec<String> {
        let text = |path: &Path| path.display().to_string().trim_end_matches('/').to_owned();
        let (folder, outputs) = (text(&self.folder()), text(&self.outputs));
        self.scene.arguments.iter().map(|it| it.replace('@', &folder).replace('%', &outputs)).collect()
    }

    /// The scene's command, below another program if `wrapper` names one.
    pub(crate) fn command(&self, wrapper: &[String]) -> Command {
        let mut command = match wrapper.split_first() {
            None => self.world.command(),
            Some((program, arguments)) => {
                let mut command = self.world.clean(program);
                command.args(arguments).arg(self.world.program());
                command
            }
        };
        command.args(self.arguments());
        command.env("TMPDIR", self.world.path("temporary")).env("CF_STACK", "cflinuxfs4");
        command
    }

    pub(crate) fn run(&self) -> Ended {
        run(&mut self.command(&[]))
    }

    /// Runs the command undisturbed, with these arguments more.
    #[track_caller]
    pub(crate) fn succeeds(&self, more: &[&str]) -> Ended {
        let ended = run(self.command(&[]).args(more));
        assert_eq!(ended.code, Some(0), "{}: undisturbed: {ended:?}", self.scene.name);
        ended
    }

    pub(crate) fn found(&self) -> Found {
        (self.scene.found)(&self.outputs)
    }

    /// What runs left behind beside their outputs, in the cache and among temporary files.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let mut found = self.world.leftovers();
        // A builder's application may have a folder of that name.
        found.retain(|path| !path.starts_with(self.world.path("app")));
        found.extend(fs::read_dir(self.world.path("temporary")).unwrap().map(|entry| entry.unwrap().path()));
        found
    }

    /// Lets the clock of abandoned files run: what was left behind is an hour old.
    fn age_leftovers(&self) {
        let then = SystemTime::now() - Duration::from_hours(1);
        for path in self.leftovers() {
            if let Ok(file) = fs::File::open(path) {
                drop(file.set_modified(then));
            }
        }
    }

    /// Each output is as it was before or as it is to be; and the cache is right.
    #[track_caller]
    pub(crate) fn is_whole(&self, before: &Found, reference: &Reference) {
        let found = self.found();
        for (output, found) in found.iter().enumerate() {
            let allowed = [&before[output], &reference.found[output]];
            assert!(allowed.contains(&found), "output {output} is {found:?}, and may be one of {allowed:?}");
        }
        audit::cache(&self.world.cache());
    }

    /// The next run gives what an undisturbed one does, with every byte read again too, and clears up.
    #[track_caller]
    pub(crate) fn recovers(&self, reference: &Reference) {
        self.age_leftovers();
        if self.scene.uses_up {
            self.reset();
        }
        self.succeeds(&[]);
        assert_eq!(self.found(), reference.found, "the next run's outputs");
        let left = self.leftovers();
        assert!(left.is_empty(), "left after the next run: {left:?}");
        if self.scene.paranoid {
            self.reset();
            self.succeeds(&["--paranoid"]);
            assert_eq!(self.found(), reference.found, "the outputs of a run with --paranoid");
        }
        audit::cache(&self.world.cache());
    }
}
