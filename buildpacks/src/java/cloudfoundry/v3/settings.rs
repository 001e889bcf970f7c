//! A component's settings: a map of YAML in the order of the file, changed by what the user gives.

use crate::yaml::{Node, Value as Yaml};

/// A setting.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing: not set.
    Null,
    /// A switch.
    Bool(bool),
    /// Text, numbers among it, as they are printed.
    Text(String),
    /// Several.
    List(Vec<Value>),
    /// Settings of a part.
    Map(Settings),
}

/// Settings by name, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Settings(Vec<(String, Value)>);

/// Why what a user gives cannot change settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoMap(pub(super) String);

impl Value {
    /// Of a part of a document.
    pub(super) fn of(node: &Node) -> Self {
        match &node.value {
            Yaml::Map(_) => {
                let entries = node.entries("a map", &mut Vec::new()).into_iter();
                Self::Map(Settings(entries.map(|(name, value)| (name, Self::of(value))).collect()))
            }
            Yaml::List(items) => Self::List(items.iter().map(Self::of).collect()),
            // words that this format, older than the lifecycle's, has no switches for
            Yaml::Scalar { text, plain: true } if matches!(text.as_str(), "y" | "Y" | "n" | "N") => {
                Self::Text(text.clone())
            }
            Yaml::Scalar { .. } => match node.to_json() {
                serde_json::Value::Null => Self::Null,
                serde_json::Value::Bool(value) => Self::Bool(value),
                serde_json::Value::String(text) => Self::Text(text),
                number => Self::Text(number.to_string()),
            },
        }
    }

    /// Everything but nothing and `false`, as the format has it: a text is on, whatever it says.
    fn is_on(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(value) => value.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Self::Map(Settings(entries)) => {
                let entries: Vec<_> = entries.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                write!(f, "{{{}}}", entries.join(", "))
            }
        }
    }
}

impl Settings {
    /// Of a document; no map, no settings.
    pub(super) fn of(root: Option<&Node>) -> Self {
        match root.map(Value::of) {
            Some(Value::Map(settings)) => settings,
            _ => Self::default(),
        }
    }

    /// Changes them by a map or a list of maps. Only settings that are there can be changed, a part only by a part;
    /// everything else is given to `warn`.
    pub(super) fn merge(&mut self, given: &Value, warn: &mut dyn FnMut(String)) -> Result<(), NoMap> {
        match given {
            Value::Map(changes) => self.change(changes, warn),
            Value::List(items) => {
                for item in items {
                    let Value::Map(changes) = item else { return Err(NoMap(item.to_string())) };
                    self.change(changes, warn);
                }
            }
            other => return Err(NoMap(other.to_string())),
        }
        Ok(())
    }

    fn change(&mut self, changes: &Self, warn: &mut dyn FnMut(String)) {
        for (name, new) in &changes.0 {
            match (self.0.iter_mut().find(|(known, _)| known == name).map(|(_, value)| value), new) {
                (None, _) => {
                    warn(format!("User config value for '{name}' is not valid, existing property not present"));
                }
                (Some(Value::Map(part)), Value::Map(changes)) => part.change(changes, warn),
                (Some(Value::Map(_)), _) | (Some(_), Value::Map(_)) => {
                    warn(format!("User config value for '{name}' is not valid, must be of a similar type"));
                }
                (Some(value), new) => *value = new.clone(),
            }
        }
    }

    /// Without what is not set.
    #[must_use]
    pub(super) fn set(self) -> Self {
        let entries = self.0.into_iter().filter_map(|(name, value)| match value {
            Value::Null => None,
            Value::Map(part) => Some((name, Value::Map(part.set()))),
            value => Some((name, value)),
        });
        Self(entries.collect())
    }

    /// Names and values, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Whether it is switched on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(Value::is_on)
    }

    /// A value as it is printed; none when it is not set.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).filter(|value| **value != Value::Null).map(ToString::to_string)
    }

    /// The settings of a part; none without it.
    pub(super) fn part(&self, name: &str) -> Self {
        match self.get(name) {
            Some(Value::Map(part)) => part.clone(),
            _ => Self::default(),
        }
    }

    /// The texts of a list.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Value::List(items)) => items.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn read(text: &str) -> Value {
        yaml::parse(text).unwrap().as_ref().map_or(Value::Null, Value::of)
    }

    fn merged(file: &str, given: &str) -> (String, Vec<String>) {
        let mut settings = Settings::of(yaml::parse(file).unwrap().as_ref());
        let mut warnings = Vec::new();
        settings.merge(&read(given), &mut |warning| warnings.push(warning)).unwrap();
        (Value::Map(settings.set()).to_string(), warnings)
    }

    #[test]
    fn users_change_what_is_there() {
        let file = "---\njre:\n  version: 1.8.0_+\n  root: ''\nsizes:\n  heap:\n  metaspace: 64m..\nthreads: 300\n";
        let absent = |name: &str| format!("User config value for '{name}' is not valid, existing property not present");
        let similar = |name: &str| format!("User config value for '{name}' is not valid, must be of a similar type");
        for (given, wanted, warnings) in [
            ("{}", "{jre: {version: 1.8.0_+, root: }, sizes: {metaspace: 64m..}, threads: 300}", vec![]),
            (
                "{sizes: {heap: 300m}, threads: 20.50}",
                "{jre: {version: 1.8.0_+, root: }, sizes: {heap: 300m, metaspace: 64m..}, threads: 20.5}",
                vec![],
            ),
            (
                "[jre: {version: 1.7.+}, threads: ~, jre: {root: x}]",
                "{jre: {version: 1.7.+, root: x}, sizes: {metaspace: 64m..}}",
                vec![],
            ),
            (
                "{jre: {home: x}, other: 1}",
                "{jre: {version: 1.8.0_+, root: }, sizes: {metaspace: 64m..}, threads: 300}",
                vec![absent("home"), absent("other")],
            ),
            (
                "{jre: 1.8.+, threads: {many: 1}, sizes: }",
                "{jre: {version: 1.8.0_+, root: }, sizes: {metaspace: 64m..}, threads: 300}",
                vec![similar("jre"), similar("threads"), similar("sizes")],
            ),
        ] {
            assert_eq!(merged(file, given), (wanted.to_owned(), warnings), "{given}");
        }
        for (given, text) in [("text", "text"), ("", ""), ("[a]", "a")] {
            let mut settings = Settings::default();
            assert_eq!(settings.merge(&read(given), &mut |_| ()), Err(NoMap(text.to_owned())));
        }
    }

    #[test]
    fn values_are_printed_as_numbers_and_switched_on_by_being_there() {
        let settings = Settings::of(
            yaml::parse("{a: 010, b: 65, c: '100%', d: yes, e: no, f: 'false', g: y, h: , i: [x, 1]}")
                .unwrap()
                .as_ref(),
        );
        let texts: Vec<_> = settings.iter().map(|(_, value)| value.to_string()).collect();
        assert_eq!(texts, ["8", "65", "100%", "true", "false", "false", "y", "", "[x, 1]"]);
        let on: Vec<_> = settings.iter().filter(|(_, value)| value.is_on()).map(|(name, _)| name).collect();
        assert_eq!(on, ["a", "b", "c", "d", "f", "g", "i"]);
        assert_eq!((settings.text("h"), settings.text("z"), settings.list("i").len()), (None, None, 2));
    }
}
