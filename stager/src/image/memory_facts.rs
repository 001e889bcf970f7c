//! What an image of ours tells its launcher's memory calculator, read back from its layers.

use std::collections::BTreeMap;
use std::io::{self, Read};

use serde_json::Value;

use super::base::{Base, BaseLayer};
use crate::digest::Digest;

/// Most bytes of a small file that are read.
const SMALL_BYTES: u64 = 64 << 10;
/// What the launcher reads: processes, and which calculator the image has.
const METADATA: &str = "layers/config/metadata.toml";

/// What the memory calculator of an image works with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryFacts {
    /// The calculator's name; `None` when the image has none.
    pub calculator: Option<String>,
    /// Variables of layers and config, the config's over those.
    pub variables: BTreeMap<String, String>,
}

/// Why an image's layers could not be read.
#[derive(Debug, thiserror::Error)]
#[error("Could not read layer {digest}")]
pub struct LayerError {
    /// Which.
    pub digest: Digest,
    /// Why.
    pub source: io::Error,
}

impl MemoryFacts {
    /// Reads the layers of `image`, the lowest first; `None` when this program's launcher is not told of in it.
    ///
    /// # Errors
    /// A layer that cannot be read.
    pub fn read(image: &Base) -> Result<Option<Self>, LayerError> {
        let (mut facts, mut metadata) = (Self::default(), None);
        for layer in &image.layers {
            let BaseLayer::Blob(blob) = layer else { continue };
            let failed = |source| LayerError { digest: blob.digest, source };
            for (path, text) in blob.read_plain(small_files).map_err(failed)? {
                match variable(&path) {
                    Some(name) => {
                        facts.variables.insert(name.to_owned(), text);
                    }
                    None => metadata = Some(text),
                }
            }
        }
        let Some(document) = metadata.and_then(|text| toml::from_str::<Value>(&text).ok()) else { return Ok(None) };
        let Some(own) = document.get("stage") else { return Ok(None) };
        facts.calculator = own["memory"].as_str().map(str::to_owned);
        for entry in image.config["config"]["Env"].as_array().into_iter().flatten() {
            if let Some((name, value)) = entry.as_str().and_then(|text| text.split_once('=')) {
                facts.variables.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(Some(facts))
    }

    /// The name of the calculator that decides: the image's, unless a variable names another.
    pub fn calculator(&self) -> &str {
        match &self.calculator {
            Some(own) => self.variables.get("BPL_JVM_MEMORY").unwrap_or(own),
            None => "off",
        }
    }

    /// A variable that is a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.variables.get(name)?.trim().parse().ok()
    }
}

/// The files of a layer that tell of memory, by their paths.
fn small_files(plain: &mut dyn Read) -> io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for member in tar::Archive::new(plain).entries()? {
        let mut member = member?;
        let path = member.path()?.to_string_lossy().trim_start_matches(['.', '/']).to_owned();
        let wanted = path == METADATA || variable(&path).is_some();
        if wanted && member.header().entry_type().is_file() {
            let mut text = String::new();
            member.by_ref().take(SMALL_BYTES).read_to_string(&mut text)?;
            found.push((path, text));
        }
    }
    Ok(found)
}

/// The variable of a file such as `layers/BUILDPACK/LAYER/env.launch/NAME.default`.
fn variable(path: &str) -> Option<&str> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        ["layers", _, _, "env.launch", file] => {
            let name = file.strip_suffix(".default").or_else(|| file.strip_suffix(".override"))?;
            (name.starts_with("BPI_") || name.starts_with("BPL_")).then_some(name)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_tell_of_memory() {
        for (path, name) in [
            ("layers/stage_java/jre/env.launch/BPI_JVM_CLASS_COUNT.default", Some("BPI_JVM_CLASS_COUNT")),
            ("layers/stage_java/application/env.launch/BPL_JVM_THREAD_COUNT.default", Some("BPL_JVM_THREAD_COUNT")),
            ("layers/stage_java/jre/env.launch/JAVA_HOME.default", None),
            ("layers/stage_java/jre/env.launch/JAVA_TOOL_OPTIONS.append", None),
            ("layers/stage_java/jre/lib/BPI_X.default", None),
            ("workspace/env.launch/BPI_X.default", None),
        ] {
            assert_eq!(variable(path), name, "{path}");
        }
    }
}
