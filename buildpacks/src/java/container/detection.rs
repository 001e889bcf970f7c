//! What detection found, as data that prints as JSON.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::ModuleAccess;
use crate::api::Evidence;
use crate::application::EntryPath;
use crate::java::WebApplication;

/// The buildpack that takes every kind here.
pub const BUILDPACK: &str = "stage/java";

/// A kind of application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Spring Boot's executable jar or war of any loader generation, packed or unpacked.
    SpringBoot,
    /// A jar, or an unpacked one, with `Main-Class` in its manifest; or a directory that holds such a jar.
    ExecutableJar,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SpringBoot => "spring-boot",
            Self::ExecutableJar => "executable-jar",
        })
    }
}

/// The application's kind, how it starts, and why we think so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Detection {
    /// Its kind.
    pub kind: Kind,
    /// Which buildpack takes it.
    pub buildpack: &'static str,
    /// What in the artifact led there.
    pub evidence: Vec<Evidence>,
    /// What else is known about it.
    pub facts: Facts,
    /// Where its parts lie.
    pub layout: Layout,
    /// How it is started.
    pub start: Start,
    /// What may go wrong.
    pub warnings: Vec<Warning>,
    /// An index that the application gets, path and text, so that its libraries are found in the order of the artifact.
    #[serde(skip)]
    pub class_path_index: Option<(EntryPath, String)>,
    /// What its manifest opens, where it is not started as the jar that the JVM would read it from.
    #[serde(skip)]
    pub module_access: ModuleAccess,
}

/// What is known about an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Facts {
    /// Spring Boot's version (`Spring-Boot-Version`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_version: Option<String>,
    /// The class the JVM starts (`Main-Class`).
    pub main_class: String,
    /// The application's own main class (`Start-Class`), which Spring Boot's launcher starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_class: Option<String>,
    /// The JDK it was built with (`Build-Jdk-Spec`, else `Build-Jdk`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_jdk: Option<String>,
    /// The Java release it needs; none when nothing tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub java: Option<JavaNeed>,
    /// Number of classes, as the memory calculator counts them.
    pub class_count: u64,
    /// Number of those that are usually loaded, by the libraries they belong to.
    pub likely_class_count: u64,
    /// Number of jars in it.
    pub libraries: u64,
    /// What kind of web application it is.
    pub web: WebApplication,
}

/// The Java release an application needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JavaNeed {
    /// The feature release: 8, 17, 21.
    pub feature: u32,
    /// Whether it uses preview features, so that it runs on that very release only, with `--enable-preview`.
    pub preview: bool,
    /// What decided: a class file's path, one in a jar as `lib.jar!/Name.class`, or a manifest attribute.
    pub decided_by: String,
}

/// Where an application's parts lie in its tree; folders end in `/`, and the root is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Layout {
    /// Whether the artifact stays one jar in the image.
    pub packed: bool,
    /// Its own classes.
    pub classes: String,
    /// Folders with its libraries.
    pub libraries: Vec<String>,
    /// Libraries named one by one (`Class-Path`).
    pub class_path: Vec<EntryPath>,
    /// Spring Boot's layers index, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers_index: Option<EntryPath>,
}

/// How an application is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// `java -jar`.
    Jar {
        /// The jar, below the workspace.
        path: EntryPath,
    },
    /// `java -cp`.
    MainClass {
        /// The class path after the workspace itself, below the workspace.
        class_path: Vec<EntryPath>,
        /// The class.
        main_class: String,
    },
}

impl Start {
    /// Arguments for `java`, behind all options.
    pub fn arguments(&self, workspace: &str) -> Vec<String> {
        match self {
            Self::Jar { path } => vec!["-jar".to_owned(), format!("{workspace}/{path}")],
            Self::MainClass { class_path, main_class } => {
                let below = class_path.iter().map(|path| format!("{workspace}/{path}"));
                let class_path: Vec<String> = std::iter::once(workspace.to_owned()).chain(below).collect();
                vec!["-cp".to_owned(), class_path.join(":"), main_class.clone()]
            }
        }
    }
}

/// What may go wrong with an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Warning {
    /// `Class-Path` names files that are not there.
    ClassPathMissing {
        /// As the manifest names them.
        paths: Vec<String>,
    },
    /// Two paths that differ in case only.
    CaseClash {
        /// One path.
        first: String,
        /// The other.
        second: String,
    },
    /// A library that `java -jar` on the artifact itself could not load: Spring Boot's launcher wants it stored. In the
    /// image it is a file of its own and works.
    DeflatedLibrary {
        /// Its path.
        path: String,
    },
    /// A library that cannot be read as a jar.
    BrokenLibrary {
        /// Its path.
        path: String,
    },
    /// The manifest names an agent (`Launcher-Agent-Class`), which is started by `java -jar` alone.
    LauncherAgent {
        /// Its class.
        class: String,
    },
    /// Libraries are found in another order than in the jar.
    LibraryOrder,
    /// The manifest's last line has no line end, so that Java ignores it.
    UnendedManifest {
        /// The line.
        line: String,
    },
    /// Files of one name in the artifact, of which the last is taken, as Java does.
    Repeated {
        /// The names.
        paths: Vec<String>,
    },
    /// Files and folders that are no part of the application, by its ignore files and the usual patterns.
    LeftOut {
        /// How many; a folder counts once.
        count: u64,
        /// The first of them.
        first: Vec<String>,
    },
    /// Sockets and FIFOs in the application's folder, which no image can hold.
    Special {
        /// Their paths.
        paths: Vec<String>,
    },
    /// Images of the application in its own folder, written there by the name that outputs have by default.
    Outputs {
        /// Their paths.
        paths: Vec<String>,
    },
    /// The main class is not among the classes at hand.
    MainClassMissing {
        /// Its name.
        class: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClassPathMissing { paths } => {
                write!(f, "`Class-Path` names files that are not there: `{}`", paths.join("`, `"))
            }
            Self::CaseClash { first, second } => write!(f, "`{first}` and `{second}` differ in case only"),
            Self::DeflatedLibrary { path } => {
                write!(f, "`{path}` is compressed in the artifact, which its launcher refuses; in the image it works")
            }
            Self::BrokenLibrary { path } => write!(f, "`{path}` cannot be read as a jar"),
            Self::LibraryOrder => f.write_str(
                "Libraries are found in the order of their names, not of the jar, as Spring Boot's launcher has it without \
                 `classpath.idx`",
            ),
            Self::LauncherAgent { class } => write!(
                f,
                "The manifest names the agent `{class}` (`Launcher-Agent-Class`), which only `java -jar` starts: the image \
                 starts without it"
            ),
            Self::UnendedManifest { line } => {
                write!(f, "The manifest's last line has no line end, and Java ignores it: `{line}`")
            }
            Self::Repeated { paths } => write!(
                f,
                "The archive has several different files of one name, of which the last counts, as for Java: `{}`",
                named(paths)
            ),
            Self::LeftOut { count, first } => write!(
                f,
                "Left out by `.stageignore`, `.cfignore` or the usual patterns ({count}): `{}`{}",
                first.join("`, `"),
                if usize::try_from(*count).is_ok_and(|count| count > first.len()) { ", ..." } else { "" }
            ),
            Self::Special { paths } => {
                write!(f, "Left out, since they are sockets or FIFOs ({}): `{}`", paths.len(), named(paths))
            }
            Self::Outputs { paths } => {
                write!(f, "Left out, since they are images of the application: `{}`", named(paths))
            }
            Self::MainClassMissing { class } => write!(f, "Main class `{class}` is not among the classes at hand"),
        }
    }
}

/// Most paths that a warning names.
const MAX_NAMED: usize = 5;

/// The first paths for a message.
fn named(paths: &[String]) -> String {
    let more = if paths.len() > MAX_NAMED { "`, `..." } else { "" };
    paths[..paths.len().min(MAX_NAMED)].join("`, `") + more
}
