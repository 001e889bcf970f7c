//! Spring Boot: an unpacked executable jar, a jar by its name, or a distribution with a start script.

use super::super::manifest_mf;
use super::super::staging::{Staging, Work};
use super::{SECURITY_PROVIDER, java};
use crate::application::EntryKind;
use crate::java::cloudfoundry::Bits;
use crate::java::cloudfoundry::shell_word::quoted;

/// How it is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum SpringBoot {
    /// By the launcher of the unpacked jar.
    Unpacked,
    /// By the jar of this name at the root.
    Jar(String),
    /// By the script of this name in `bin`.
    Script(String),
}

const FOLDER: &str = "BOOT-INF";
/// Attributes of a manifest that only Spring Boot writes.
const MARKERS: [&str; 4] = ["Start-Class:", "Spring-Boot-Version:", "Spring-Boot-Classes:", "Spring-Boot-Lib:"];
/// The launcher's class before and from Spring Boot 3.2 on, as far as the buildpack tells: by the major version.
const LAUNCHERS: (&str, &str) =
    ("org.springframework.boot.loader.JarLauncher", "org.springframework.boot.loader.launch.JarLauncher");

pub(super) fn detect(bits: Bits<'_>) -> Option<SpringBoot> {
    if bits.exists(FOLDER) && is_marked(bits) {
        return Some(SpringBoot::Unpacked);
    }
    let named = |name: &str| name.as_bytes().ends_with(b".jar") && (name.contains("spring") || name.contains("boot"));
    if let Some(jar) = bits.files("", named).into_iter().next() {
        return Some(SpringBoot::Jar(jar));
    }
    let library = |name: &str| name.to_lowercase().starts_with("spring-boot-") && name.as_bytes().ends_with(b".jar");
    let libraries = ["lib", "WEB-INF/lib", "BOOT-INF/lib"];
    if !libraries.iter().any(|folder| !bits.files(folder, library).is_empty()) {
        return None;
    }
    scripts(bits).into_iter().next().map(SpringBoot::Script)
}

fn is_marked(bits: Bits<'_>) -> bool {
    let text = manifest_mf::text(bits).unwrap_or_default();
    text.lines().any(|line| MARKERS.iter().any(|marker| line.trim().starts_with(marker)))
}

fn scripts(bits: Bits<'_>) -> Vec<String> {
    bits.files("bin", |name| std::path::Path::new(name).extension().is_none_or(|extension| extension != "bat"))
}

impl SpringBoot {
    /// Scripts of a distribution are made executable.
    pub(super) fn supply(&self, staging: &Staging<'_>, work: &mut Work) {
        if !matches!(self, Self::Script(_)) {
            return;
        }
        for script in scripts(staging.bits) {
            let path = format!("bin/{script}");
            let content = staging.bits.content(&path);
            let inserted = content.is_some_and(|content| {
                let kind = EntryKind::File { executable: true, content };
                work.deposit.app.files.insert_named(&path, kind).is_ok()
            });
            if !inserted {
                staging.log.warning(&format!("Could not make {script} executable"));
            }
        }
    }

    pub(super) fn finalize(staging: &Staging<'_>, work: &mut Work) {
        let files = &mut work.deposit.deps.files;
        if staging.bits.exists(FOLDER) {
            files.script("profile.d/zzz_classpath_symlinks.sh", link_class_path("BOOT-INF/lib"));
        }
        files.file("env/JAVA_OPTS", "-Djava.io.tmpdir=$TMPDIR -XX:+ExitOnOutOfMemoryError");
        files.script("profile.d/spring_boot_server_port.sh", "export SERVER_PORT=$PORT\n");
    }

    pub(super) fn command(&self, staging: &Staging<'_>) -> Result<String, String> {
        let bits = staging.bits;
        if bits.exists(FOLDER) {
            let text = manifest_mf::text(bits).unwrap_or_default();
            let main_class = manifest_mf::attribute(&text, "Main-Class");
            if is_marked(bits) {
                let launcher = main_class.unwrap_or_else(|| launcher(&text).to_owned());
                let launcher = quoted(&launcher);
                return Ok(java(staging, &format!("-cp $PWD/.{SECURITY_PROVIDER} {launcher}")));
            }
            let main_class = main_class.ok_or("exploded JAR found but no Main-Class in MANIFEST.MF")?;
            let class_path = format!("$HOME{SECURITY_PROVIDER}:$HOME/BOOT-INF/classes:$HOME/BOOT-INF/lib/*");
            return Ok(java(staging, &format!("-cp {class_path} {}", quoted(&main_class))));
        }
        Ok(match self {
            Self::Script(script) => format!("$HOME/bin/{}", quoted(script)),
            Self::Jar(jar) => {
                let path = "${CONTAINER_SECURITY_PROVIDER:+-Dloader.path=$CONTAINER_SECURITY_PROVIDER}";
                java(staging, &format!("{path} -jar $HOME/{}", quoted(jar)))
            }
            Self::Unpacked => return Err("no Spring Boot JAR found".to_owned()),
        })
    }
}

fn launcher(manifest: &str) -> &'static str {
    let version = manifest_mf::attribute(manifest, "Spring-Boot-Version").unwrap_or_default();
    if version.starts_with("2.") { LAUNCHERS.0 } else { LAUNCHERS.1 }
}

/// A script, sourced after those that collect the class path, that links every jar on it into the folder from which the
/// application's loader takes its libraries. It changes no option of the shell, which later scripts run in too.
fn link_class_path(folder: &str) -> String {
    format!(
        "# Links what other scripts put on the class path into {folder}.\n\
         mkdir -p \"$PWD/{folder}\"\n\
         IFS=: read -ra class_path_entries <<< \"${{CLASSPATH:-}}\"\n\
         for class_path_entry in \"${{class_path_entries[@]}}\"; do\n  \
           [[ -n \"$class_path_entry\" ]] || continue\n  \
           ln -sf \"$class_path_entry\" \"$PWD/{folder}/${{class_path_entry##*/}}\" &&\n    \
             echo \"Created symlink: $PWD/{folder}/${{class_path_entry##*/}} -> $class_path_entry\"\n\
         done\n\
         unset class_path_entry class_path_entries\n"
    )
}
