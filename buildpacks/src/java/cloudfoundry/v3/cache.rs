//! Files at hand: in the build cache, where earlier stagings have left them, or in the buildpack's `resources/cache`.
//! Nothing is downloaded.

use std::path::PathBuf;

use super::phase::Phase;
use super::staging::Failure;
use crate::absence::absent_ok;
use crate::dependency::redact;
use crate::java::cloudfoundry::inside::leads_inside;

/// A URI without user and password.
fn public(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => uri.to_owned(),
    }
}

/// A URI as it is shown: as the original does, without user and password, and also without what follows the path, which
/// may be a token.
pub(super) fn shown(uri: &str) -> String {
    redact(&public(uri))
}

/// The name of a URI's file.
fn file_name(uri: &str) -> String {
    format!("{}.cached", public(uri).replace(':', "%3A").replace('/', "%2F"))
}

impl Phase<'_> {
    /// The file of a URI; those that stagings leave win.
    pub(super) fn cached(&self, uri: &str) -> Result<PathBuf, Failure> {
        let name = file_name(uri);
        let folders = [self.staging.cache_dir.to_owned(), self.buildpack.folder().join("resources/cache")];
        for folder in &folders {
            let path = folder.join(&name);
            let found = absent_ok(fs_err::metadata(&path)).map_err(|error| Failure(error.to_string()))?;
            if !found.is_some_and(|metadata| metadata.is_file()) {
                continue;
            }
            if leads_inside(folder, &path) {
                return Ok(path);
            }
            let name = file_name(&shown(uri));
            return Err(Failure(format!("`{name}` in `{}` is a link that leads out of that folder", folder.display())));
        }
        Err(Failure(format!(
            "{} is not in the buildpack's `resources/cache`, and nothing is downloaded: its file there is `{}`",
            shown(uri),
            file_name(&shown(uri))
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_uri_without_credentials() {
        for (uri, name) in [
            ("https://host/a/index.yml", "https%3A%2F%2Fhost%2Fa%2Findex.yml.cached"),
            ("https://user:p@ss@host:1/a?x=@", "https%3A%2F%2Fhost%3A1%2Fa?x=@.cached"),
            ("a@b", "a@b.cached"),
        ] {
            assert_eq!(file_name(uri), name);
        }
    }
}
