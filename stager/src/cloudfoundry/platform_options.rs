//! `VCAP_PLATFORM_OPTIONS`: where the platform keeps its credentials.

use serde_json::Value;

use super::Surroundings;
use super::json_syntax;

/// The variable.
pub(super) const VARIABLE: &str = "VCAP_PLATFORM_OPTIONS";

/// The variable is not what the contract says.
#[derive(Debug, thiserror::Error)]
#[error("Invalid platform options: {0}")]
pub(super) struct InvalidOptions(String);

/// Reads the address of the credential store; empty without one.
pub(super) fn credhub_uri(surroundings: &Surroundings) -> Result<String, InvalidOptions> {
    let text = surroundings.text(VARIABLE);
    if text.is_empty() {
        return Ok(String::new());
    }
    if let Some(mistake) = json_syntax::mistake(text) {
        return Err(InvalidOptions(mistake));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| InvalidOptions(error.to_string()))?;
    let entries = match &value {
        Value::Object(entries) => entries,
        Value::Null => return Ok(String::new()),
        other => {
            let message =
                format!("json: cannot unmarshal {} into Go value of type platformoptions.PlatformOptions", kind(other));
            return Err(InvalidOptions(message));
        }
    };
    let mut uri = String::new();
    for (_, value) in entries.iter().filter(|(key, _)| key.eq_ignore_ascii_case("credhub-uri")) {
        match value {
            Value::String(text) => uri.clone_from(text),
            Value::Null => {}
            other => {
                let message = format!(
                    "json: cannot unmarshal {} into Go struct field PlatformOptions.credhub-uri of type string",
                    kind(other)
                );
                return Err(InvalidOptions(message));
            }
        }
    }
    Ok(uri)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
