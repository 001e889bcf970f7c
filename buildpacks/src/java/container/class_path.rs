//! The manifest's `Class-Path`: relative addresses of jars and folders, separated by blanks (JAR File Specification,
//! "Class-Path Attribute").

use super::detection::Warning;
use crate::application::EntryPath;
use crate::java::manifest::Manifest;

/// What `Class-Path` names, seen from the folder the jar lies in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::java) struct ClassPath {
    /// What is there, in order: real paths, without links.
    pub(in crate::java) found: Vec<EntryPath>,
    /// What is not, as the manifest names it.
    pub(in crate::java) missing: Vec<String>,
}

impl ClassPath {
    /// That of a jar in `folder`, which is empty or ends in `/`; `resolve` says what a path of the application leads to.
    pub(in crate::java) fn of(manifest: &Manifest, folder: &str, resolve: impl Fn(&str) -> Option<EntryPath>) -> Self {
        let mut class_path = Self::default();
        for address in addresses(manifest) {
            let Some(path) = path(address).map(|path| format!("{folder}{path}")) else {
                class_path.missing.push(address.to_owned());
                continue;
            };
            match resolve(&path) {
                Some(path) => class_path.found.push(path),
                // The root holds everything and has no path.
                None if is_root(&path) => {}
                None => class_path.missing.push(address.to_owned()),
            }
        }
        class_path
    }

    pub(super) fn warning(&self) -> Option<Warning> {
        (!self.missing.is_empty()).then(|| Warning::ClassPathMissing { paths: self.missing.clone() })
    }
}

/// What `Class-Path` names, as it does.
pub(in crate::java) fn addresses(manifest: &Manifest) -> impl Iterator<Item = &str> {
    manifest.get("Class-Path").unwrap_or_default().split_whitespace()
}

/// The relative path an address means: a path, percent-encoded, or a `file:` address of one. None for absolute ones and
/// those of other schemes, which lead out of every application.
pub(in crate::java) fn path(address: &str) -> Option<String> {
    let scheme =
        |text: &str| text.split_once(':').filter(|(scheme, _)| !scheme.contains('/')).map(|(scheme, _)| scheme.len());
    let path = match scheme(address) {
        Some(length) if address[..length].eq_ignore_ascii_case("file") => &address[length + 1..],
        Some(_) => return None,
        None => address,
    };
    percent_decoded(path).filter(|path| !path.starts_with('/'))
}

/// Whether a path without links stays at or comes back to where it starts.
pub(in crate::java) fn is_root(path: &str) -> bool {
    depth(path) == Some(0)
}

/// Whether what an address names lies outside of the jar's folder.
pub(in crate::java) fn leaves(address: &str) -> bool {
    path(address).is_none_or(|path| depth(&path).is_none())
}

/// How many folders below its start a path without links ends; none when it goes above on its way.
fn depth(path: &str) -> Option<usize> {
    path.split('/').try_fold(0_usize, |depth, component| match component {
        "" | "." => Some(depth),
        ".." => depth.checked_sub(1),
        _ => Some(depth + 1),
    })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(decoded.unwrap_or(byte));
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_path(folder: &str, value: &str) -> (Vec<String>, Vec<String>) {
        let manifest = Manifest::parse(format!("Class-Path: {value}\n").as_bytes()).unwrap();
        let resolve = |path: &str| {
            let path = path.trim_start_matches("./").trim_end_matches('/');
            let known = path.starts_with("lib") && !path.contains("..") || path == "config";
            EntryPath::new(path).ok().filter(|_| known)
        };
        let found = ClassPath::of(&manifest, folder, resolve);
        (found.found.iter().map(ToString::to_string).collect(), found.missing)
    }

    #[test]
    fn keeps_the_order_and_names_what_is_missing() {
        let (found, missing) =
            class_path("", "lib/b.jar  ./lib/a.jar other.jar config/ . ./x/../ lib/c%20d.jar file:lib/e.jar");
        assert_eq!(found, ["lib/b.jar", "lib/a.jar", "config", "lib/c d.jar", "lib/e.jar"]);
        assert_eq!(missing, ["other.jar"]);
        assert_eq!(class_path("lib/", "a.jar FILE:b.jar"), (vec!["lib/a.jar".into(), "lib/b.jar".into()], vec![]));
    }

    #[test]
    fn never_leaves_the_tree() {
        let (found, missing) =
            class_path("", "/lib/a.jar file:///lib/a.jar ../lib/a.jar lib/../../a.jar lib/%2e%2e/x http://lib/a.jar");
        assert!(found.is_empty());
        assert_eq!(missing.len(), 6);
    }
}
