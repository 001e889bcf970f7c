//! What the documents say of the program as a whole: variables, manual pages, fields.

use std::collections::BTreeSet;
use std::path::Path;

use fs_err as fs;
use serde_json::Value;

use crate::support::{World, list, project, schemas};

fn read(name: &str) -> String {
    fs::read_to_string(project().join(name)).unwrap()
}

/// Names of variables in the source of the command line: texts in capitals.
fn variables(folder: &Path) -> BTreeSet<String> {
    let is_name = |text: &&str| text.len() > 3 && text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let files = list(folder).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let sources = files.map(|path| fs::read_to_string(path).unwrap());
    let names = |source: &String| -> Vec<String> {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        let reads =
            code.lines().filter(|line| line.contains("get(\"") || line.contains("path(\"") || line.contains("text(\""));
        reads.flat_map(|line| line.split('"')).filter(is_name).map(str::to_owned).collect()
    };
    sources.flat_map(|source| names(&source)).collect()
}

#[test]
fn every_variable_that_the_command_line_reads_is_in_the_readme() {
    let (readme, read) = (read("README.md"), variables(&project().join("stager/src/cli")));
    assert!(read.contains("BP_JVM_VERSION") && read.contains("XDG_CACHE_HOME"), "{read:?}");
    let is_missing = |name: &&String| !name.starts_with("STAGE_") && !readme.contains(&format!("`{name}`"));
    assert_eq!(read.iter().filter(is_missing).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_command_has_its_manual_page() {
    let world = World::empty();
    let help = world.run(["--help"]).ok().stdout;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.contains(&"plan") && commands.contains(&"schema"), "{commands:?}");
    let overview = world.run(["man"]).ok().stdout;
    for command in commands {
        let name = format!("stage\\-{command}");
        assert!(overview.contains(&name), "{command} is not in the page of the program");
        let page = world.run(["man", command]).ok().stdout;
        assert!(page.contains(&name), "{command}: {page}");
        assert!(read("README.md").contains(command) || read("docs/cloud-foundry.md").contains(command), "{command}");
    }
    assert!(world.run(["man", "dependency", "add"]).ok().stdout.contains("stage\\-dependency\\-add"));
    world.run(["man", "soup"]).failed(2, &["There is no command `stage soup`", "stage help"]);
}

/// The field of an object's schema, in any of its forms.
fn field<'a>(schema: &'a Value, name: &str, all: &'a Value) -> Option<&'a Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        return field(&all["$defs"][reference.strip_prefix("#/$defs/")?], name, all);
    }
    let forms = ["anyOf", "oneOf", "allOf"].into_iter().flat_map(|form| schema[form].as_array().into_iter().flatten());
    schema["properties"].get(name).or_else(|| forms.into_iter().find_map(|form| field(form, name, all)))
}

fn items<'a>(schema: &'a Value, all: &'a Value) -> Option<&'a Value> {
    match schema["$ref"].as_str() {
        Some(reference) => items(&all["$defs"][reference.strip_prefix("#/$defs/")?], all),
        None => schema.get("items"),
    }
}

/// Whether a schema has a field such as `layers[].digest`.
fn has(all: &Value, path: &str) -> bool {
    let mut schema = all;
    for part in path.split('.') {
        let (name, is_list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
        let Some(found) = field(schema, name, all) else { return false };
        let found = if is_list { items(found, all) } else { Some(found) };
        let Some(found) = found else { return false };
        schema = found;
    }
    true
}

/// Names in the first cells of the tables of a section that have fields; `.b` behind `a.c` is `a.b`.
fn documented(section: &str) -> Vec<String> {
    let mut found = Vec::new();
    for row in section.lines().filter_map(|line| line.strip_prefix("| `")) {
        let cell = row.split(" | ").next().unwrap();
        let mut folder = String::new();
        for name in cell.split(", ").map(|name| name.trim_matches('`')) {
            let name = if name.starts_with('.') { format!("{folder}{name}") } else { name.to_owned() };
            folder = name.rsplit_once('.').map(|(folder, _)| folder.to_owned()).unwrap_or_default();
            found.push(name);
        }
    }
    found
}

#[test]
fn fields_of_the_documents_are_those_of_the_schemas() {
    let document = read("docs/report.md");
    let section = |from: &str, to: &str| {
        let rest = &document[document.find(from).expect(from)..];
        rest[..rest.find(to).expect(to)].to_owned()
    };
    for (kind, section, least) in [
        ("report", section("| field |", "## Schemas"), 30),
        ("report", section("## stage APP -o droplet", "## stage detect"), 8),
        ("detect", section("## stage detect", "## Errors"), 15),
        ("error", section("| `error.code`", "| code |"), 7),
    ] {
        let schema: Value = serde_json::from_slice(&fs::read(schemas().join(format!("{kind}.json"))).unwrap()).unwrap();
        let names = documented(&section);
        assert!(names.len() >= least, "{kind}: {names:?}");
        let unknown: Vec<_> = names.iter().filter(|name| !has(&schema, name)).collect();
        assert!(unknown.is_empty(), "{kind}: {unknown:?}");
        if section.contains("`application.kind`") {
            let told = |field: &&String| names.iter().any(|name| name.split(['.', '[']).next() == Some(*field));
            let untold: Vec<_> =
                schema["properties"].as_object().unwrap().keys().filter(|field| !told(field)).collect();
            assert_eq!(untold, ["droplet", "error", "schema"], "told elsewhere");
        }
    }
}
