//! The Java runtime: which one, in which version, where it lies, and what is put beside it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::calculator::{self, Calculator};
use super::install::{Setback, with_causes};
use super::jvmkill;
use super::opts;
use super::runtime::Runtime;
use super::staging::{Staging, Work};
use super::version;
use crate::java::cloudfoundry::deposit::{Unpacked, checked};
use crate::java::cloudfoundry::named_calculator;

/// A vendor's runtime.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Provider {
    /// As the log names it.
    pub(super) name: &'static str,
    /// As the manifest names it.
    pub(super) key: &'static str,
    /// The variable that chooses and configures it.
    pub(super) variable: &'static str,
    /// Starts of the names of its folder in an archive.
    prefixes: &'static [&'static str],
    /// Whole names of that folder.
    exact: &'static [&'static str],
    /// Switches it needs.
    options: &'static str,
    /// Whether memory is calculated for it and the agent against exhausted memory added.
    pub(super) tended: bool,
}

const HOTSPOT: &str = "-XX:ActiveProcessorCount=$(nproc)";

/// Every runtime, the default first.
const PROVIDERS: [Provider; 7] = [
    provider("OpenJDK", "openjdk", "JBP_CONFIG_OPEN_JDK_JRE", &["jdk", "jre"], HOTSPOT),
    provider("Zulu", "zulu", "JBP_CONFIG_ZULU_JRE", &["zulu"], HOTSPOT),
    provider("SapMachine", "sapmachine", "JBP_CONFIG_SAP_MACHINE_JRE", &["sapmachine"], HOTSPOT),
    provider("GraalVM", "graalvm", "JBP_CONFIG_GRAAL_VM_JRE", &["graalvm"], HOTSPOT),
    provider("Oracle JRE", "oracle", "JBP_CONFIG_ORACLE_JRE", &["jdk", "jre"], HOTSPOT),
    Provider {
        exact: &["jre"],
        ..provider("IBM JRE", "ibm", "JBP_CONFIG_IBM_JRE", &["ibm-java"], "-Xtune:virtualized -Xshareclasses:none")
    },
    Provider {
        tended: false,
        ..provider("Zing JRE", "zing", "JBP_CONFIG_ZING_JRE", &["zing"], "-XX:+ExitOnOutOfMemoryError")
    },
];

const fn provider(
    name: &'static str,
    key: &'static str,
    variable: &'static str,
    prefixes: &'static [&'static str],
    options: &'static str,
) -> Provider {
    Provider { name, key, variable, prefixes, exact: &[], options, tended: true }
}

/// Java when a runtime does not say its version.
const ASSUMED_FEATURE: u32 = 17;

/// What is said to who still chooses runtimes as the Ruby buildpack had it.
static COMPONENTS_IGNORED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut lines = vec![
        "JBP_CONFIG_COMPONENTS is deprecated for JRE selection and will be ignored".to_owned(),
        "Use JRE-specific environment variables instead:".to_owned(),
    ];
    for (variable, vendor) in [
        ("JBP_CONFIG_OPEN_JDK_JRE", "OpenJDK"),
        ("JBP_CONFIG_SAP_MACHINE_JRE", "SapMachine"),
        ("JBP_CONFIG_ZULU_JRE", "Zulu"),
        ("JBP_CONFIG_GRAAL_VM_JRE", "GraalVM"),
        ("JBP_CONFIG_IBM_JRE", "IBM Semeru"),
        ("JBP_CONFIG_ORACLE_JRE", "Oracle"),
        ("JBP_CONFIG_ZING_JRE", "Azul Platform Prime"),
    ] {
        lines.push(format!("  - {variable} for {vendor}"));
    }
    lines
});

/// The runtime of a droplet.
#[derive(Debug)]
pub(super) struct Jre {
    /// Whose it is.
    pub(super) provider: &'static Provider,
    /// Its version as the manifest writes it.
    pub(super) version: String,
    /// Its folder below the buildpack's: `jre`, or `jre/<name>`.
    pub(super) home: String,
    /// Its folder below `jre`; empty for none.
    sub_folder: String,
    /// What it holds.
    pub(super) runtime: Runtime,
    /// The version of the agent against exhausted memory.
    jvmkill: Option<String>,
    /// The memory calculator.
    calculator: Option<Calculator>,
}

impl Jre {
    /// Its feature version, when it says one.
    pub(super) fn feature(&self) -> Option<u32> {
        self.runtime.feature(&self.sub_folder)
    }

    /// Its security providers, in order, when it lists them.
    pub(super) fn providers(&self) -> Option<&[String]> {
        self.runtime.providers(&self.sub_folder)
    }

    /// The part of the start command that calculates memory.
    pub(super) fn memory_command(&self, staging: &Staging<'_>) -> Option<String> {
        self.calculator.as_ref().map(|calculator| calculator.command(staging))
    }
}

/// The runtime that configuration asks for, else the default.
pub(super) fn choose(staging: &Staging<'_>) -> &'static Provider {
    let log = staging.log;
    if !staging.variable("JBP_CONFIG_COMPONENTS").is_empty() {
        COMPONENTS_IGNORED.iter().for_each(|line| log.warning(line));
    }
    configured(staging.environment).unwrap_or_else(|| {
        log.info(&format!("No JRE explicitly configured, using default: {}", PROVIDERS[0].name));
        &PROVIDERS[0]
    })
}

/// Whether a variable of any vendor's runtime is set, which then says what runs.
pub fn chooses_runtime(environment: &BTreeMap<String, String>) -> bool {
    configured(environment).is_some()
}

fn configured(environment: &BTreeMap<String, String>) -> Option<&'static Provider> {
    let is_set = |name: &str| environment.get(name).is_some_and(|text| !text.is_empty());
    PROVIDERS.iter().find(|provider| is_set(provider.variable) || is_set(&short_variable(provider)))
}

/// The variable named after the manifest's key, which works too.
fn short_variable(provider: &Provider) -> String {
    format!("JBP_CONFIG_{}", provider.key.to_uppercase())
}

/// The text of its configuration; empty for none.
pub(super) fn configuration<'s>(staging: &'s Staging<'_>, provider: &Provider) -> &'s str {
    let short = staging.variable(&short_variable(provider));
    if short.is_empty() { staging.variable(provider.variable) } else { short }
}

/// Installs the runtime and what belongs to it; the error's text is for the log.
pub(super) fn supply(staging: &Staging<'_>, provider: &'static Provider, work: &mut Work) -> Result<(), String> {
    let log = staging.log;
    let name = provider.name;
    let chosen = named_calculator::chosen(staging.environment, memcalc::Calculator::V4)?;
    log.step(&format!("Installing {name}"));
    let version = choose_version(staging, provider)
        .map_err(|error| format!("failed to determine {name} version from manifest: {error}"))?;
    log.info(&format!("Installing {name} ({version})"));
    let dependency = staging
        .install(provider.key, &version)
        .map_err(|error| format!("failed to install {name}: {}", with_causes(&error)))?;
    let runtime = Runtime::of(&dependency, staging.scratch, staging.memo)
        .map_err(|error| format!("failed to install {name}: {}", with_causes(&error)))?;
    let sub_folder = runtime.home(provider.prefixes, provider.exact).map(str::to_owned).ok_or_else(|| {
        let folder = staging.dep_dir.join("jre");
        format!("failed to find JAVA_HOME: could not find valid JAVA_HOME in {}", folder.display())
    })?;
    let home = if sub_folder.is_empty() { "jre".to_owned() } else { format!("jre/{sub_folder}") };

    let deps = &mut work.deposit.deps;
    deps.archives.push(Unpacked { at: checked("jre"), dependency });
    let at_run_time = staging.runtime(&home);
    deps.files.script(
        "profile.d/java.sh",
        format!("export JAVA_HOME={at_run_time}\nexport JRE_HOME={at_run_time}\nexport PATH=$JAVA_HOME/bin:$PATH\n"),
    );
    deps.files.file("env/JAVA_HOME", staging.dep_dir.join(&home).display().to_string());
    deps.files.link("bin/java", &format!("../{home}/bin/java"));
    for library in runtime.libraries(&sub_folder) {
        deps.files.link(&format!("lib/{library}"), &format!("../{home}/lib/{library}"));
    }
    let feature = runtime.feature(&sub_folder).unwrap_or_else(|| {
        log.warning("Could not determine Java version: unable to parse Java version from release file");
        ASSUMED_FEATURE
    });
    log.info(&format!("Detected Java major version: {feature}"));

    let (mut jvmkill, mut calculator) = (None, None);
    if provider.tended {
        let go_on = |what: &str, Setback { reason, fatal }: Setback| {
            let text = format!("Failed to install {what}: {reason}");
            if fatal {
                return Err(text);
            }
            log.warning(&format!("{text} (continuing)"));
            Ok(None)
        };
        jvmkill = jvmkill::supply(staging, &mut deps.files).or_else(|setback| go_on("JVMKill agent", setback))?;
        calculator = match chosen {
            Some(memcalc::Calculator::Off) => None,
            Some(chosen) => Some(Calculator::supply_named(staging, provider, feature, &mut deps.files, chosen)),
            None => match Calculator::supply(staging, provider, feature, &mut deps.files) {
                Ok(calculator) => Some(calculator),
                Err(setback) => {
                    go_on("Memory Calculator", setback)?;
                    None
                }
            },
        };
    } else if let Some(chosen) = chosen.filter(|chosen| *chosen != memcalc::Calculator::Off) {
        log.warning(&format!("The memory calculator {chosen} is not for {name}, which sizes its memory itself"));
    }
    log.info(&format!("{name} installation complete"));
    work.jre = Some(Jre { provider, version, home, sub_folder, runtime, jvmkill, calculator });
    Ok(())
}

/// Writes switches and scripts for the installed runtime.
pub(super) fn finalize(staging: &Staging<'_>, work: &mut Work) {
    let Some(jre) = &work.jre else { return };
    let files = &mut work.deposit.deps.files;
    let log = staging.log;
    log.step(&format!("Finalizing {} configuration", jre.provider.name));
    if let Some(version) = &jre.jvmkill {
        jvmkill::finalize(staging, version, files);
    }
    opts::add(files, 5, "jre", "-Djava.io.tmpdir=$TMPDIR");
    if jre.provider.tended {
        // The contract's log has objections to the configuration here too.
        calculator::look_again(staging, jre.provider);
    }
    if let Some(calculator) = &jre.calculator {
        log.info("Configuring Memory Calculator");
        files.script("bin/memory_calculator.sh", calculator.script(staging));
    }
    opts::add(files, 5, "jre", jre.provider.options);
    log.info(&format!("{} finalization complete", jre.provider.name));
}

/// `BP_JAVA_VERSION`, else the `version:` of the runtime's variable, else the manifest's default.
fn choose_version(staging: &Staging<'_>, provider: &Provider) -> Result<String, String> {
    let (key, stack) = (provider.key, staging.stack());
    staging.manifest.warn_of_left_out(key, staging.log);
    let versions = staging.manifest.at_hand(key, stack);
    let simple = staging.variable("BP_JAVA_VERSION");
    if !simple.is_empty() {
        let pattern = pattern(simple);
        if versions.is_empty() {
            return Err(format!("no versions found for {key}"));
        }
        let found = version::highest(&pattern, &versions)
            .or_else(|error| staging.manifest.elsewhere(key, &pattern, stack).ok_or(error));
        return found.map(str::to_owned).map_err(|error| {
            staging.log.warning(&format!("Could not find {key} matching version {pattern}: {error}"));
            format!("no version of {key} matching {pattern} found")
        });
    }
    if let Some(asked) = version_in(configuration(staging, provider)) {
        if versions.is_empty() {
            return Err(format!("no versions of {key} found in manifest"));
        }
        let pattern = pattern(&asked);
        let found = version::highest(&pattern, &versions)
            .or_else(|error| staging.manifest.elsewhere(key, &pattern, stack).ok_or(error));
        return found.map(str::to_owned).map_err(|_| {
            let listed = versions.join(" ");
            format!("no version of {key} matching '{asked}' found in manifest. Available versions: [{listed}]")
        });
    }
    staging.manifest.default_version(key, stack, staging.log).map(str::to_owned).map_err(|error| error.to_string())
}

/// The first version behind a `version:` in the text, whatever it belongs to.
fn version_in(text: &str) -> Option<String> {
    text.match_indices("version:").find_map(|(at, key)| {
        let rest = text[at + key.len()..].trim_start();
        let rest = rest.strip_prefix(['\'', '"']).unwrap_or(rest);
        let end = rest.find(|c: char| !(c.is_ascii_digit() || ".*+".contains(c))).unwrap_or(rest.len());
        let digits = rest.starts_with(|c: char| c.is_ascii_digit());
        (digits && end > 0).then(|| rest[..end].to_owned())
    })
}

/// What is asked for as a constraint: `17` is `17.*`, a `+` is a wildcard unless it stands before a build.
fn pattern(version: &str) -> String {
    let numbers = |text: &str, count: usize| {
        let parts: Vec<_> = text.split('.').collect();
        parts.len() == count && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let with_build = version.split_once('+').is_some_and(|(core, build)| numbers(core, 3) && numbers(build, 1));
    if version.contains('*') || with_build || numbers(version, 3) {
        version.to_owned()
    } else if version.contains('+') {
        version.replace('+', "*")
    } else {
        format!("{version}.*")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_vendor_s_variable_chooses_the_runtime() {
        let set = |name: &str, text: &str| chooses_runtime(&BTreeMap::from([(name.to_owned(), text.to_owned())]));
        assert!(set("JBP_CONFIG_ZULU_JRE", "{jre: {version: 21.0.5}}") && set("JBP_CONFIG_SAPMACHINE", "{}"));
        assert!(!set("JBP_CONFIG_ZULU_JRE", "") && !set("JBP_CONFIG_JAVA_OPTS", "{}"));
    }

    #[test]
    fn requests_become_constraints() {
        for (asked, wanted) in [
            ("17", "17.*"),
            ("17.0", "17.0.*"),
            ("17.0.20", "17.0.20"),
            ("17.0.20+10", "17.0.20+10"),
            ("11.+", "11.*"),
            ("8.+", "8.*"),
            ("17.*", "17.*"),
        ] {
            assert_eq!(pattern(asked), wanted, "{asked}");
        }
    }

    #[test]
    fn the_first_version_in_the_text_counts() {
        for (text, found) in [
            ("{ jre: { version: 11.+ } }", Some("11.+")),
            ("{ jre: { version: '17.*' } }", Some("17.*")),
            ("{ memory_calculator: { version: 4.x, stack_threads: 10 }, jre: { version: 21.0.1 } }", Some("4.")),
            ("version: \"25\"", Some("25")),
            ("version: latest", None),
            ("{ nosuch: 1 }", None),
        ] {
            assert_eq!(version_in(text).as_deref(), found, "{text}");
        }
    }
}
