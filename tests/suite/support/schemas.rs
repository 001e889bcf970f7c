//! Documents are held against the schemas that are published for them, by as much of JSON Schema as these use: another
//! keyword fails the test.

use std::path::PathBuf;

use fs_err as fs;
use serde_json::{Map, Value};

use super::project;

/// Keywords that only say something.
const WORDS: [&str; 6] = ["$schema", "$defs", "title", "description", "format", "default"];

/// The folder of the published schemas.
pub(crate) fn schemas() -> PathBuf {
    project().join("docs/schema")
}

/// Holds a document against the schema that it names, in which every field of the document has to be.
#[track_caller]
pub(crate) fn assert_follows_its_schema(document: &Value) {
    let Some(name) = document["schema"].as_str() else { return };
    let kind = name.strip_prefix("stage.").and_then(|name| name.split_once('/')).expect(name).0;
    let schema: Value = serde_json::from_slice(&fs::read(schemas().join(format!("{kind}.json"))).unwrap()).unwrap();
    assert_eq!(schema["title"], name);
    if let Err(why) = (Checker { defs: &schema["$defs"] }).check(document, &schema, name) {
        panic!("{why}\n{document}");
    }
    let mut known = Vec::new();
    fields(&schema, &schema["$defs"], &mut known);
    let unknown = |field: &&String| !known.contains(&field.as_str());
    assert_eq!(document.as_object().unwrap().keys().find(unknown), None, "a field that {name} does not have");
}

/// Names of the fields that a schema allows, in any of its forms.
fn fields<'a>(schema: &'a Value, defs: &'a Value, known: &mut Vec<&'a str>) {
    known.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()));
    for form in ["anyOf", "oneOf", "allOf"] {
        schema[form].as_array().into_iter().flatten().for_each(|schema| fields(schema, defs, known));
    }
    if let Some(name) = schema["$ref"].as_str() {
        fields(&defs[definition(name)], defs, known);
    }
}

fn definition(reference: &str) -> &str {
    reference.strip_prefix("#/$defs/").expect("a definition of the schema")
}

struct Checker<'a> {
    defs: &'a Value,
}

impl Checker<'_> {
    fn check(&self, value: &Value, schema: &Value, at: &str) -> Result<(), String> {
        let keywords: &Map<String, Value> = match schema {
            Value::Bool(true) => return Ok(()),
            schema => schema.as_object().ok_or_else(|| format!("{at}: no schema: {schema}"))?,
        };
        for (keyword, wanted) in keywords {
            let holds = match keyword.as_str() {
                "$ref" => {
                    let name = definition(wanted.as_str().unwrap());
                    self.check(value, &self.defs[name], at)?;
                    true
                }
                "type" => list(wanted).any(|name| is(value, name.as_str().unwrap())),
                "const" => value == wanted,
                "enum" => list(wanted).any(|one| one == value),
                "minimum" => value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap()),
                "maximum" => value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap()),
                "required" => {
                    let has =
                        |name: &Value| value.as_object().is_none_or(|all| all.contains_key(name.as_str().unwrap()));
                    list(wanted).all(has)
                }
                "properties" => {
                    for (name, schema) in wanted.as_object().unwrap() {
                        if let Some(value) = value.get(name) {
                            self.check(value, schema, &format!("{at}.{name}"))?;
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let named = |name: &str| keywords.get("properties").is_some_and(|all| all.get(name).is_some());
                    for (name, value) in value.as_object().into_iter().flatten().filter(|(name, _)| !named(name)) {
                        self.check(value, wanted, &format!("{at}.{name}"))?;
                    }
                    true
                }
                "items" => {
                    for (place, value) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(value, wanted, &format!("{at}[{place}]"))?;
                    }
                    true
                }
                "allOf" => {
                    list(wanted).try_for_each(|schema| self.check(value, schema, at))?;
                    true
                }
                "anyOf" | "oneOf" => {
                    let found: Vec<_> = list(wanted).map(|schema| self.check(value, schema, at)).collect();
                    let held = found.iter().filter(|found| found.is_ok()).count();
                    if held == 0 || (keyword == "oneOf" && held > 1) {
                        return Err(format!("{at}: {held} of {keyword}: {found:?}"));
                    }
                    true
                }
                word if WORDS.contains(&word) => true,
                other => return Err(format!("{at}: the tests do not know the keyword `{other}`")),
            };
            if !holds {
                return Err(format!("{at}: {value} is not as `{keyword}` has it: {wanted}"));
            }
        }
        Ok(())
    }
}

/// A list, or the one thing that stands for a list of one.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    let (many, one) = match value {
        Value::Array(many) => (&many[..], None),
        one => (&[][..], Some(one)),
    };
    many.iter().chain(one)
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
