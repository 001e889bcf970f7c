//! What a buildpack says of itself in `deps/<index>/config.yml`.

use std::path::Path;

use buildpacks::files;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::super::{json, yaml};

/// A buildpack in `result.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct BuildpackMetadata {
    pub(super) key: String,
    pub(super) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) config: Option<Config>,
    #[serde(skip_serializing_if = "Map::is_empty", serialize_with = "sorted_map")]
    pub(super) output_metadata: Map<String, Value>,
}

/// What the launcher shall know.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Config {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) entrypoint_prefix: String,
}

fn sorted_map<S: Serializer>(map: &Map<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    json::sorted(&Value::Object(map.clone()), serializer)
}

impl BuildpackMetadata {
    /// Reads `config.yml` in `folder` over what is known by the order and by detection. A missing or broken file
    /// changes nothing; its `key`, if any, replaces the buildpack's.
    pub(super) fn read(folder: &Path, key: &str, detected: &str) -> Self {
        let bytes = files::read(&folder.join("config.yml"), files::DOCUMENT_BYTES).unwrap_or_default();
        Self::of(&String::from_utf8_lossy(&bytes), key, detected)
    }

    /// The same for a text at hand.
    pub(super) fn of(text: &str, key: &str, detected: &str) -> Self {
        let known = Self { key: key.to_owned(), name: detected.to_owned(), ..Self::default() };
        known.clone().overlaid(text).unwrap_or(known)
    }

    fn overlaid(mut self, text: &str) -> Option<Self> {
        let root = yaml::parse(text).ok()??;
        let mut mismatches = Vec::new();
        for (key, value) in root.entries("config", &mut mismatches) {
            match key.as_str() {
                "key" => replace(&mut self.key, value, &mut mismatches),
                "name" => replace(&mut self.name, value, &mut mismatches),
                "version" => replace(&mut self.version, value, &mut mismatches),
                "config" if !value.is_null() => {
                    let mut config = Config::default();
                    for (key, value) in value.entries("config", &mut mismatches) {
                        if key == "entrypoint_prefix" {
                            replace(&mut config.entrypoint_prefix, value, &mut mismatches);
                        }
                    }
                    self.config = Some(config);
                }
                "output_metadata" => match value.to_json() {
                    Value::Object(map) => self.output_metadata = map,
                    Value::Null => {}
                    _ => return None,
                },
                _ => {}
            }
        }
        mismatches.is_empty().then_some(self)
    }
}

fn replace(field: &mut String, value: &yaml::Node, mismatches: &mut yaml::Mismatches) {
    if let Some(text) = value.text(mismatches).filter(|text| !text.is_empty()) {
        *field = text;
    }
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;

    #[test]
    fn scalars_become_text_and_broken_files_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            fs::write(folder.path().join("config.yml"), text).unwrap();
            BuildpackMetadata::read(folder.path(), "key", "detected")
        };
        assert_eq!(read("version: 3.10\nconfig:\n  foo: bar\n").version, "3.10");
        assert_eq!(read("config:\n  foo: bar\n").config, Some(Config::default()));
        assert_eq!(
            read("name: [\n"),
            BuildpackMetadata { key: "key".into(), name: "detected".into(), ..Default::default() }
        );
        let nested = read("key: other\noutput_metadata: {b: {z: 1, a: 2}, a: x}\n");
        let json = json::encode(&nested).unwrap();
        assert_eq!(json, r#"{"key":"other","name":"detected","output_metadata":{"a":"x","b":{"a":2,"z":1}}}"#);
    }
}
