//! What a droplet is started by: the start command, and the scripts of all its buildpacks.

use std::fmt::Write as _;

use super::container::Container;
use super::staging::{Staging, Work};
use crate::application::Entry;
use crate::files;
use crate::java::cloudfoundry::deposit::Deposit;
use crate::java::cloudfoundry::shell_word::is_plain;
use crate::yaml;

/// Another buildpack of the droplet: its folder below `deps` and what lies in it.
#[derive(Clone, Debug)]
pub struct Supplier {
    /// The folder's name: its place in the order.
    pub index: String,
    /// Which of `bin` and `lib` it has.
    pub folders: Vec<String>,
    /// Its scripts.
    pub profile: Vec<Entry>,
}

/// Where the last version that staged this application is noted, below the build cache.
pub(super) const BUILDPACK_METADATA: &str = "BUILDPACK_METADATA";

/// Variables that folders of buildpacks go before, in the contract's words.
const SEARCH_PATHS: [(&str, &str); 3] = [("PATH", "bin"), ("LD_LIBRARY_PATH", "lib"), ("LIBRARY_PATH", "lib")];

/// Says that the application was staged by another version before.
pub(super) fn warn_of_another_version(staging: &Staging<'_>) {
    let earlier = staging.cache_dir.join(BUILDPACK_METADATA);
    let Ok(text) = files::read_text(&earlier, files::DOCUMENT_BYTES) else { return };
    let Ok(Some(root)) = yaml::parse(&text) else { return };
    let fields = root.entries("libbuildpack.BuildpackMetadata", &mut Vec::new());
    let field = |name: &str| {
        let found = fields.iter().find(|(key, _)| key == name);
        found.and_then(|(_, value)| value.text(&mut Vec::new())).unwrap_or_default()
    };
    let (before, now) = (field("version"), &staging.manifest.version);
    if field("language") == staging.manifest.language && before != *now {
        staging.log.warning(&format!("buildpack version changed from {before} to {now}"));
    }
}

/// Notes which version staged the application.
pub(super) fn note_version(staging: &Staging<'_>, deposit: &mut Deposit) {
    let text = format!("language: {}\nversion: {}\n", staging.manifest.language, scalar(&staging.manifest.version));
    deposit.cache.file(BUILDPACK_METADATA, text);
}

/// The text of `config.yml`.
pub(super) fn config(staging: &Staging<'_>, work: &Work, container: &str) -> String {
    let (jre, version, home) = match &work.jre {
        Some(jre) => (jre.provider.name, jre.version.as_str(), staging.dep_dir.join(&jre.home)),
        None => ("", "", staging.dep_dir.to_owned()),
    };
    format!(
        "config:\n  container: {container}\n  java_home: {}\n  jre: {jre}\n  jre_version: {}\nname: {}\nversion: {}\n",
        scalar(&home.display().to_string()),
        scalar(version),
        staging.manifest.language,
        scalar(&staging.manifest.version),
    )
}

/// A text as YAML: in quotes where it would be taken for a number, or for more than a text.
fn scalar(text: &str) -> String {
    let bare = text.is_empty() || is_plain(text) && !text.contains(':') && text.parse::<f64>().is_err();
    if bare { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// Writes the start command, in the application's folder too, where the release script would look for it.
pub(super) fn release(staging: &Staging<'_>, work: &mut Work, container: &Container) -> Result<(), String> {
    let log = staging.log;
    log.step("Writing release configuration");
    let command = container.command(staging).map_err(|error| format!("failed to get container command: {error}"))?;
    let memory = work.jre.as_ref().and_then(|jre| jre.memory_command(staging));
    let command = memory.map_or_else(|| command.clone(), |memory| format!("{memory} && {command}"));
    let quoted = command.replace('\'', "''");
    let text = format!("---\ndefault_process_types:\n  web: '{quoted}'\n  task: '{quoted}'\n");
    let path = "tmp/java-buildpack-release-step.yml";
    work.deposit.app.files.file(path, text);
    work.deposit.processes = ["web", "task"].map(|kind| (kind.to_owned(), command.clone())).into();
    log.info(&format!("Release YAML written: {}", staging.build_dir.join(path).display()));
    log.info(&format!("Web process command: {command}"));
    Ok(())
}

/// Writes the droplet's `profile.d`: search paths, then every buildpack's scripts under its index.
pub(super) fn profile(staging: &Staging<'_>, deposit: &mut Deposit, others: &[Supplier]) {
    let own = own(staging, deposit);
    let (others, strange): (Vec<_>, Vec<_>) = others.iter().partition(|supplier| is_plain(&supplier.index));
    for supplier in strange {
        let index = &supplier.index;
        staging.log.warning(&format!("The folder `{index}` below deps is left out: scripts cannot hold its name"));
    }
    let mut all: Vec<&Supplier> = others.into_iter().chain([&own]).collect();
    all.sort_by(|a, b| b.index.cmp(&a.index));
    let mut text = String::new();
    for (variable, folder) in SEARCH_PATHS {
        let paths: Vec<_> = all
            .iter()
            .filter(|supplier| supplier.folders.iter().any(|known| known == folder))
            .map(|supplier| format!("$DEPS_DIR/{}/{folder}", supplier.index))
            .collect();
        if !paths.is_empty() {
            let paths = paths.join(":");
            let _ =
                writeln!(text, "export {variable}={paths}$([[ ! -z \"${{{variable}:-}}\" ]] && echo \":${variable}\")");
        }
    }
    deposit.profile.script("000_multi-supply.sh", text);
    for supplier in all {
        for entry in &supplier.profile {
            let name = format!("{}_{}", supplier.index, entry.path);
            if let Err(error) = deposit.profile.insert_named(&name, entry.kind.clone()) {
                staging.log.warning(&format!("The script `{name}` is left out: {error}"));
            }
        }
    }
}

/// This buildpack as one of the droplet's.
fn own(staging: &Staging<'_>, deposit: &Deposit) -> Supplier {
    let scripts = deposit.deps.files.entries().filter_map(|entry| {
        let name = entry.path.as_str().strip_prefix("profile.d/")?;
        Some(Entry { path: crate::application::EntryPath::new(name).ok()?, kind: entry.kind })
    });
    let folders = ["bin", "lib"].map(str::to_owned).into();
    Supplier { index: staging.index.to_owned(), folders, profile: scripts.collect() }
}
