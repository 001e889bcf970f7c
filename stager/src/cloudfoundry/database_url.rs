//! `DATABASE_URL` from the first relational database among the bound services.

use serde_json::{Map, Value};

use super::url::Url;

/// The address for `DATABASE_URL`; none when no service has one, or the text is not the platform's list of services.
/// Labels are looked at in alphabetical order, the services of a label in theirs.
pub(super) fn find(services: &str) -> Option<String> {
    let labels: Map<String, Value> = serde_json::from_str(services).ok()?;
    let mut uris = Vec::new();
    let mut names: Vec<_> = labels.keys().collect();
    names.sort();
    for name in names {
        match &labels[name] {
            Value::Null => {}
            Value::Array(services) => {
                for service in services {
                    uris.extend(uri(service)?);
                }
            }
            _ => return None,
        }
    }
    uris.iter().find_map(|uri| address(uri))
}

/// The service's `credentials.uri` as a list of one, empty when it has none; none when the shape is wrong.
fn uri(service: &Value) -> Option<Vec<&str>> {
    match field(field(service, "credentials")?, "uri")? {
        Value::String(uri) if !uri.is_empty() => Some(vec![uri]),
        Value::Null | Value::String(_) => Some(Vec::new()),
        _ => None,
    }
}

/// A field of an object; null when it has none, or is null itself.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Null => Some(value),
        Value::Object(map) => {
            Some(map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or(&Value::Null, |(_, value)| value))
        }
        _ => None,
    }
}

fn address(uri: &str) -> Option<String> {
    let url = Url::parse(uri)?;
    let scheme = match url.scheme.as_str() {
        "mysql" | "mysql2" => "mysql2",
        "postgres" | "postgresql" => "postgres",
        _ => return None,
    };
    Some(url.with_scheme(scheme))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_first_relational_database_is_taken() {
        let services = |uris: &[&str]| {
            let list: Vec<_> = uris.iter().map(|uri| serde_json::json!({"credentials": {"uri": uri}})).collect();
            serde_json::json!({ "s": list }).to_string()
        };
        assert_eq!(find(&services(&["https://h", "mysql://h/db", "postgres://h"])).as_deref(), Some("mysql2://h/db"));
        assert_eq!(find(&services(&["postgres://u:%zz@h/db"])), None);
        assert_eq!(find(&services(&[])), None);
        assert_eq!(find("{"), None);
        assert_eq!(find(r#"{"s":[{"credentials":{"uri":5}},{"credentials":{"uri":"mysql://h"}}]}"#), None);
        assert_eq!(find(r#"{"s":[{"name":"x"}]}"#), None);
    }
}
