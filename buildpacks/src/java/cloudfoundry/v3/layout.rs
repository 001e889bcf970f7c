//! Where things lie in the application's folder: absolute paths, without `.` and `..`, and what a command calls them.

use std::path::Path;

use crate::application::{EntryPath, PathError};

/// The application's folder.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    root: String,
}

impl Layout {
    /// Of the application in this folder.
    pub(super) fn of(build_dir: &Path) -> Self {
        Self { root: clean("/", &build_dir.to_string_lossy()) }
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// The absolute path of a name below the application.
    pub(super) fn join(&self, name: &str) -> String {
        clean(&self.root, name)
    }

    /// As a start command names it, which runs in the application's folder.
    pub(super) fn command(&self, path: &str) -> String {
        format!("$PWD/{}", relative(path, &self.root))
    }

    /// As an entry below the application.
    pub(super) fn entry(&self, path: &str) -> Result<EntryPath, PathError> {
        EntryPath::new(&relative(path, &self.root))
    }

    /// A class path in the order of the absolute paths, parts compared one by one.
    pub(super) fn class_path(&self, paths: &[String]) -> String {
        let mut paths: Vec<_> = paths.iter().collect();
        paths.sort_by(|a, b| a.split('/').cmp(b.split('/')));
        paths.into_iter().map(|path| self.command(path)).collect::<Vec<_>>().join(":")
    }
}

/// `name` below `root`, or `name` itself when it is absolute; `.` and `..` worked out.
fn clean(root: &str, name: &str) -> String {
    let root = if name.starts_with('/') { "" } else { root };
    let mut parts: Vec<&str> = Vec::new();
    for part in root.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The way from one folder to a path; `.` when it is the same.
pub(super) fn relative(path: &str, folder: &str) -> String {
    let parts = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (path, folder) = (parts(path), parts(folder));
    let shared = path.iter().zip(&folder).take_while(|(a, b)| a == b).count();
    let up = folder[shared..].iter().map(|_| "..");
    let way: Vec<_> = up.chain(path[shared..].iter().map(String::as_str)).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_paths_from_the_application_s_folder() {
        let layout = Layout::of(Path::new("/tmp/app/"));
        assert_eq!(layout.root(), "/tmp/app");
        for (name, absolute, command) in [
            ("lib/a.jar", "/tmp/app/lib/a.jar", "$PWD/lib/a.jar"),
            ("./x.jar", "/tmp/app/x.jar", "$PWD/x.jar"),
            ("../y.jar", "/tmp/y.jar", "$PWD/../y.jar"),
            ("/x/z.jar", "/x/z.jar", "$PWD/../../x/z.jar"),
            ("", "/tmp/app", "$PWD/."),
        ] {
            assert_eq!(layout.join(name), absolute);
            assert_eq!(layout.command(absolute), command);
        }
        assert!(layout.entry("/tmp/y.jar").is_err() && layout.entry("/tmp/app").is_err());
        assert_eq!(relative("/tmp/app/.b/x.jar", "/tmp/app/BOOT-INF/lib"), "../../.b/x.jar");
    }

    #[test]
    fn class_paths_are_sorted_part_by_part() {
        let layout = Layout::of(Path::new("/tmp/app"));
        let paths = ["lib-x/a.jar", "lib/b.jar", "lib/a.jar", "../y.jar", ""].map(|name| layout.join(name));
        assert_eq!(layout.class_path(&paths), "$PWD/.:$PWD/lib/a.jar:$PWD/lib/b.jar:$PWD/lib-x/a.jar:$PWD/../y.jar");
    }
}
