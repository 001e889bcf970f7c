//! Java Opts: switches of the user, from configuration and from the variable `JAVA_OPTS` of the running container.

use super::super::opts;
use super::super::staging::{Staging, Work};
use super::{Framework, SupplyError};
use crate::yaml::{self, Node, Value};

pub(super) struct JavaOpts;

const VARIABLE: &str = "JBP_CONFIG_JAVA_OPTS";
const PRIORITY: u8 = 99;

/// What is configured.
#[derive(Debug, PartialEq, Eq)]
struct Configured {
    from_environment: bool,
    options: Vec<String>,
}

impl Framework for JavaOpts {
    fn name(&self) -> &'static str {
        "Java Opts"
    }

    fn detect(&self, staging: &Staging<'_>, _: &Work) -> bool {
        match read(staging.variable(VARIABLE)) {
            Ok(configured) => configured.from_environment || !configured.options.is_empty(),
            Err(error) => {
                staging.log.warning(&format!("Failed to load java_opts config: {error}"));
                false
            }
        }
    }

    fn supply(&self, _: &Staging<'_>, _: &mut Work) -> Result<(), SupplyError> {
        Ok(())
    }

    fn finalize(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), String> {
        let log = staging.log;
        log.step("Configuring Java Opts");
        let Configured { from_environment, options } = read(staging.variable(VARIABLE))?;
        if !options.is_empty() {
            log.info(&format!("Adding configured JAVA_OPTS: [{}]", options.join(" ")));
        }
        let mut words: Vec<_> = options.iter().map(|option| escaped(option)).collect();
        if from_environment {
            words.push("$JAVA_OPTS".to_owned());
        }
        if !words.is_empty() {
            opts::add(&mut work.deposit.deps.files, PRIORITY, "user_java_opts", &words.join(" "));
        }
        log.info(&format!("Configured user JAVA_OPTS for runtime (priority {PRIORITY})"));
        Ok(())
    }
}

/// A map, a text that holds one, or a list of maps, later ones over earlier ones.
fn read(text: &str) -> Result<Configured, String> {
    let mut configured = Configured { from_environment: true, options: Vec::new() };
    if text.is_empty() {
        return Ok(configured);
    }
    let parse = |text: &str| yaml::parse(text).map_err(|error| format!("failed to parse {VARIABLE}: {error}"));
    let root = parse(text)?.ok_or("unexpected YAML type: <nil>")?;
    let inner = match &root.value {
        Value::Scalar { text, .. } if root.to_json().is_string() => {
            let wrong = |error: &dyn std::fmt::Display| format!("failed to parse {VARIABLE} structure: {error}");
            let inner = yaml::parse(text).map_err(|error| wrong(&error))?;
            let Some(inner) = inner else { return Ok(configured) };
            let mut mismatches = Vec::new();
            inner.entries("map[string]interface {}", &mut mismatches);
            if !mismatches.is_empty() {
                return Err(wrong(&yaml::YamlError::Types(mismatches)));
            }
            inner
        }
        Value::Scalar { .. } => {
            let kind = if root.to_json().is_boolean() { "bool" } else { "int" };
            return Err(format!("unexpected YAML type: {kind}"));
        }
        _ => root,
    };
    let maps = match &inner.value {
        Value::List(items) => items.iter().collect(),
        _ => vec![&inner],
    };
    for (key, value) in maps.into_iter().filter(|map| matches!(map.value, Value::Map(_))).flat_map(entries) {
        match key.as_str() {
            "from_environment" => {
                configured.from_environment = value.to_json().as_bool().unwrap_or(configured.from_environment);
            }
            "java_opts" => configured.options = options(value)?,
            _ => {}
        }
    }
    Ok(configured)
}

fn entries(map: &Node) -> Vec<(String, &Node)> {
    map.entries("map[string]interface {}", &mut Vec::new())
}

fn options(value: &Node) -> Result<Vec<String>, String> {
    match &value.value {
        Value::List(items) => Ok(items.iter().filter_map(|item| item.to_json().as_str().map(str::to_owned)).collect()),
        Value::Scalar { text, .. } if value.to_json().is_string() => {
            words(text).map_err(|error| format!("failed to parse java_opts string: {error}"))
        }
        _ => Ok(Vec::new()),
    }
}

/// Splits as a shell does: quotes group, a backslash takes the next character as it is.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', _) => word.extend(characters.next()),
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (c, _) => word.push(c),
        }
    }
    if quote.is_some() {
        return Err(format!("unclosed quote in string: {text}"));
    }
    if !word.is_empty() {
        words.push(word);
    }
    Ok(words)
}

/// The value behind `=` with a backslash before everything that a reader of words might take apart.
fn escaped(option: &str) -> String {
    let Some((key, value)) = option.split_once('=').filter(|(_, value)| !value.is_empty()) else {
        return option.to_owned();
    };
    let mut out = format!("{key}=");
    for c in value.chars() {
        match c {
            '\n' => out.push_str("'\n'"),
            c if c.is_ascii_alphanumeric() || "_-.,:/@$\\".contains(c) => out.push(c),
            c => out.extend(['\\', c]),
        }
    }
    out
}

/// A script, sourced first, that puts the switches of all components together (`docs/launcher.md` explains it), and
/// exports a variable that the start command sets without exporting it.
pub(super) fn assembly_script(staging: &Staging<'_>) -> String {
    ASSEMBLY.replace("/0/", &format!("/{}/", staging.index))
}

/// For the first buildpack of a droplet.
const ASSEMBLY: &str = r#"# Sets JAVA_OPTS to the options in java_opts, with the user's own. Where that fails they stay as they are.
if _java_opts=$(
    # Variables of this shell count, exported or not.
    IFS=$' \t\n'; export JAVA_OPTS $(compgen -v) 2> /dev/null
    exec "${DEPS_DIR-}/0/bin/javaexec" --options "${DEPS_DIR-}/0/java_opts" "$(nproc 2> /dev/null || echo 1)"
); then
    export JAVA_OPTS="$_java_opts"
fi
unset _java_opts
export MALLOC_ARENA_MAX=2
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(from_environment: bool, options: &[&str]) -> Configured {
        Configured { from_environment, options: options.iter().map(|option| (*option).to_owned()).collect() }
    }

    #[test]
    fn configuration_has_several_shapes() {
        for (text, wanted) in [
            ("", configured(true, &[])),
            ("{ from_environment: false }", configured(false, &[])),
            (r#"{ java_opts: "-Da=b -Dq=\"x y\"" }"#, configured(true, &["-Da=b", "-Dq=x y"])),
            ("{ java_opts: [-Da=b, 'c d'] }", configured(true, &["-Da=b", "c d"])),
            ("'{ from_environment: false, java_opts: \"-Xmx1g\" }'", configured(false, &["-Xmx1g"])),
            ("[from_environment: false, java_opts: '-Xmx512M -Dx=y']", configured(false, &["-Xmx512M", "-Dx=y"])),
        ] {
            assert_eq!(read(text), Ok(wanted), "{text}");
        }
        assert_eq!(read("7").unwrap_err(), "unexpected YAML type: int");
        let unclosed = read("{ java_opts: \"-Da='b\" }").unwrap_err();
        assert_eq!(unclosed, "failed to parse java_opts string: unclosed quote in string: -Da='b");
        assert!(read("{").unwrap_err().starts_with("failed to parse JBP_CONFIG_JAVA_OPTS: yaml: "));
    }

    #[test]
    fn values_are_escaped() {
        for (option, wanted) in [
            ("-Xmx512M", "-Xmx512M"),
            ("-Dq=x y", "-Dq=x\\ y"),
            ("-Dd=$HOME", "-Dd=$HOME"),
            ("-Dk=a=b", "-Dk=a\\=b"),
            ("-Dempty=", "-Dempty="),
            ("-XX:OnOutOfMemoryError=kill -9 %p", "-XX:OnOutOfMemoryError=kill\\ -9\\ \\%p"),
            ("-Dl=a\nb", "-Dl=a'\n'b"),
        ] {
            assert_eq!(escaped(option), wanted, "{option}");
        }
    }
}
