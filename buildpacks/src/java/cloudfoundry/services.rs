//! Bound services: `VCAP_SERVICES`, a map of labels to lists of services.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Every bound service, labels in alphabetical order.
#[derive(Debug, Default)]
pub(super) struct Services(Vec<Service>);

/// One of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Service {
    /// Its name.
    pub(super) name: String,
    /// The key it stands under.
    #[serde(skip)]
    pub(super) label: String,
    tags: Vec<String>,
    credentials: Map<String, Value>,
    volume_mounts: Vec<Map<String, Value>>,
}

impl Services {
    /// Reads the variable's text; no text, no services.
    pub(super) fn of(text: &str) -> Result<Self, serde_json::Error> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let map: std::collections::BTreeMap<String, Vec<Service>> = serde_json::from_str(text)?;
        let labelled = |(label, services): (String, Vec<Service>)| {
            services.into_iter().map(move |service| Service { label: label.clone(), ..service })
        };
        Ok(Self(map.into_iter().flat_map(labelled).collect()))
    }

    /// Whether exactly one service is of a kind, and has all these credentials, each by one of its names.
    pub(super) fn only(&self, kind: impl Fn(&Service) -> bool, credentials: &[&[&str]]) -> bool {
        let mut found = self.0.iter().filter(|service| kind(service));
        let (Some(service), None) = (found.next(), found.next()) else { return false };
        credentials.iter().all(|names| names.iter().any(|name| service.credentials.contains_key(*name)))
    }

    /// Every service.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Service> {
        self.0.iter()
    }
}

impl Service {
    /// Whether label or a tag is `what`, or the name contains it, whatever the case.
    pub(super) fn is_for(&self, what: &str) -> bool {
        self.label.eq_ignore_ascii_case(what)
            || self.tags.iter().any(|tag| tag.eq_ignore_ascii_case(what))
            || self.name.to_lowercase().contains(&what.to_lowercase())
    }

    /// Whether name, label or a tag contains `what`.
    pub(super) fn names(&self, what: &str) -> bool {
        [&self.name, &self.label].into_iter().chain(&self.tags).any(|text| text.contains(what))
    }

    /// Whether name, label or a tag contains `what`, whatever the case.
    pub(super) fn mentions(&self, what: &str) -> bool {
        let what = what.to_lowercase();
        let texts = [&self.name, &self.label].into_iter().chain(&self.tags);
        texts.into_iter().any(|text| text.to_lowercase().contains(&what))
    }

    /// Where its first volume is mounted; platforms list volumes beside the credentials, older brokers in them.
    pub(super) fn volume(&self) -> Option<&str> {
        let beside = self.volume_mounts.first().and_then(|mount| mount.get("container_dir"));
        let within = || self.credentials.get("volume_mounts")?.get(0)?.get("container_dir");
        beside.or_else(within)?.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_told_by_label_tag_and_name() {
        let text = r#"{"user-provided": [{"name": "My-NewRelic", "tags": ["x"]}],
            "p": [{"name": "v", "tags": ["heap-dump"], "volume_mounts": [{"container_dir": "/data"}]}]}"#;
        let services = Services::of(text).unwrap();
        let found = |what: &str| services.iter().filter(|service| service.is_for(what)).count();
        assert_eq!((found("newrelic"), found("Heap-Dump"), found("dump"), found("P")), (1, 1, 0, 1));
        let dump = services.iter().find(|service| service.mentions("heap")).unwrap();
        assert_eq!(dump.volume(), Some("/data"));
        assert!(Services::of("[]").is_err());
        assert!(services.only(|service| service.names("NewRelic"), &[]));
        assert!(!services.only(|service| service.names("newrelic"), &[]));
        assert!(!services.only(|_| true, &[]) && !services.only(|service| service.names("p"), &[&["uri"]]));
        assert_eq!(Services::of("").unwrap().iter().count(), 0);
    }
}
