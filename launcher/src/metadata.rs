//! What the image says about itself: `<layers>/config/metadata.toml`.
//!
//! Written by the exporter; other tools read it too, so unknown keys and tables are ignored. What is known must have the
//! right type. The table `[stage]` is ours; other launchers ignore it:
//!
//! ```toml
//! [stage]
//! memory = "fit"               # or libjvm, v2, v3, v4; absent: no memory calculation
//! java_opts = true             # append JAVA_OPTS to JAVA_TOOL_OPTIONS; absent: false
//! [[stage.forward]]            # when SERVER_PORT is not set, it gets the value of PORT
//! from = "PORT"
//! to = "SERVER_PORT"
//! ```

use memcalc::Calculator;

use crate::toml::{self, Error, Table, Value};

/// The parts of the metadata that matter for launching.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Metadata {
    /// The buildpacks whose layers contribute, in order.
    pub(crate) buildpacks: Vec<Buildpack>,
    /// The processes to choose from.
    pub(crate) processes: Vec<Process>,
    /// Our extension.
    pub(crate) stage: Stage,
}

/// A buildpack.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Buildpack {
    /// Such as `paketo-buildpacks/spring-boot`.
    pub(crate) id: String,
    /// The Buildpack API it was written for.
    pub(crate) api: String,
}

impl Buildpack {
    /// Name of its directory below the layers directory.
    pub(crate) fn directory(&self) -> String {
        self.id.replace('/', "_")
    }
}

/// A process.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Process {
    /// Its type, such as `web`.
    pub(crate) kind: String,
    /// The program, and arguments the user cannot replace.
    pub(crate) command: Vec<String>,
    /// Arguments the user can replace.
    pub(crate) args: Vec<String>,
    /// Whether it starts without a shell.
    pub(crate) direct: bool,
    /// The buildpack that defined it; empty for none.
    pub(crate) buildpack_id: String,
    /// Where it starts; empty for the application directory.
    pub(crate) working_dir: String,
    /// The execution environments it is for; empty for all.
    pub(crate) exec_env: Vec<String>,
}

/// Our extension.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Stage {
    /// How the JVM's memory is to be sized, if it is.
    pub(crate) memory: Option<Calculator>,
    /// Whether `JAVA_OPTS` is appended to `JAVA_TOOL_OPTIONS`.
    pub(crate) java_opts: bool,
    /// Variables to be known under a second name.
    pub(crate) forwards: Vec<Forward>,
}

/// A variable to be known under a second name.
#[derive(Debug, PartialEq)]
pub(crate) struct Forward {
    /// The variable the platform sets.
    pub(crate) from: String,
    /// The variable the application reads.
    pub(crate) to: String,
}

impl Metadata {
    /// Reads the text of `metadata.toml`.
    ///
    /// # Errors
    /// [`Error`] with the line, for wrong syntax, a known key of the wrong type, or a `[stage]` that is incomplete.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let root = toml::parse(text)?;
        Ok(Self {
            buildpacks: tables(&root, "buildpacks")?.iter().map(buildpack).collect::<Result<_, _>>()?,
            processes: tables(&root, "processes")?.iter().map(process).collect::<Result<_, _>>()?,
            stage: stage(&root)?,
        })
    }
}

fn buildpack(table: &Table) -> Result<Buildpack, Error> {
    Ok(Buildpack { id: string(table, "id")?, api: string(table, "api")? })
}

fn process(table: &Table) -> Result<Process, Error> {
    Ok(Process {
        kind: string(table, "type")?,
        command: command(table)?,
        args: strings(table, "args")?,
        direct: boolean(table, "direct")?,
        buildpack_id: string(table, "buildpack-id")?,
        working_dir: string(table, "working-dir")?,
        exec_env: strings(table, "exec-env")?,
    })
}

fn stage(root: &Table) -> Result<Stage, Error> {
    let Some(entry) = root.get("stage") else { return Ok(Stage::default()) };
    let Value::Table(table) = &entry.value else {
        return Err(Error::new(entry.line, "`stage` must be a table"));
    };
    let memory = match table.get("memory") {
        None => None,
        Some(entry) => {
            let Value::Text(text) = &entry.value else { return Err(Error::new(entry.line, "`memory` must be a text")) };
            let unknown = |error| Error::new(entry.line, format!("`memory` names no calculator: {error}"));
            Some(text.parse().map_err(unknown)?)
        }
    };
    let forwards =
        tables(table, "forward")?.iter().map(|table| forward(table, entry.line)).collect::<Result<_, _>>()?;
    Ok(Stage { memory, java_opts: boolean(table, "java_opts")?, forwards })
}

fn forward(table: &Table, line: usize) -> Result<Forward, Error> {
    let forward = Forward { from: string(table, "from")?, to: string(table, "to")? };
    if forward.from.is_empty() || forward.to.is_empty() {
        let line = table.entries.first().map_or(line, |entry| entry.line);
        return Err(Error::new(line, "`forward` needs `from` and `to`"));
    }
    Ok(forward)
}

fn tables<'a>(table: &'a Table, key: &str) -> Result<&'a [Table], Error> {
    match table.get(key).map(|entry| (&entry.value, entry.line)) {
        None => Ok(&[]),
        Some((Value::Tables(elements), _)) => Ok(elements),
        Some((Value::Array(elements), _)) if elements.is_empty() => Ok(&[]),
        Some((_, line)) => Err(Error::new(line, format!("`{key}` must be an array of tables"))),
    }
}

fn string(table: &Table, key: &str) -> Result<String, Error> {
    match table.get(key).map(|entry| (&entry.value, entry.line)) {
        None => Ok(String::new()),
        Some((Value::Text(text), _)) => Ok(text.clone()),
        Some((_, line)) => Err(Error::new(line, format!("`{key}` must be a string"))),
    }
}

fn boolean(table: &Table, key: &str) -> Result<bool, Error> {
    match table.get(key).map(|entry| (&entry.value, entry.line)) {
        None => Ok(false),
        Some((Value::Bool(value), _)) => Ok(*value),
        Some((_, line)) => Err(Error::new(line, format!("`{key}` must be true or false"))),
    }
}

fn strings(table: &Table, key: &str) -> Result<Vec<String>, Error> {
    let Some(entry) = table.get(key) else { return Ok(Vec::new()) };
    let wrong = || Error::new(entry.line, format!("`{key}` must be an array of strings"));
    let Value::Array(values) = &entry.value else { return Err(wrong()) };
    let text = |value: &Value| if let Value::Text(text) = value { Ok(text.clone()) } else { Err(wrong()) };
    values.iter().map(text).collect()
}

/// Exporters for older Platform APIs write the command as a single string.
fn command(table: &Table) -> Result<Vec<String>, Error> {
    match table.get("command").map(|entry| &entry.value) {
        Some(Value::Text(program)) => Ok(vec![program.clone()]),
        _ => strings(table, "command"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything() {
        let metadata = Metadata::parse(
            r#"
buildpack-default-process-type = "web"
[[buildpacks]]
  id = "test/a"
  version = "1.0.0"
  api = "0.10"
[[labels]]
  key = "k"
  value = "v"
[[processes]]
  type = "web"
  command = ["java"]
  args = [
    "-jar",
    'app.jar',
  ]
  direct = true
  buildpack-id = "test/a"
  working-dir = "/w"
  exec-env = ["test"]
[[processes]]
  type = "old"
  command = "echo $HOME"
[[slices]]
[stage]
memory = "v4"
java_opts = true
later = 1
[[stage.forward]]
from = "PORT"
to = "SERVER_PORT"
"#,
        )
        .unwrap();
        assert_eq!(metadata.buildpacks, [Buildpack { id: "test/a".into(), api: "0.10".into() }]);
        assert_eq!(metadata.buildpacks[0].directory(), "test_a");
        let web = &metadata.processes[0];
        assert_eq!((web.kind.as_str(), web.direct, web.working_dir.as_str()), ("web", true, "/w"));
        assert_eq!(web.args, ["-jar", "app.jar"]);
        assert_eq!(web.exec_env, ["test"]);
        let old = &metadata.processes[1];
        assert_eq!((old.command.as_slice(), old.direct), (["echo $HOME".to_owned()].as_slice(), false));
        let forward = Forward { from: "PORT".into(), to: "SERVER_PORT".into() };
        assert_eq!(metadata.stage, Stage { memory: Some(Calculator::V4), java_opts: true, forwards: vec![forward] });
    }

    #[test]
    fn nothing() {
        assert_eq!(Metadata::parse("").unwrap(), Metadata::default());
        assert_eq!(Metadata::parse("processes = []\n").unwrap(), Metadata::default());
    }

    #[test]
    fn errors_name_the_line() {
        for (text, expected) in [
            ("[[processes]]\ntype = 1", "toml: line 2: `type` must be a string"),
            ("[[processes]]\ncommand = true", "toml: line 2: `command` must be an array of strings"),
            ("[[processes]]\nargs = ['a', 1]", "toml: line 2: `args` must be an array of strings"),
            ("[[processes]]\ndirect = 'x'", "toml: line 2: `direct` must be true or false"),
            ("[processes]\n", "toml: line 1: `processes` must be an array of tables"),
            ("\nstage = 1", "toml: line 2: `stage` must be a table"),
            (
                "[stage]\nmemory = 'other'",
                "toml: line 2: `memory` names no calculator: `other` is none of fit, libjvm, v2, v3, v4, off",
            ),
            ("[stage]\n[[stage.forward]]\nfrom = 'A'", "toml: line 3: `forward` needs `from` and `to`"),
        ] {
            assert_eq!(Metadata::parse(text).unwrap_err().to_string(), expected, "{text}");
        }
    }
}
