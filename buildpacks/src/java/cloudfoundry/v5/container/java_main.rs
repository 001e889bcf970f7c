//! A main class: configured, of a jar at the root, of the unpacked jar, or whatever a variable names.

use super::super::config::{Config, Wanted};
use super::super::manifest_mf;
use super::super::staging::{Staging, Work};
use super::{SECURITY_PROVIDER, java};
use crate::java::cloudfoundry::shell_word::quoted;

/// How it is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct JavaMain {
    /// The class, when it is known.
    class: Option<String>,
    /// The jar at the root that holds it.
    jar: Option<String>,
}

const VARIABLE: &str = "JBP_CONFIG_JAVA_MAIN";
const KNOWN: [(&str, Wanted); 2] = [("java_main_class", Wanted::Text), ("arguments", Wanted::Text)];
/// Launchers of Spring Boot, which listen on the port of a variable.
const LAUNCHERS: [&str; 3] = ["JarLauncher", "WarLauncher", "PropertiesLauncher"];

fn config(staging: &Staging<'_>) -> Config {
    let text = staging.variable(VARIABLE);
    if text.is_empty() {
        return Config::default();
    }
    let config = Config::read(text, "containers.javaMainConfig", &KNOWN);
    if let Some(objection) = config.objection() {
        staging.log.warning(&format!("Unknown {VARIABLE} values: {objection}"));
    }
    config
}

/// Says what configuration holds that is not known: the contract's log has it wherever the kind is looked at.
pub(super) fn warn(staging: &Staging<'_>) {
    drop(config(staging));
}

/// The class that configuration names, which wins over everything else.
pub(super) fn configured(staging: &Staging<'_>) -> Option<JavaMain> {
    let class = config(staging).text("java_main_class")?;
    Some(JavaMain { class: Some(class), jar: None })
}

pub(super) fn detect(staging: &Staging<'_>) -> Option<JavaMain> {
    warn(staging);
    let bits = staging.bits;
    for jar in bits.files("", |name| name.as_bytes().ends_with(b".jar")) {
        let text = bits.text_in_jar(&jar, manifest_mf::PATH).unwrap_or_default();
        if let Some(class) = manifest_mf::unfolded(&text, "Main-Class") {
            return Some(JavaMain { class: Some(class), jar: Some(jar) });
        }
    }
    let text = manifest_mf::text(bits).unwrap_or_default();
    if let Some(class) = manifest_mf::unfolded(&text, "Main-Class") {
        return Some(JavaMain { class: Some(class), jar: None });
    }
    let classes = bits.files("", |name| name.as_bytes().ends_with(b".class"));
    (!classes.is_empty()).then(JavaMain::default)
}

impl JavaMain {
    /// The class path of loose files and libraries, and the port where Spring Boot wants it.
    pub(super) fn finalize(&self, staging: &Staging<'_>, work: &mut Work) {
        let mut class_path = vec!["."];
        for (path, entry) in [
            ("BOOT-INF/classes", "$HOME/BOOT-INF/classes"),
            ("BOOT-INF/lib", "$HOME/BOOT-INF/lib/*"),
            ("lib", "$HOME/lib/*"),
        ] {
            if staging.bits.exists(path) {
                class_path.push(entry);
            }
        }
        let mut script = format!("export CLASSPATH=\"{}${{CLASSPATH:+:$CLASSPATH}}\"\n", class_path.join(":"));
        let class = config(staging).text("java_main_class").or_else(|| self.class.clone()).unwrap_or_default();
        if is_boot_launcher(&class) {
            script.push_str("export SERVER_PORT=$PORT\n");
        }
        work.deposit.deps.files.script("profile.d/java_main.sh", script);
    }

    /// The class of a manifest as one word; that of configuration is its author's text for a shell.
    fn quoted_class(&self) -> Option<String> {
        self.class.as_deref().map(|class| quoted(class).into_owned())
    }

    pub(super) fn command(&self, staging: &Staging<'_>) -> Result<String, String> {
        let config = config(staging);
        let arguments = config.text("arguments").map(|arguments| format!(" {arguments}")).unwrap_or_default();
        let configured = config.text("java_main_class");
        if let (None, Some(jar)) = (&configured, &self.jar) {
            return Ok(java(staging, &format!("-jar $HOME/{}{arguments}", quoted(jar))));
        }
        let variable = || Some(staging.variable("JAVA_MAIN_CLASS").to_owned()).filter(|class| !class.is_empty());
        let class = configured.or_else(|| self.quoted_class()).or_else(variable);
        let class = class.ok_or("no main class specified (set JAVA_MAIN_CLASS)")?;
        Ok(java(staging, &format!("-cp ${{CLASSPATH}}{SECURITY_PROVIDER} {class}{arguments}")))
    }
}

fn is_boot_launcher(class: &str) -> bool {
    let Some(name) = class.strip_prefix("org.springframework.boot.loader.") else { return false };
    LAUNCHERS.contains(&name.strip_prefix("launch.").unwrap_or(name))
}
