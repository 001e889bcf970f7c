//! Configuration by variables: `JBP_CONFIG_<COMPONENT>` holds YAML, usually a map in flow style.

use std::collections::BTreeMap;

use crate::yaml::{self, Mismatches, Node, Value, YamlError};

/// The type a field must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Bool,
    Integer,
    Text,
}

/// What a variable says.
#[derive(Debug, Default)]
pub(super) struct Config {
    fields: BTreeMap<String, Node>,
    unknown: Vec<String>,
    failure: Option<YamlError>,
}

impl Config {
    /// Reads `text` as a map of the `known` fields; `type_name` is what messages call the map.
    pub(super) fn read(text: &str, type_name: &str, known: &[(&str, Wanted)]) -> Self {
        match yaml::parse(text) {
            Ok(Some(root)) => Self::of(&root, type_name, known),
            Ok(None) => Self::default(),
            Err(error) => Self { failure: Some(error), ..Self::default() },
        }
    }

    /// As [`Config::read`], for a part of a document.
    pub(super) fn of(root: &Node, type_name: &str, known: &[(&str, Wanted)]) -> Self {
        let mut config = Self::default();
        let mut mismatches = Mismatches::new();
        if let Value::Map(pairs) = &root.value {
            for (key, value) in pairs {
                let Some(name) = key.text(&mut mismatches) else { continue };
                match known.iter().find(|(known, _)| *known == name) {
                    Some((_, wanted)) => {
                        check(value, *wanted, &mut mismatches);
                        config.fields.insert(name, value.clone());
                    }
                    None => {
                        config.unknown.push(format!("line {}: field {name} not found in type {type_name}", key.line()))
                    }
                }
            }
        } else {
            root.entries(type_name, &mut mismatches);
        }
        if !mismatches.is_empty() {
            config.failure = Some(YamlError::Types(mismatches));
        }
        config
    }

    /// Unknown fields at the lines they have when the map is written anew, a field a line in alphabetical order: a part
    /// of a document is checked in that form.
    pub(super) fn with_sorted_lines(mut self) -> Self {
        let name = |message: &str| message.split(' ').nth(3).map(str::to_owned).unwrap_or_default();
        let unknown: Vec<String> = self.unknown.iter().map(|message| name(message)).collect();
        let mut all: Vec<&String> = self.fields.keys().chain(&unknown).collect();
        all.sort();
        let line = |name: &String| all.iter().position(|known| *known == name).map_or(1, |at| at + 1);
        let mut lines: Vec<_> = unknown.iter().map(line).zip(&self.unknown).collect();
        lines.sort();
        self.unknown = lines
            .into_iter()
            .filter_map(|(line, message)| Some(format!("line {line}:{}", message.split_once(':')?.1)))
            .collect();
        self
    }

    /// What a strict reader objects to: fields that are not known, values of another type.
    pub(super) fn objection(&self) -> Option<YamlError> {
        match &self.failure {
            Some(YamlError::Types(mismatches)) => {
                Some(YamlError::Types(self.unknown.iter().chain(mismatches).cloned().collect()))
            }
            Some(other) => Some(other.clone()),
            None => (!self.unknown.is_empty()).then(|| YamlError::Types(self.unknown.clone())),
        }
    }

    /// Why nothing of it can be used.
    pub(super) fn failure(&self) -> Option<&YamlError> {
        self.failure.as_ref()
    }

    /// A switch.
    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        self.fields.get(name)?.to_json().as_bool()
    }

    /// A number.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.fields.get(name)?.to_json().as_i64()
    }

    /// A text; none when it is empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.fields.get(name)?.text(&mut Mismatches::new()).filter(|text| !text.is_empty())
    }
}

fn check(value: &Node, wanted: Wanted, mismatches: &mut Mismatches) {
    match wanted {
        Wanted::Bool => {
            value.boolean(mismatches);
        }
        Wanted::Integer => {
            value.integer(mismatches);
        }
        Wanted::Text => {
            value.text(mismatches);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [(&str, Wanted); 3] = [("enabled", Wanted::Bool), ("port", Wanted::Integer), ("name", Wanted::Text)];

    fn read(text: &str) -> Config {
        Config::read(text, "frameworks.debugConfig", &KNOWN)
    }

    #[test]
    fn maps_in_both_styles_are_read() {
        let config = read("{ enabled: true, port: 8001 }");
        assert_eq!(
            (config.boolean("enabled"), config.integer("port"), config.text("name")),
            (Some(true), Some(8001), None)
        );
        assert!(config.objection().is_none());
        assert_eq!(read("enabled: false\nname: 3\n").text("name").unwrap(), "3");
    }

    #[test]
    fn unknown_fields_are_named_and_the_rest_counts() {
        let config = read("{ enabled: true, nosuch: 1 }");
        let text = "yaml: unmarshal errors:\n  line 1: field nosuch not found in type frameworks.debugConfig";
        assert_eq!(config.objection().unwrap().to_string(), text);
        assert!(config.failure().is_none());
        assert_eq!(config.boolean("enabled"), Some(true));
    }

    #[test]
    fn what_is_no_map_or_of_another_type_is_a_failure() {
        for (text, message) in [
            ("{ enabled: [x] }", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into bool"),
            ("{ port: many }", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `many` into int"),
            (
                "just text",
                "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `just text` into frameworks.debugConfig",
            ),
            ("{", "yaml: line 1: did not find expected node content"),
        ] {
            assert_eq!(read(text).failure().unwrap().to_string(), message, "{text}");
        }
    }
}
