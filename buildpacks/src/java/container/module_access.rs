//! What a jar's manifest opens to its code, and how a command that does not start the jar says the same
//! (`java.lang.Package` "jar file manifest": `Add-Exports`, `Add-Opens`, `Enable-Native-Access`).

use crate::java::manifest::Manifest;

/// Attributes of a list of `module/package`, the options that do the same, and the first release that knows the options.
const LISTS: [(&str, &str, u32); 2] = [("Add-Exports", "--add-exports", 9), ("Add-Opens", "--add-opens", 9)];
/// The attribute that allows native code, its only value, and the first release that heeds it (JEP 454).
const NATIVE: (&str, &str, u32) = ("Enable-Native-Access", "ALL-UNNAMED", 22);

/// What a manifest opens; for the JVM only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleAccess(Vec<(u32, String)>);

impl ModuleAccess {
    /// What `manifest` opens. Words that are no `module/package` are passed over, as the JVM does.
    pub(super) fn of(manifest: &Manifest) -> Self {
        let mut options = Vec::new();
        for (attribute, option, since) in LISTS {
            let packages =
                manifest.get(attribute).unwrap_or_default().split_whitespace().filter(|word| is_package(word));
            options.extend(packages.map(|package| (since, format!("{option}={package}=ALL-UNNAMED"))));
        }
        let (attribute, value, since) = NATIVE;
        if manifest.get(attribute) == Some(value) {
            options.push((since, format!("--enable-native-access={value}")));
        }
        Self(options)
    }

    /// The options for a JVM of this feature release.
    pub(in crate::java) fn options(&self, feature: u32) -> impl Iterator<Item = String> {
        self.0.iter().filter(move |(since, _)| feature >= *since).map(|(_, option)| option.clone())
    }
}

/// Whether it is a module and a package of it, each a dotted name.
fn is_package(word: &str) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || "._$".contains(letter));
    word.split_once('/').is_some_and(|(module, package)| is_name(module) && is_name(package))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_jar_opens_the_command_opens() {
        let manifest = "Add-Opens: java.base/java.lang  java.base/java.util bad /x a/b/c a/;\n\
                        add-exports: jdk.unsupported/sun.misc\nEnable-Native-Access: ALL-UNNAMED\n";
        let access = ModuleAccess::of(&Manifest::parse(manifest.as_bytes()).unwrap());
        let lists = [
            "--add-exports=jdk.unsupported/sun.misc=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.util=ALL-UNNAMED",
        ];
        assert_eq!(access.options(8).count(), 0);
        assert_eq!(access.options(21).collect::<Vec<_>>(), lists);
        let all = [&lists[..], &["--enable-native-access=ALL-UNNAMED"]].concat();
        assert_eq!(access.options(22).collect::<Vec<_>>(), all);
    }
}
