//! What an application still needs before its buildpack can stage it.

use super::ApplicationType;
use super::tree::Tree;

/// Largest manifest that is read, bytes.
const MANIFEST_BYTES: u64 = 1 << 20;

/// Remarks on an application that a buildpack takes.
pub(super) fn of(application_type: ApplicationType, tree: Tree<'_>) -> Vec<&'static str> {
    let mut advice = Vec::new();
    match application_type {
        ApplicationType::Java if is_source(tree) => {
            advice
                .push("Build it first and stage the jar: `java_buildpack` takes source, and then finds nothing to run");
        }
        ApplicationType::Java if is_plain_war(tree) => advice.push(
            "As an image: a war with its server in it is taken (Spring Boot's `bootWar` or `repackage`), and so is a folder \
             with the war and the executable jar of a server, such as Webapp Runner's: `stage FOLDER -- NAME.war`",
        ),
        ApplicationType::Java if is_distribution(tree) => advice.push(
            "As an image: a distribution's folder is taken when a jar at its top names `Main-Class` and, as `Class-Path`, the \
             jars in `lib/` (`jar cfm run.jar MANIFEST`); its start script says which",
        ),
        ApplicationType::Ruby if !tree.is_file("Gemfile.lock") => {
            advice.push("`Gemfile.lock` is required: `bundle lock` makes it");
        }
        ApplicationType::Nodejs if !tree.is_directory("node_modules") => {
            advice.push("To stage offline, vendor `node_modules/` with a lock file");
        }
        ApplicationType::DotnetCore if tree.ending_in("", ".runtimeconfig.json").is_empty() => {
            advice.push("Source needs NuGet packages while it is staged; the output of `dotnet publish` does not");
        }
        ApplicationType::Python if !tree.is_file("Procfile") => {
            advice.push("A `Procfile` is needed (`web: COMMAND`): the buildpack knows no start command");
        }
        ApplicationType::Go if tree.is_file("go.mod") && !tree.is_directory("vendor") => {
            advice.push("To stage offline, run `go mod vendor` first");
        }
        _ => {}
    }
    advice
}

/// Whether it is a war that does not start by itself.
fn is_plain_war(tree: Tree<'_>) -> bool {
    // A manifest that cannot be read has been an error before.
    let manifest = tree.text("META-INF/MANIFEST.MF", MANIFEST_BYTES).ok().flatten().unwrap_or_default();
    let starts = manifest.lines().any(|line| line.starts_with("Main-Class:"));
    (tree.is_directory("WEB-INF") || !tree.ending_in("", ".war").is_empty()) && !starts
}

/// Whether it is scripts beside jars, with no jar at the top that would name them.
fn is_distribution(tree: Tree<'_>) -> bool {
    tree.is_directory("bin") && !tree.ending_in("lib", ".jar").is_empty() && tree.ending_in("", ".jar").is_empty()
}

/// Whether a JVM's build tool would still have to make what runs.
fn is_source(tree: Tree<'_>) -> bool {
    let source = ["pom.xml", "build.gradle", "build.gradle.kts"].iter().any(|file| tree.is_file(file));
    let archives = [".jar", ".war"].iter().any(|ending| !tree.ending_in("", ending).is_empty());
    let unpacked = ["WEB-INF", "BOOT-INF", "META-INF"].iter().any(|folder| tree.is_directory(folder));
    source && !archives && !unpacked
}
