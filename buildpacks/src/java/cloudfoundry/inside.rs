//! Files that a buildpack's lists name: they lie in the buildpack. A path or a link that leads out of it is refused, for what
//! it names is not what was packaged, and may be nobody's business.

use std::path::Path;

use fs_err as fs;

use crate::application::EntryPath;

/// Whether a file that is named as `name` in a list lies in `folder`, by its name and by all links on its way. One that is
/// not there does when its name stays inside.
pub(super) fn is_inside(folder: &Path, name: &Path) -> bool {
    let stays = name.to_str().is_some_and(|name| EntryPath::new(name).is_ok());
    stays && leads_inside(folder, &folder.join(name))
}

/// Whether the links on the way to `path` lead into `folder`, or to nothing.
pub fn leads_inside(folder: &Path, path: &Path) -> bool {
    match (fs::canonicalize(folder), fs::canonicalize(path)) {
        (Ok(folder), Ok(file)) => file.starts_with(folder),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn names_and_links_that_lead_out_are_told() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("buildpack");
        fs::create_dir_all(folder.join("d")).unwrap();
        fs::write(folder.join("d/file"), "x").unwrap();
        fs::write(root.path().join("outside"), "x").unwrap();
        symlink("../../outside", folder.join("d/out")).unwrap();
        symlink("..", folder.join("up")).unwrap();
        symlink("d/file", folder.join("in")).unwrap();
        symlink(&folder, root.path().join("link")).unwrap();
        let absolute = root.path().join("outside");
        for (name, inside) in [
            ("d/file", true),
            ("in", true),
            ("d/gone", true),
            ("d/out", false),
            ("up/outside", false),
            ("../outside", false),
            ("d/../../outside", false),
            ("../gone", false),
            (absolute.to_str().unwrap(), false),
        ] {
            for folder in [&folder, &root.path().join("link")] {
                assert_eq!(is_inside(folder, Path::new(name)), inside, "{name}");
            }
        }
    }
}
