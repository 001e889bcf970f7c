//! The system that a repository has builds for, in its own word: the code name of a Linux distribution.

use std::path::Path;

use crate::files;

/// Stacks and the distributions they are made of.
const STACKS: [(&str, &str); 5] = [
    ("lucid64", "lucid"),
    ("cflinuxfs2", "trusty"),
    ("cflinuxfs3", "bionic"),
    ("cflinuxfs4", "jammy"),
    ("cflinuxfs5", "noble"),
];

/// What `{platform}` stands for: the stack's distribution, or, where the stack has another name, that of the system
/// below `root`. Of Red Hat's it is the name with the major version.
pub(super) fn platform(stack: &str, root: &Path) -> Option<String> {
    if let Some((_, name)) = STACKS.iter().find(|(known, _)| *known == stack) {
        return Some((*name).to_owned());
    }
    let text = |file: &str| files::read_text(&root.join(file), files::SYSTEM_BYTES).ok();
    if let Some(release) = text("etc/redhat-release") {
        return red_hat(&release);
    }
    let value = |file: &str, name: &str| {
        let text = text(file)?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(line.trim().trim_matches('"').to_owned()).filter(|value| !value.is_empty())
    };
    value("etc/lsb-release", "DISTRIB_CODENAME").or_else(|| value("etc/os-release", "VERSION_CODENAME"))
}

/// `CentOS Linux release 7.2.1511 (Core)` is `centos7`.
fn red_hat(release: &str) -> Option<String> {
    let words: Vec<_> = release.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "release")?;
    let name = words[..at].iter().rev().find(|word| **word != "Linux")?;
    let digits = words.get(at + 1)?.split(|c: char| !c.is_ascii_digit()).next()?;
    Some(format!("{}{digits}", name.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_says_it_and_then_the_system() {
        let root = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs_err::write(root.path().join("etc").join(file), text).unwrap();
        fs_err::create_dir(root.path().join("etc")).unwrap();
        assert_eq!(platform("cflinuxfs2", root.path()).unwrap(), "trusty");
        assert_eq!(platform("other", root.path()), None);
        write("os-release", "ID=debian\nVERSION_CODENAME=bookworm\n");
        assert_eq!(platform("other", root.path()).unwrap(), "bookworm");
        write("lsb-release", "DISTRIB_CODENAME=xenial\n");
        assert_eq!(platform("", root.path()).unwrap(), "xenial");
        write("redhat-release", "CentOS Linux release 7.2.1511 (Core)\n");
        assert_eq!(platform("", root.path()).unwrap(), "centos7");
    }
}
