//! What an image takes over from its base's config (Cloud Native Buildpacks platform specification, exporter).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Base, BaseLayer};

/// `PATH` of an image whose base names none.
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// User and group of an image whose base names none or root.
pub const DEFAULT_USER: &str = "1000:1000";

/// The part of a base's config that the image on it keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InheritedConfig {
    /// Environment in the base's order; `PATH` is always in it.
    pub env: Vec<(String, String)>,
    /// The user, never root.
    pub user: String,
    /// Ports as `8080/tcp`.
    pub exposed_ports: BTreeSet<String>,
    /// Volumes by their paths.
    pub volumes: BTreeSet<String>,
    /// The signal that stops the container.
    pub stop_signal: Option<String>,
    /// Docker's health check, as it is.
    pub healthcheck: Option<Value>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Exactly one entry per layer of the base.
    pub history: Vec<HistoryEntry>,
    /// Operating system.
    pub os: String,
    /// Its version, where the base names one.
    pub os_version: Option<String>,
    /// Features the image needs of it.
    pub os_features: Vec<String>,
    /// Processor.
    pub architecture: String,
    /// Variant of the processor.
    pub variant: Option<String>,
}

/// How a layer came to be. Empty fields are left out when written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When, RFC 3339, as the base says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// By which command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What the image on `base` inherits. Fields of the wrong JSON type count as missing.
pub fn inherit(base: &Base) -> InheritedConfig {
    let config = &base.config["config"];
    let top = |name: &str| base.config[name].as_str().map(str::to_owned);
    InheritedConfig {
        env: environment(&config["Env"]),
        user: user(config["User"].as_str().unwrap_or_default()),
        exposed_ports: keys(&config["ExposedPorts"]),
        volumes: keys(&config["Volumes"]),
        stop_signal: config["StopSignal"].as_str().filter(|signal| !signal.is_empty()).map(str::to_owned),
        healthcheck: config.get("Healthcheck").filter(|check| check.is_object()).cloned(),
        labels: labels(&config["Labels"]),
        history: history(&base.config["history"], &base.layers),
        os: base.platform.os.clone(),
        os_version: top("os.version"),
        os_features: strings(&base.config["os.features"]).map(str::to_owned).collect(),
        architecture: base.platform.architecture.clone(),
        variant: base.platform.variant.clone(),
    }
}

/// The base's variables, of one name the last; without a `PATH` among them, the default one comes last.
fn environment(env: &Value) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = Vec::new();
    for (name, value) in strings(env).filter_map(|text| text.split_once('=')) {
        match variables.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => variables.push((name.to_owned(), value.to_owned())),
        }
    }
    if !variables.iter().any(|(name, _)| name == "PATH") {
        variables.push(("PATH".to_owned(), DEFAULT_PATH.to_owned()));
    }
    variables
}

/// The base's user, unless it is root under any of its names, whatever the group.
fn user(user: &str) -> String {
    let name = user.split(':').next().unwrap_or_default().trim();
    let root = name.is_empty() || name == "root" || name.parse() == Ok(0_u32);
    if root { DEFAULT_USER.to_owned() } else { user.to_owned() }
}

/// One entry per layer. A history that does not fit the layers says nothing reliable about any of them: blank entries
/// take its place, since tools count them.
fn history(history: &Value, layers: &[BaseLayer]) -> Vec<HistoryEntry> {
    let kept: Vec<_> = history
        .as_array()
        .into_iter()
        .flatten()
        .filter(|entry| entry["empty_layer"].as_bool() != Some(true))
        .map(|entry| HistoryEntry::deserialize(entry).unwrap_or_default())
        .collect();
    if kept.len() == layers.len() {
        return kept;
    }
    layers
        .iter()
        .map(|layer| {
            let created_by = match layer {
                BaseLayer::Blob(_) => "Base layer".to_owned(),
                BaseLayer::Built(spec) => spec.created_by.clone(),
            };
            HistoryEntry { created_by: Some(created_by), ..HistoryEntry::default() }
        })
        .collect()
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn keys(map: &Value) -> BTreeSet<String> {
    map.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

fn labels(map: &Value) -> BTreeMap<String, String> {
    let labels = map.as_object().into_iter().flatten();
    labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use buildpacks::application::Content;
    use serde_json::json;

    use super::*;
    use crate::digest::{DiffId, Digest};
    use crate::image::base::open::plain;
    use crate::image::base::{BlobLayer, Platform};
    use crate::layer::{LayerFiles, LayerSpec};

    fn blob() -> BaseLayer {
        BaseLayer::Blob(BlobLayer {
            media_type: "application/vnd.oci.image.layer.v1.tar".to_owned(),
            digest: Digest::of(b"x"),
            size: 1,
            diff_id: DiffId(Digest::of(b"x")),
            annotations: BTreeMap::new(),
            content: Content::from_bytes(*b"x"),
        })
    }

    fn base(config: Value, layers: Vec<BaseLayer>) -> Base {
        Base { layers, config, ..plain("x", Platform::default()) }
    }

    fn of(config: Value) -> InheritedConfig {
        inherit(&base(config, Vec::new()))
    }

    #[test]
    fn nothing_gives_a_path_and_a_user() {
        let inherited = of(json!({}));
        assert_eq!(inherited.env, [("PATH".to_owned(), DEFAULT_PATH.to_owned())]);
        assert_eq!(inherited.user, "1000:1000");
        assert_eq!((inherited.os.as_str(), inherited.architecture.as_str()), ("linux", "amd64"));
        assert!(inherited.history.is_empty());
    }

    #[test]
    fn environment_keeps_its_order_and_the_last_value() {
        let env = of(json!({ "config": { "Env": ["B=1", "PATH=/x", "A=b=c", "B=2", "broken", 7] } })).env;
        let text: Vec<_> = env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(text, ["B=2", "PATH=/x", "A=b=c"]);
    }

    #[test]
    fn root_is_not_inherited_under_any_name() {
        for root in ["", "0", "root", "0:0", "root:wheel", "00", "0:1000", ":5"] {
            assert_eq!(user(root), DEFAULT_USER, "{root}");
        }
        for other in ["cnb", "1001:0", "65532"] {
            assert_eq!(user(other), other);
        }
    }

    #[test]
    fn the_rest_is_taken_over() {
        let inherited = of(json!({
            "os.version": "1.2",
            "os.features": ["f"],
            "config": {
                "ExposedPorts": { "8080/tcp": {} },
                "Volumes": { "/data": {} },
                "StopSignal": "SIGQUIT",
                "Healthcheck": { "Test": ["NONE"] },
                "Labels": { "a": "b", "n": 1 },
            },
        }));
        assert_eq!(inherited.exposed_ports, BTreeSet::from(["8080/tcp".to_owned()]));
        assert_eq!(inherited.volumes, BTreeSet::from(["/data".to_owned()]));
        assert_eq!(inherited.stop_signal.as_deref(), Some("SIGQUIT"));
        assert_eq!(inherited.healthcheck, Some(json!({ "Test": ["NONE"] })));
        assert_eq!(inherited.labels, BTreeMap::from([("a".to_owned(), "b".to_owned())]));
        assert_eq!((inherited.os_version.as_deref(), inherited.os_features), (Some("1.2"), vec!["f".to_owned()]));
    }

    #[test]
    fn fields_of_a_wrong_type_count_as_missing() {
        let config = json!({ "config": { "Env": "x", "User": 7, "Labels": [], "Healthcheck": null }, "history": "x" });
        assert_eq!(of(config), of(json!({})));
        assert_eq!(of(json!({ "config": null })), of(json!({})));
    }

    #[test]
    fn history_has_one_entry_per_layer() {
        let history = json!({ "history": [
            { "created_by": "one", "created": "1980-01-01T00:00:01Z" },
            { "created_by": "ENV", "empty_layer": true },
            { "created_by": "two", "empty_layer": false, "comment": "c" },
        ] });
        let kept = inherit(&base(history.clone(), vec![blob(), blob()])).history;
        let names: Vec<_> = kept.iter().filter_map(|entry| entry.created_by.as_deref()).collect();
        assert_eq!(names, ["one", "two"]);
        assert_eq!(kept[1].comment.as_deref(), Some("c"));

        let spec = LayerSpec {
            name: "base".to_owned(),
            created_by: "made".to_owned(),
            files: LayerFiles::Entries(Vec::new()),
        };
        let made = inherit(&base(history, vec![blob(), blob(), BaseLayer::Built(spec)])).history;
        let names: Vec<_> = made.iter().filter_map(|entry| entry.created_by.as_deref()).collect();
        assert_eq!(names, ["Base layer", "Base layer", "made"]);
        assert_eq!(inherit(&base(json!({}), vec![blob()])).history.len(), 1);
    }
}
