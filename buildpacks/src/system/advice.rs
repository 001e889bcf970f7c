//! What an application still needs before its buildpack can stage it.

use super::ApplicationType;
use super::tree::Tree;

/// Remarks on an application that a buildpack takes.
pub(super) fn of(application_type: ApplicationType, tree: Tree<'_>) -> Vec<&'static str> {
    let mut advice = Vec::new();
    match application_type {
        ApplicationType::Java if is_source(tree) => {
            advice
                .push("Build it first and stage the jar: `java_buildpack` takes source, and then finds nothing to run");
        }
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

/// Whether a JVM's build tool would still have to make what runs.
fn is_source(tree: Tree<'_>) -> bool {
    let source = ["pom.xml", "build.gradle", "build.gradle.kts"].iter().any(|file| tree.is_file(file));
    let archives = [".jar", ".war"].iter().any(|ending| !tree.ending_in("", ending).is_empty());
    let unpacked = ["WEB-INF", "BOOT-INF", "META-INF"].iter().any(|folder| tree.is_directory(folder));
    source && !archives && !unpacked
}
