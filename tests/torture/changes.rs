//! Inputs change at random moments while they are staged: the program is stopped, a file is changed, it goes on.
//!
//! It may fail with a message, or succeed with the image of the old or of the new content. What it must never do is keep a
//! wrong thing: afterwards the old content, staged with the same cache, gives the old image, believing stat records and
//! believing nothing.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use crate::part::{checked, is_long, rounds};
use crate::process::start;
use crate::random::Random;
use crate::scene::{Found, Place, Reference};
use crate::scenes::{REAL, SCENES};
use crate::support::list;

/// What is changed.
struct Subject {
    name: &'static str,
    /// The scene that reads it.
    scene: &'static str,
    /// Files of the place of which one is changed.
    files: fn(&Path) -> Vec<PathBuf>,
    whose: Whose,
}

/// Who made what is changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Somebody else: other content gives another image.
    Input,
    /// The program, which can make it again.
    Layers,
    /// The program, of an archive that it was given: without that it can only say what is wrong.
    Dependencies,
}
use Whose::{Dependencies, Input, Layers};

const SUBJECTS: [Subject; 13] = [
    Subject { name: "jar", scene: "new layout", files: |place| vec![place.join("app.jar")], whose: Input },
    Subject { name: "jar, archived", scene: "archive", files: |place| vec![place.join("app.jar")], whose: Input },
    Subject { name: "folder's file", scene: FOLDER, files: |place| files(&place.join("app")), whose: Input },
    Subject { name: "tar", scene: TAR, files: |place| vec![place.join("app.tar")], whose: Input },
    Subject { name: "root file system", scene: FOLDER, files: |place| vec![place.join("base.tar")], whose: Input },
    Subject { name: "OCI base's file", scene: TAR, files: |place| files(&place.join("base")), whose: Input },
    Subject {
        name: "buildpack's file",
        scene: "droplet",
        files: |place| files(&place.join("buildpack")),
        whose: Input,
    },
    Subject { name: "droplet's jar", scene: "droplet", files: |place| vec![place.join("app.jar")], whose: Input },
    Subject { name: "dependency", scene: "dependency add", files: |place| vec![place.join("jre.zip")], whose: Input },
    Subject {
        name: "archive of the cache",
        scene: "new layout",
        files: |place| archives(place, false),
        whose: Dependencies,
    },
    Subject { name: RECORD, scene: "new layout", files: |place| archives(place, true), whose: Dependencies },
    Subject { name: "layer of the cache", scene: "new layout", files: |place| layers(place, "blobs"), whose: Layers },
    Subject {
        name: "memory of the cache",
        scene: FOLDER,
        files: |place| [layers(place, "selectors"), layers(place, "memo")].concat(),
        whose: Layers,
    },
];

const RECORD: &str = "record of the cache";
const FOLDER: &str = "folder on a root file system";
const TAR: &str = "tar on an OCI base";

fn files(folder: &Path) -> Vec<PathBuf> {
    if folder.is_dir() { list(folder).into_iter().filter(|path| path.is_file()).collect() } else { Vec::new() }
}

fn layers(place: &Path, folder: &str) -> Vec<PathBuf> {
    files(&place.join("cache/layers").join(folder))
}

fn archives(place: &Path, records: bool) -> Vec<PathBuf> {
    let mut files = files(&place.join("cache/dependencies/sha256"));
    files.retain(|path| path.extension().is_some() == records);
    files
}

/// A file as it was.
struct Original {
    path: PathBuf,
    bytes: Vec<u8>,
    time: SystemTime,
    mode: fs::Permissions,
}

impl Original {
    fn of(path: &Path) -> Self {
        let metadata = fs::metadata(path).unwrap();
        let (time, mode) = (metadata.modified().unwrap(), metadata.permissions());
        Self { path: path.to_owned(), bytes: fs::read(path).unwrap(), time, mode }
    }

    /// Changes the file. Nothing when it has been removed meanwhile: files of the cache are.
    fn change(&self, random: &mut Random) -> Option<Change> {
        let mut bytes = self.bytes.clone();
        let at = random.below(bytes.len());
        let what = match random.below(4) {
            0 => {
                bytes.truncate(at);
                format!("truncated to {at}")
            }
            1 => {
                bytes.extend(random.bytes(100));
                "100 bytes longer".to_owned()
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
                format!("byte {at} flipped")
            }
        };
        let replaced = random.once_in(3);
        self.put(&bytes, replaced).ok()?;
        let touched_back = random.once_in(2);
        if touched_back {
            self.touch_back().ok()?;
        }
        let how = if replaced { "by another file" } else { "in place" };
        let what = format!("{what} {how}{}", if touched_back { ", time as before" } else { "" });
        Some(Change { what, bytes, touched_back })
    }

    /// Gives the file these bytes, in place or by a new file that gets its name.
    fn put(&self, bytes: &[u8], replaced: bool) -> std::io::Result<()> {
        if replaced {
            let other = self.path.with_extension("other");
            fs::write(&other, bytes)?;
            fs::set_permissions(&other, self.mode.clone())?;
            return fs::rename(&other, &self.path);
        }
        fs::set_permissions(&self.path, fs::Permissions::from_mode(0o644))?;
        let file = File::options().write(true).open(&self.path)?;
        file.set_len(bytes.len() as u64)?;
        file.write_all_at(bytes, 0)?;
        fs::set_permissions(&self.path, self.mode.clone())
    }

    fn touch_back(&self) -> std::io::Result<()> {
        File::options().read(true).open(&self.path)?.set_modified(self.time)
    }

    fn restore(&self, random: &mut Random) {
        self.put(&self.bytes, random.once_in(2)).unwrap();
        if random.once_in(2) {
            self.touch_back().unwrap();
        }
    }
}

/// What was done to a file.
struct Change {
    what: String,
    bytes: Vec<u8>,
    touched_back: bool,
}

/// Tries to change a file before a run ends.
const TRIES: usize = 4;

#[test]
fn changes() {
    rounds("changes", 40, |random, met| {
        let subject = random.pick(&SUBJECTS);
        let real = is_long() && subject.name == "jar" && random.once_in(4);
        let scene = if real { Some(&REAL) } else { SCENES.iter().find(|scene| scene.name == subject.scene) };
        let scene = scene.unwrap();
        let reference = scene.reference();
        // What the program keeps is there after a first run only.
        let warm = subject.whose != Input || random.once_in(2);
        for _ in 0..TRIES {
            let place = scene.place(warm);
            let candidates = (subject.files)(&place.folder());
            let original = Original::of(random.pick(&candidates[..]).as_path());
            let moment = reference.moment(warm, random);
            if let Some(staged) = changed(&place, subject, &original, (&reference, moment), random) {
                met.count(if staged { "staged" } else { "refused" });
                met.count(format!("of {}", subject.name));
                return;
            }
        }
        met.count("never in time");
    });
}

/// Changes a file while it is staged. Whether it was staged, unless the run was over before.
fn changed(
    place: &Place,
    subject: &Subject,
    original: &Original,
    (reference, moment): (&Reference, Duration),
    random: &mut Random,
) -> Option<bool> {
    let paranoid = place.scene.paranoid && random.once_in(3);
    let mut command = place.command(&[]);
    if paranoid {
        command.arg("--paranoid");
    }
    let mut running = start(&mut command);
    let (mut change, mut back) = (None, false);
    if running.runs_after(moment) {
        running.signal(Signal::STOP);
        change = original.change(random);
        running.signal(Signal::CONT);
        // Sometimes all is as it was before the run has ended.
        back = subject.whose == Input && random.once_in(4) && running.runs_after(moment * 2);
        if back {
            running.signal(Signal::STOP);
            original.restore(random);
            running.signal(Signal::CONT);
        }
    }
    let ended = running.finish();
    let what = format!(
        "{}, `{}` {}{} after {moment:?}{}: {ended:?}",
        place.scene.name,
        original.path.display(),
        change.as_ref().map_or("not changed", |change| change.what.as_str()),
        if back { " and back" } else { "" },
        if paranoid { ", --paranoid" } else { "" },
    );
    checked(&what, || {
        ended.sane().readable();
        if let Some(change) = &change
            && ended.code == Some(0)
            && subject.whose == Input
        {
            let found = place.found();
            let known = found == reference.found || Some(&found) == with_change(place, original, change).as_ref();
            assert!(known, "exit 0 with an image of neither content: {found:?}");
        }
        afterwards(place, subject, (original, change.as_ref()), reference, random);
    });
    change.map(|_| ended.code == Some(0))
}

/// What the changed content gives when nothing changes any more; nothing when it is refused.
fn with_change(place: &Place, original: &Original, change: &Change) -> Option<Found> {
    let other = place.scene.place(false);
    let path = other.folder().join(original.path.strip_prefix(place.folder()).unwrap());
    fs::write(path, &change.bytes).unwrap();
    (other.run().code == Some(0)).then(|| other.found())
}

/// What was there before is there again, and gives what it gave before.
fn afterwards(
    place: &Place,
    subject: &Subject,
    (original, change): (&Original, Option<&Change>),
    reference: &Reference,
    random: &mut Random,
) {
    match subject.whose {
        Input => original.restore(random),
        Layers => {}
        Dependencies => {
            place.reset();
            // One that was found corrupt is gone, and its record says so.
            let damaged = place.run();
            damaged.sane().readable();
            // A record with another letter may be a record of something else, and is as good as one.
            let other = change.is_some_and(|change| change.bytes.len() == original.bytes.len());
            let same = damaged.code != Some(0) || place.found() == reference.found;
            assert!(same || other && subject.name == RECORD, "another image of a damaged archive");
            place.world.add_runtime();
        }
    }
    place.reset();
    // Who sets the time of a sealed blob back is seen by those alone who believe nothing.
    if subject.whose == Layers && change.is_some_and(|change| change.touched_back) {
        place.succeeds(&["--paranoid"]);
        place.reset();
    }
    place.recovers(reference);
}
