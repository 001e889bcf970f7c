//! What keeps a start command from starting.

use std::error::Error;

use crate::application::EntryPath;
use crate::java::container::class_path;

/// What keeps a start command from starting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// What has to be looked at cannot be read.
    #[error("Could not read `{path}` of the application: {cause}")]
    Read {
        /// The file in the application.
        path: String,
        /// Why.
        cause: String,
    },
    /// A file that the command names is not there.
    #[error("Process `{process}` cannot start: its {what} `{path}` is not in the application")]
    File {
        /// The process.
        process: String,
        /// What the file is to the command.
        what: &'static str,
        /// As the command names it.
        path: String,
    },
    /// What the jar's `Class-Path` names lies beside it, and would not be in the image.
    #[error("`{jar}` needs what lies beside it, which `Class-Path` names: `{}`", some(paths))]
    Beside {
        /// The jar.
        jar: String,
        /// Its folder.
        folder: String,
        /// As the manifest names them.
        paths: Vec<String>,
    },
    /// The jar names no main class.
    #[error("Process `{process}` cannot start: the manifest of `{jar}` names no `Main-Class`{}", unended(ended.as_deref()))]
    NoMainClass {
        /// The process.
        process: String,
        /// The jar.
        jar: String,
        /// The line of the manifest that Java ignores.
        ended: Option<String>,
    },
    /// The main class is in nothing on the class path.
    #[error("Process `{process}` cannot start: main class `{class}` is not in {}", places(searched))]
    Class {
        /// The process.
        process: String,
        /// The class.
        class: String,
        /// Where it was looked for.
        searched: Vec<String>,
        /// What the class path names and is not there.
        missing: Vec<String>,
    },
    /// Spring Boot's launcher finds no `Start-Class`.
    #[error(
        "Process `{process}` cannot start: `META-INF/MANIFEST.MF` has no `Start-Class`, which `{launcher}` starts{}",
        unended(ended.as_deref())
    )]
    NoStartClass {
        /// The process.
        process: String,
        /// The launcher's class.
        launcher: String,
        /// The line of the manifest that Java ignores.
        ended: Option<String>,
    },
    /// `Start-Class` is what the build should have replaced.
    #[error(
        "Process `{process}` cannot start: `Start-Class: {value}` in `META-INF/MANIFEST.MF` is a placeholder that the build did not replace"
    )]
    Placeholder {
        /// The process.
        process: String,
        /// The value.
        value: String,
    },
    /// `Start-Class` names a class that is not there.
    #[error(
        "Process `{process}` cannot start: `Start-Class: {class}` is neither among the application's classes nor in its libraries"
    )]
    StartClass {
        /// The process.
        process: String,
        /// The class.
        class: String,
    },
    /// The command needs a shell that the base does not have.
    #[error("Process `{process}` cannot start: its command needs a shell, and the base has no `/bin/sh`")]
    NoShell {
        /// The process.
        process: String,
    },
    /// A part of Quarkus' folder without the rest.
    #[error(
        "Process `{process}` cannot start: `{jar}` needs `{path}`, which Quarkus puts beside it into `quarkus-app`"
    )]
    Quarkus {
        /// The process.
        process: String,
        /// The jar.
        jar: String,
        /// What is not there.
        path: &'static str,
    },
}

fn unended(line: Option<&str>) -> String {
    line.map(|line| format!("; Java ignores its last line `{line}`, which has no line end")).unwrap_or_default()
}

/// The first paths.
/// An error and what caused it, in one line.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn some(paths: &[String]) -> String {
    let more = if paths.len() > 5 { "`, `..." } else { "" };
    paths.iter().take(5).cloned().collect::<Vec<_>>().join("`, `") + more
}

fn places(searched: &[String]) -> String {
    match searched {
        [] => "the class path, which is empty".to_owned(),
        searched if searched.len() > 5 => format!("any of the {} parts of the class path", searched.len()),
        searched => format!("`{}`", searched.join("`, `")),
    }
}

impl StartError {
    pub(super) fn read(path: &EntryPath, error: &dyn Error) -> Self {
        Self::Read { path: path.to_string(), cause: causes(error) }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Read { .. } => "Stage it again when it can be read and nothing writes it".to_owned(),
            Self::File { .. } => "Stage the folder that holds it, with the paths that the command names".to_owned(),
            Self::NoShell { .. } => {
                "Name the command as plain words in `Procfile`, without variables and operators, or choose a base with a shell"
                    .to_owned()
            }
            Self::Beside { paths, .. } if paths.iter().any(|path| class_path::leaves(path)) => {
                "Build the jar with a `Class-Path` that stays below its own folder, or with its libraries in it".to_owned()
            }
            Self::Beside { folder, .. } => {
                format!("Stage the folder `{folder}` instead, or one that holds the jar and what it names alone")
            }
            Self::NoMainClass { ended: Some(_), .. } | Self::NoStartClass { ended: Some(_), .. } => {
                "End the manifest with a line end".to_owned()
            }
            Self::NoMainClass { .. } => "Name the main class where the jar is built".to_owned(),
            Self::Class { missing, .. } if !missing.is_empty() => format!(
                "The class path also names `{}`, which is not in the application: stage the folder that holds it",
                missing.iter().take(3).cloned().collect::<Vec<_>>().join("`, `")
            ),
            Self::Class { .. } => "Build it again, or name the class that is there where the jar is built".to_owned(),
            Self::NoStartClass { .. } | Self::Placeholder { .. } | Self::StartClass { .. } => {
                "Name the main class where the jar is built: `mainClass` of Spring Boot's plugin for Maven or Gradle"
                    .to_owned()
            }
            Self::Quarkus { .. } => "Stage the whole folder `quarkus-app`".to_owned(),
        }
    }
}
