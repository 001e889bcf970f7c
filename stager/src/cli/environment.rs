//! The process's surroundings, read once.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Environment and place of this process. Nothing below the command line reads them again.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    vars: BTreeMap<String, String>,
}

impl Environment {
    /// Reads the process's environment; variables that are not UTF-8 are left out.
    pub(super) fn read() -> Self {
        let vars =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { vars: vars.collect() }
    }

    /// Every variable.
    pub(super) fn all(&self) -> &BTreeMap<String, String> {
        &self.vars
    }

    /// A variable that is set and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The home folder.
    pub(super) fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }

    /// `$XDG_CACHE_HOME/stage`, else `~/.cache/stage`.
    pub(super) fn default_cache_dir(&self) -> Option<PathBuf> {
        let xdg = self.get("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        xdg.or_else(|| Some(self.home()?.join(".cache"))).map(|folder| folder.join("stage"))
    }
}

impl Environment {
    /// What the system buildpacks' detection looks at.
    pub(super) fn for_detection(&self) -> buildpacks::system::Variables {
        let text = |name: &str| self.get(name).map(str::to_owned);
        buildpacks::system::Variables { bundle_gemfile: text("BUNDLE_GEMFILE"), go_package_name: text("GOPACKAGENAME") }
    }

    /// What finding the host's Java and fetching dependencies look at.
    pub(super) fn for_dependencies(&self) -> buildpacks::dependency::Environment {
        let path = |name: &str| self.get(name).map(PathBuf::from);
        buildpacks::dependency::Environment {
            home: self.home(),
            path: self.get("PATH").map(Into::into),
            java_home: path("JAVA_HOME"),
            jvm_folder: None,
            maven_repository: None,
            ca_file: path("SSL_CERT_FILE"),
        }
    }
}
