//! What of a config keeps every container from starting: refused while staging, not met when the image runs.

use std::path::Path;

use serde_json::Value;

use super::super::BaseError;

/// Longest variable that Linux hands to a program, bytes (`MAX_ARG_STRLEN` of `binfmts.h`, less the final NUL).
const VARIABLE_BYTES: usize = 32 * 4096 - 1;

/// Looks at the variables and the user of a config.
pub(super) fn check(config: &Value, path: &Path) -> Result<(), BaseError> {
    let refuse =
        |what, text: &str, rule| Err(BaseError::Config { path: path.to_owned(), what, text: text.to_owned(), rule });
    // What has no `=` is no variable and left out; the like goes for values of other types.
    let variables = config["Env"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for variable in variables.filter(|text| text.contains('=')) {
        if variable.contains('\0') {
            return refuse("a variable", variable, "holds a NUL");
        }
        if variable.starts_with('=') {
            return refuse("a variable", variable, "has no name");
        }
        if variable.len() > VARIABLE_BYTES {
            return refuse("a variable", variable, "is longer than 131071 bytes");
        }
    }
    match config["User"].as_str() {
        Some(user) if user.chars().any(char::is_control) => refuse("a user", user, "holds a control character"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_can_be_started_passes() {
        let check = |config: Value| check(&config, Path::new("base")).map_err(|error| error.to_string());
        for fine in [json!({}), json!({ "Env": ["A=b=c", "B=", "odd", 7], "User": "1:1" }), json!({ "Env": 7 })] {
            check(fine).unwrap();
        }
        for (config, said) in [
            (json!({ "Env": ["A=\u{0}"] }), "`A=\\u{0}` holds a NUL"),
            (json!({ "Env": ["=A"] }), "`=A` has no name"),
            (json!({ "Env": [format!("A={}", "x".repeat(VARIABLE_BYTES))] }), "is longer than 131071 bytes"),
            (json!({ "User": "a\nb" }), "`a\\nb` holds a control character"),
        ] {
            let error = check(config).unwrap_err();
            assert!(error.ends_with(said) && error.len() < 300, "{error}");
        }
    }
}
