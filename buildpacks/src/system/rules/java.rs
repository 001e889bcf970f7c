//! Java. Two of the rules take applications of every kind: `bin/` beside `lib/`, and a `Procfile` with the letters `java`
//! somewhere. Whether there is anything of a JVM behind them is said beside the answer.

use super::{Found, evidence, first_of};
use crate::api::Evidence;
use crate::system::SystemError;
use crate::system::tree::Tree;

/// Largest `Procfile` that is read, bytes.
const PROCFILE_BYTES: u64 = 1 << 20;
/// How deep class files are looked for.
const CLASS_DEPTH: usize = 3;
/// Programs of another system, which are not counted.
const BATCH: &str = ".bat";

const FILES: [(&str, &str); 7] = [
    ("pom.xml", "is Maven's: source, not a built application"),
    ("build.gradle", "is Gradle's: source, not a built application"),
    ("build.gradle.kts", "is Gradle's: source, not a built application"),
    ("META-INF/MANIFEST.MF", "is a jar's manifest"),
    ("start", "is Play's start script"),
    ("application-root/start", "is Play's start script"),
    ("staged-app/start", "is Play's start script"),
];
const FOLDERS: [(&str, &str); 2] = [("BOOT-INF", "is Spring Boot's"), ("WEB-INF", "is a web application's")];
/// Folder, ending, meaning.
const PATTERNS: [(&str, &str, &str); 4] = [
    ("", ".war", "is a web application"),
    ("", ".jar", "is a jar"),
    ("", ".groovy", "is Groovy source"),
    ("application-root/lib", ".jar", "is a library of a distribution"),
];

pub(super) fn look(tree: Tree<'_>) -> Result<Option<Found>, SystemError> {
    let mut sure: Vec<Evidence> = Vec::new();
    sure.extend(FILES.iter().filter(|(path, _)| tree.is_file(path)).map(|(path, what)| evidence(*path, *what)));
    sure.extend(FOLDERS.iter().filter(|(path, _)| tree.is_directory(path)).map(|(path, what)| evidence(*path, *what)));
    for (folder, ending, what) in PATTERNS {
        sure.extend(first_of(&tree.ending_in(folder, ending), what));
    }
    let classes = tree.files("").filter(|(depth, entry)| *depth <= CLASS_DEPTH && entry.path.has_extension("class"));
    let classes: Vec<_> = classes.map(|(_, entry)| entry.path.as_str()).collect();
    sure.extend(first_of(&classes, "is a class"));

    let mut broad = Vec::new();
    for found in [distribution(tree, ""), distribution(tree, "application-root/")].into_iter().flatten() {
        if found.has_jars { &mut sure } else { &mut broad }.push(found.evidence);
    }
    if let Some(procfile) = tree.text("Procfile", PROCFILE_BYTES)?
        && procfile.contains("java")
    {
        if runs_java(&procfile) {
            sure.push(evidence("Procfile", "runs `java`"));
        } else {
            broad.push(evidence("Procfile", "holds the letters `java`"));
        }
    }
    let only_broad = sure.is_empty();
    sure.append(&mut broad);
    Ok((!sure.is_empty()).then_some(Found { evidence: sure, broad: only_broad }))
}

struct Distribution {
    evidence: Evidence,
    has_jars: bool,
}

/// A program in `bin/`, which is not a batch file, beside `lib/`.
fn distribution(tree: Tree<'_>, root: &str) -> Option<Distribution> {
    let (bin, lib) = (format!("{root}bin"), format!("{root}lib"));
    if !tree.is_directory(&bin) || !tree.is_directory(&lib) {
        return None;
    }
    let programs = tree.names(&bin).into_iter().filter(|name| !name.ends_with(BATCH));
    let program = programs.map(|name| format!("{bin}/{name}")).find(|path| tree.is_file(path))?;
    let has_jars = !tree.ending_in(&lib, ".jar").is_empty();
    let what = format!("beside `{lib}/` looks like a Java distribution (Dist ZIP)");
    Some(Distribution { evidence: evidence(program, what), has_jars })
}

/// Whether a command of the `Procfile` is `java`, whatever folder it lies in.
fn runs_java(procfile: &str) -> bool {
    let words = procfile.split(|c: char| c.is_whitespace() || "\"'();|&".contains(c));
    words.into_iter().any(|word| word.rsplit('/').next() == Some("java"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_as_a_command_is_told_from_its_letters() {
        for java in ["web: java -jar x", "web: $JAVA_HOME/bin/java -cp . A", "web: a && (exec \"/x/java\")"] {
            assert!(runs_java(java), "{java}");
        }
        for other in ["web: node javascript.js", "web: ./java-server", "web: bundle exec java_like", "web: java.sh"] {
            assert!(!runs_java(other), "{other}");
        }
    }
}
