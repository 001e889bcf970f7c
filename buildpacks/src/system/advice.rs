//! What an application still needs before its buildpack can stage it.

use super::ApplicationType;
use super::tree::Tree;

/// Remarks on an application that a buildpack takes.
pub(super) fn of(application_type: ApplicationType, tree: Tree<'_>) -> Vec<&'static str> {
    let mut advice = Vec::new();
    match application_type {
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
