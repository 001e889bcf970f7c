//! What to do to stage an application, with the exact commands.

use std::path::Path;

use buildpacks::application::Format;
use schemars::JsonSchema;
use serde::Serialize;

use super::report::Candidate;

/// Where the builder looks for the application when it is not told.
const BUILD_DIR: &str = "/tmp/app";
/// Where the builder looks for buildpacks when it is not told.
const BUILDPACKS_DIR: &str = "/tmp/buildpacks";
/// The stack that system buildpacks are published for, which their scripts want in `CF_STACK`.
const STACK: &str = "cflinuxfs4";

/// One step to an image or a droplet.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Step {
    /// What it is, for people.
    pub(super) what: String,
    /// The command, where one does it.
    pub(super) command: Option<String>,
}

/// Staging with a built-in buildpack.
pub(super) fn stage(app: &Path) -> Step {
    Step { what: "Stage it".to_owned(), command: Some(format!("stage {}", argument(app))) }
}

/// Staging with a system buildpack: getting it, unless it is installed, laying the application out, running the builder.
pub(super) fn build(found: &Candidate<'_>, format: Format, app: &Path, buildpacks_dir: Option<&Path>) -> Vec<Step> {
    // Buildpacks change folders while they run.
    let base = buildpacks_dir.unwrap_or(Path::new(BUILDPACKS_DIR));
    let base = std::path::absolute(base).unwrap_or_else(|_| base.to_owned());
    let mut steps = Vec::new();
    if found.installed != Some(true) {
        let what = format!(
            "Unpack `{}` into `{}`: a release of the project `{}`, or, to stage without network, what \
             `buildpack-packager build -cached -stack {STACK}` makes in its source",
            found.buildpack,
            base.join(&found.folder).display(),
            found.project,
        );
        steps.push(Step { what, command: None });
    }
    let app = argument(app);
    let command = match format {
        Format::Directory => format!("mkdir {BUILD_DIR} && cp -a {app}/. {BUILD_DIR}"),
        Format::Zip => format!("mkdir {BUILD_DIR} && unzip -q {app} -d {BUILD_DIR}"),
        Format::Tar => format!("mkdir {BUILD_DIR} && tar -xf {app} -C {BUILD_DIR}"),
    };
    steps.push(Step {
        what: "Lay the application out in a new folder, which the buildpack changes".to_owned(),
        command: Some(command),
    });
    let command = format!(
        "CF_STACK={STACK} stage builder -buildDir={BUILD_DIR} -buildpacksDir={} -buildpackOrder={} -skipDetect=true",
        argument(&base),
        found.buildpack,
    );
    steps.push(Step { what: "Make the droplet, `/tmp/droplet`".to_owned(), command: Some(command) });
    steps
}

/// The path as an argument for a shell: never taken for an option, quoted where a shell would take it apart.
pub(in crate::cli) fn argument(path: &Path) -> String {
    let text = path.display().to_string();
    let text = if text.starts_with('-') { format!("./{text}") } else { text };
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_a_shell() {
        for (path, quoted) in
            [("app.jar", "app.jar"), ("my app", "'my app'"), ("it's", r"'it'\''s'"), ("-x", "./-x"), ("a;b", "'a;b'")]
        {
            assert_eq!(argument(Path::new(path)), quoted);
        }
    }
}
