//! The manifest's `Class-Path`: relative addresses of jars and folders, separated by blanks (JAR File Specification,
//! "Class-Path Attribute").

use super::detection::Warning;
use crate::application::EntryPath;
use crate::java::manifest::Manifest;

/// What `Class-Path` names, seen from the folder the jar lies in.
pub(super) struct ClassPath {
    /// What is there, in order.
    pub(super) found: Vec<EntryPath>,
    /// What is not, as the manifest names it.
    missing: Vec<String>,
}

impl ClassPath {
    pub(super) fn of(manifest: &Manifest, exists: impl Fn(&str) -> bool) -> Self {
        let mut class_path = Self { found: Vec::new(), missing: Vec::new() };
        for address in manifest.get("Class-Path").unwrap_or_default().split_whitespace() {
            match path(address).filter(|path| exists(path.as_str())) {
                Some(path) => class_path.found.push(path),
                None => class_path.missing.push(address.to_owned()),
            }
        }
        class_path
    }

    pub(super) fn warning(&self) -> Option<Warning> {
        (!self.missing.is_empty()).then(|| Warning::ClassPathMissing { paths: self.missing.clone() })
    }
}

/// The path an address means; none for absolute ones and those with a scheme.
fn path(address: &str) -> Option<EntryPath> {
    let decoded = percent_decoded(address)?;
    let mut name = decoded.as_str();
    while let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    EntryPath::new(name.strip_suffix('/').unwrap_or(name)).ok()
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

    fn class_path(value: &str) -> (Vec<String>, Vec<String>) {
        let manifest = Manifest::parse(format!("Class-Path: {value}").as_bytes()).unwrap();
        let found = ClassPath::of(&manifest, |path| path.starts_with("lib") || path == "config");
        (found.found.iter().map(ToString::to_string).collect(), found.missing)
    }

    #[test]
    fn keeps_the_order_and_names_what_is_missing() {
        let (found, missing) = class_path("lib/b.jar  ./lib/a.jar other.jar config/ . lib/c%20d.jar");
        assert_eq!(found, ["lib/b.jar", "lib/a.jar", "config", "lib/c d.jar"]);
        assert_eq!(missing, ["other.jar", "."]);
    }

    #[test]
    fn never_leaves_the_tree() {
        let (found, missing) = class_path("/lib/a.jar file:///lib/a.jar ../lib/a.jar lib/../../a.jar lib/%2e%2e/x");
        assert!(found.is_empty());
        assert_eq!(missing.len(), 5);
    }
}
