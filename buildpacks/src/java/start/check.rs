//! The rules.

use super::classes::{self, Jar, Part, file_of, find, manifest_of};
use super::command::{JavaCommand, Main, Word};
use super::error::StartError;
use crate::application::{Application, Entry};
use crate::java::container::PACKED_NAME;
use crate::java::manifest::{self, Manifest};

/// The package of Spring Boot's launchers.
const BOOT: &str = "org.springframework.boot.loader.";
/// The launcher that has its class from properties as well.
const PROPERTIES_LAUNCHER: &str = "PropertiesLauncher";
/// The class that starts Quarkus' folder, and what it reads from beside its jar.
const QUARKUS: (&str, &str) = ("io.quarkus.bootstrap.runner.QuarkusEntryPoint", "quarkus/quarkus-application.dat");
/// Packages of the runtime's own classes, which are on no class path.
const RUNTIME: [&str; 5] = ["java.", "javax.", "jdk.", "sun.", "com.sun."];
/// Folders that a platform's buildpack fills when it stages.
const OF_BUILDPACKS: [&str; 2] = [".java-buildpack", ".profile.d"];

/// Folders of an image that hold what is made for the application, and what every container has.
const MADE: [&str; 5] = ["/layers/", "/cnb/", "/proc/", "/dev/", "/tmp/"];

/// An application and where it will lie.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The application.
    pub application: &'a Application,
    /// Whether it stays the one jar that it is.
    pub packed: bool,
    /// Its folder in the container, absolute.
    pub root: &'a str,
    /// Whether nothing lies outside of it but what is made for it: its base holds libraries of the system and no more.
    pub is_alone: bool,
}

/// Checks that what `process` runs is there; what is worth a note.
///
/// # Errors
/// The first thing that keeps it from starting.
pub fn check(place: Place<'_>, process: &str, words: &[Word]) -> Result<Vec<String>, StartError> {
    let check = Check { place, process };
    // A shell's command may begin with settings and other commands: its first word is looked at where it is a path.
    if let Some(program) = words
        .iter()
        .find(|word| word.text != "exec")
        .filter(|word| word.known && word.text.contains('/') && !word.text.contains('='))
    {
        check.file("program", &program.text)?;
    }
    let Some(java) = JavaCommand::of(words) else { return Ok(Vec::new()) };
    for agent in &java.agents {
        check.file("agent", agent)?;
    }
    for file in &java.option_files {
        check.file("file of options", file)?;
    }
    match &java.main {
        Some(Main::Jar(path)) => check.jar(path),
        Some(Main::Class { class, class_path: Some(class_path) }) => check.class_path(class, class_path),
        Some(Main::Class { .. }) | None => Ok(Vec::new()),
    }
}

/// Where a path of a command leads.
enum Target {
    /// Into the application.
    Part(Part),
    /// Into the application, where nothing is.
    Nothing,
    /// Elsewhere.
    Outside,
}

struct Check<'a> {
    place: Place<'a>,
    process: &'a str,
}

impl Check<'_> {
    fn process(&self) -> String {
        self.process.to_owned()
    }

    /// Where `path` leads; relative paths start in the application's folder.
    fn target(&self, path: &str) -> Target {
        let below = match path.strip_prefix(self.place.root) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => rest.trim_start_matches('/'),
            None if !path.starts_with('/') => path,
            _ if self.place.is_alone && !MADE.iter().any(|folder| path.starts_with(folder)) => return Target::Nothing,
            _ => return Target::Outside,
        };
        if below.split('/').all(|part| part.is_empty() || part == ".") {
            return Target::Part(Part::Root);
        }
        if self.place.packed {
            let is_it = below.trim_start_matches("./") == PACKED_NAME;
            return if is_it { Target::Part(Part::Packed) } else { Target::Nothing };
        }
        match self.place.application.resolve(below) {
            Some(path) => Target::Part(Part::Path(path)),
            None if OF_BUILDPACKS.iter().any(|folder| below.trim_start_matches("./").starts_with(folder)) => {
                Target::Outside
            }
            // A link into another layer is as good as a file.
            None if self.place.application.get(below).is_some() => Target::Outside,
            None => Target::Nothing,
        }
    }

    fn file(&self, what: &'static str, path: &str) -> Result<(), StartError> {
        match self.target(path) {
            Target::Nothing => Err(StartError::File { process: self.process(), what, path: path.to_owned() }),
            _ => Ok(()),
        }
    }

    /// `java -jar`.
    fn jar(&self, path: &str) -> Result<Vec<String>, StartError> {
        self.file("jar", path)?;
        let Target::Part(part) = self.target(path) else { return Ok(Vec::new()) };
        let application = self.place.application;
        let (entries, manifest);
        let opened: Jar;
        match &part {
            Part::Packed => {
                entries = application.entries();
                manifest = manifest_of(entries, manifest::PATH)?;
            }
            Part::Path(at) => {
                let Some(entry) = application.get(at.as_str()) else { return Ok(Vec::new()) };
                // What is no jar was said already.
                let Some(jar) = classes::open(application, entry)? else { return Ok(Vec::new()) };
                opened = jar;
                entries = opened.entries.as_slice();
                manifest = opened.manifest.clone();
            }
            Part::Root => return Err(StartError::File { process: self.process(), what: "jar", path: path.to_owned() }),
        }
        let manifest = manifest.unwrap_or_default();
        let Some(main_class) = manifest.get("Main-Class") else {
            let (process, jar) = (self.process(), path.to_owned());
            return Err(StartError::NoMainClass { process, jar, ended: manifest.unended().map(str::to_owned) });
        };
        let folder = match &part {
            Part::Path(at) => at.as_str().rfind('/').map_or("", |end| &at.as_str()[..=end]).to_owned(),
            _ => String::new(),
        };
        self.quarkus(main_class, path, &folder)?;
        self.class(main_class, &[part], vec![path.to_owned()], &[])?;
        self.start_class(main_class, &manifest, entries)
    }

    /// `java -cp`.
    fn class_path(&self, class: &str, class_path: &str) -> Result<Vec<String>, StartError> {
        let (mut parts, mut searched, mut missing, mut outside) = (Vec::new(), Vec::new(), Vec::new(), false);
        for path in class_path.split(':') {
            let (path, wildcard) = match path.strip_suffix("/*").or(if path == "*" { Some("") } else { None }) {
                Some(folder) => (folder, true),
                None => (path, false),
            };
            match self.target(path) {
                Target::Part(part) if wildcard => parts.extend(self.jars_in(&part)),
                Target::Part(part) => parts.push(part),
                Target::Nothing => missing.push(path.to_owned()),
                Target::Outside => outside = true,
            }
            searched.push(path.to_owned());
        }
        if !outside {
            let home = self.class(class, &parts, searched, &missing)?;
            if let Some(Part::Path(jar)) = &home {
                let folder = jar.as_str().rfind('/').map_or("", |end| &jar.as_str()[..=end]);
                self.quarkus(class, jar.as_str(), folder.trim_end_matches("lib/boot/"))?;
            }
            if let Some(Part::Root) = home
                && class.starts_with(BOOT)
            {
                let entries = self.place.application.entries();
                let manifest = manifest_of(entries, manifest::PATH)?.unwrap_or_default();
                return Ok([self.start_class(class, &manifest, entries)?, self.absent(&missing)].concat());
            }
        }
        Ok(self.absent(&missing))
    }

    /// A note on entries of the class path that are not there.
    fn absent(&self, missing: &[String]) -> Vec<String> {
        let note = || {
            format!("The class path of process `{}` names what is not there: `{}`", self.process, missing.join("`, `"))
        };
        (!missing.is_empty()).then(note).into_iter().collect()
    }

    /// The jars directly in a folder.
    fn jars_in(&self, part: &Part) -> Vec<Part> {
        let prefix = match part {
            Part::Root => String::new(),
            Part::Path(folder) => format!("{folder}/"),
            Part::Packed => return Vec::new(),
        };
        let directly = |entry: &&Entry| {
            let name = &entry.path.as_str()[prefix.len()..];
            !name.contains('/') && (entry.path.has_extension("jar") || entry.path.has_extension("JAR"))
        };
        let jars = self.place.application.below(&prefix).iter().filter(directly);
        jars.map(|entry| Part::Path(entry.path.clone())).collect()
    }

    /// The part that holds the main class; none for a class of the runtime's own.
    fn class(
        &self,
        class: &str,
        parts: &[Part],
        searched: Vec<String>,
        missing: &[String],
    ) -> Result<Option<Part>, StartError> {
        if RUNTIME.iter().any(|package| class.starts_with(package)) {
            return Ok(None);
        }
        let (found, named) = classes::search(self.place.application, parts, class)?;
        found.map(Some).ok_or_else(|| StartError::Class {
            process: self.process(),
            class: class.to_owned(),
            searched,
            missing: missing.iter().cloned().chain(named).collect(),
        })
    }

    fn quarkus(&self, main_class: &str, jar: &str, folder: &str) -> Result<(), StartError> {
        let path = QUARKUS.1;
        let is_there = || !self.place.packed && self.place.application.resolve(&format!("{folder}{path}")).is_some();
        if main_class != QUARKUS.0 || is_there() {
            return Ok(());
        }
        let jar = jar.rsplit('/').next().unwrap_or(jar);
        let jar = if jar == PACKED_NAME { "quarkus-run.jar" } else { jar };
        Err(StartError::Quarkus { process: self.process(), jar: jar.to_owned(), path })
    }

    /// What Spring Boot's launcher starts is there.
    fn start_class(&self, main_class: &str, manifest: &Manifest, entries: &[Entry]) -> Result<Vec<String>, StartError> {
        let Some(launcher) = main_class.strip_prefix(BOOT) else { return Ok(Vec::new()) };
        let process = self.process();
        let found = match manifest.get("Start-Class") {
            None => Err(StartError::NoStartClass {
                process,
                launcher: main_class.to_owned(),
                ended: manifest.unended().map(str::to_owned),
            }),
            Some(value) if value.contains("${") || value.contains('@') => {
                Err(StartError::Placeholder { process, value: value.to_owned() })
            }
            // Loaders know no such name, whatever file it leads to.
            Some(class) if class.contains('/') || !self.holds(manifest, entries, class)? => {
                Err(StartError::StartClass { process, class: class.to_owned() })
            }
            Some(_) => Ok(Vec::new()),
        };
        // That launcher has class and class path from properties, the environment and options too.
        match found {
            Err(error) if launcher.ends_with(PROPERTIES_LAUNCHER) => {
                Ok(vec![format!("{error}, unless `loader.main` or `loader.path` is set")])
            }
            found => found,
        }
    }

    /// Whether a Spring Boot application of any layout has the class among its own or in its libraries.
    fn holds(&self, manifest: &Manifest, entries: &[Entry], class: &str) -> Result<bool, StartError> {
        let file = file_of(class);
        let folder = |name: &str| manifest.get(name).map(|value| format!("{}/", value.trim_matches('/')));
        let named = |name: &str, usual: &[&str]| -> Vec<String> {
            folder(name).into_iter().chain(usual.iter().map(|folder| (*folder).to_owned())).collect()
        };
        let roots = named("Spring-Boot-Classes", &["BOOT-INF/classes/", "WEB-INF/classes/", ""]);
        if roots.iter().any(|root| find(entries, &format!("{root}{file}")).is_some()) {
            return Ok(true);
        }
        let libraries = named("Spring-Boot-Lib", &["BOOT-INF/lib/", "WEB-INF/lib/", "WEB-INF/lib-provided/", "lib/"]);
        let is_library = |entry: &&Entry| {
            entry.path.has_extension("jar") && libraries.iter().any(|folder| entry.path.as_str().starts_with(folder))
        };
        for entry in entries.iter().filter(is_library) {
            // One that is no jar may hold it, and was named already.
            let jar = classes::open(self.place.application, entry)?;
            if jar.is_none_or(|jar| find(&jar.entries, &file).is_some()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
