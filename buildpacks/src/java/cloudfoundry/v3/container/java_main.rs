//! A main class: configured, or of the manifest. Spring Boot's launchers are main classes too.

use super::super::phase::Phase;
use super::super::settings::Settings;
use super::super::staging::Work;

/// A main class and its arguments.
#[derive(Debug)]
pub(in super::super) struct JavaMain {
    class: Option<String>,
    arguments: Option<String>,
}

/// The main class that settings name, else the manifest.
pub(super) fn class(phase: &Phase<'_>, settings: &Settings) -> Option<String> {
    settings.text("java_main_class").or_else(|| phase.manifest.get("Main-Class").map(str::to_owned))
}

impl JavaMain {
    pub(super) fn of(phase: &Phase<'_>, settings: &Settings) -> Self {
        Self { class: class(phase, settings), arguments: settings.text("arguments") }
    }

    /// The class; none when nothing names one.
    pub(super) fn class(&self) -> Option<&str> {
        self.class.as_deref()
    }

    /// Boot's launcher finds its libraries itself and listens on the port of a variable; others get the class path.
    pub(super) fn command(&self, phase: &Phase<'_>, work: &mut Work, java: &str) -> String {
        let named = phase.manifest.get("Class-Path").unwrap_or_default().split_whitespace();
        let named: Vec<_> = named.map(|name| work.layout.join(name)).collect();
        work.libraries.extend(named);
        let class_path = if phase.is_spring_boot() {
            work.environment.push("SERVER_PORT=$PORT".to_owned());
            "$PWD/.".to_owned()
        } else {
            work.libraries.insert(0, work.layout.root().to_owned());
            work.layout.class_path(&work.libraries)
        };
        let (java_opts, environment) = (work.java_opts.join(" "), work.environment.join(" "));
        let class = self.class.as_deref().unwrap_or_default();
        let arguments = self.arguments.iter().map(|arguments| format!(" {arguments}"));
        format!("JAVA_OPTS=\"{java_opts}\" && {environment} eval exec {java} $JAVA_OPTS -cp {class_path} {class}")
            + &arguments.collect::<String>()
    }
}
