//! The application types a platform knows, and the buildpacks that stand for them.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// An application type: what one of the platform's own buildpacks stages.
///
/// Orders as the platform asks by default, the first answer winning: staticfile, java, ruby, `dotnet_core`, nodejs,
/// go, python, php, (nginx, r,) binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// Files that a web server hands out as they are.
    Staticfile,
    /// Whatever runs on a JVM.
    Java,
    /// Ruby.
    Ruby,
    /// .NET.
    DotnetCore,
    /// Node.js.
    Nodejs,
    /// Go.
    Go,
    /// Python.
    Python,
    /// PHP.
    Php,
    /// An executable that needs nothing. Never detected: its buildpack must be named.
    Binary,
}

impl ApplicationType {
    /// All types, in the platform's default order.
    pub const ALL: [Self; 9] = [
        Self::Staticfile,
        Self::Java,
        Self::Ruby,
        Self::DotnetCore,
        Self::Nodejs,
        Self::Go,
        Self::Python,
        Self::Php,
        Self::Binary,
    ];

    /// The type's name, as in its buildpack's: `dotnet_core`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Staticfile => "staticfile",
            Self::Java => "java",
            Self::Ruby => "ruby",
            Self::DotnetCore => "dotnet_core",
            Self::Nodejs => "nodejs",
            Self::Go => "go",
            Self::Python => "python",
            Self::Php => "php",
            Self::Binary => "binary",
        }
    }

    /// The name its buildpack has on a platform: `dotnet_core_buildpack`.
    pub fn buildpack(self) -> String {
        format!("{self}_buildpack")
    }

    /// The project that publishes its buildpack: `cloudfoundry/dotnet-core-buildpack`.
    pub fn project(self) -> String {
        format!("cloudfoundry/{}-buildpack", self.name().replace('_', "-"))
    }

    /// What its buildpack looks for; none for the one that never looks.
    pub fn looks_for(self) -> Option<&'static str> {
        Some(match self {
            Self::Staticfile => "`Staticfile`",
            Self::Java => "`pom.xml`, `build.gradle`, jars, classes, `META-INF/MANIFEST.MF`, `BOOT-INF/`, `WEB-INF/`",
            Self::Ruby => "`Gemfile`",
            Self::DotnetCore => "`*.csproj`, `*.fsproj`, `*.vbproj`, one `*.runtimeconfig.json` at the top",
            Self::Nodejs => "`package.json`",
            Self::Go => "`go.mod`, `Gopkg.toml`, `glide.yaml`, `Godeps/`, `vendor/` with `.go` files",
            Self::Python => "`requirements.txt`, `setup.py`, `environment.yml`, `Pipfile`",
            Self::Php => "`composer.json`, `*.php`",
            Self::Binary => return None,
        })
    }
}

impl fmt::Display for ApplicationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
