//! CA certificates, the C.UTF-8 locale and the name of the distribution, from the host.

use super::super::BaseError;
use super::closure::Layer;
use super::libraries::Library;
use super::root::{Host, read_error};
use buildpacks::files;

/// Where distributions keep the bundle of CA certificates; the first that is there is taken.
const CA_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Where the image has it.
const CA_BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";
/// The locale that `LANG=C.UTF-8` names, under both spellings of the folder.
const LOCALES: &[&str] = &["usr/lib/locale/C.utf8", "usr/lib/locale/C.UTF-8"];
/// The version of the C library that has the locale built in, as its symbols name it.
const LOCALE_BUILT_IN: &[u8] = b"GLIBC_2.35\0";
/// Largest C library that is looked into, bytes: with symbols it has 14 MB.
const MAX_C_LIBRARY_BYTES: u64 = 64 << 20;
/// Fields of `os-release` that say what the libraries are.
const RELEASE_FIELDS: &[&str] = &["PRETTY_NAME", "ID", "VERSION_ID"];

/// Adds them and returns the distribution's name for people.
pub(super) fn add(host: &mut Host<'_>, layer: &mut Layer) -> Result<Option<String>, BaseError> {
    for bundle in CA_BUNDLES {
        if let Some(found) = host.file(bundle)? {
            layer.file(CA_BUNDLE, &found)?;
            break;
        }
    }
    for path in ["/etc/os-release", "/usr/lib/os-release"] {
        if let Some(found) = host.file(path)? {
            let text = files::read(&found.on_disk, files::SYSTEM_BYTES)
                .map_err(|source| read_error(&found.on_disk, source))?;
            let fields = release_fields(&String::from_utf8_lossy(&text));
            let lines: Vec<_> = fields.iter().map(|(name, value)| format!("{name}=\"{value}\"\n")).collect();
            layer.text("etc/os-release", lines.concat())?;
            return Ok(fields.into_iter().find(|(name, _)| *name == "PRETTY_NAME").map(|(_, value)| value));
        }
    }
    Ok(None)
}

/// Adds the locale where the host has it in files, and says whether it has.
pub(super) fn add_locale(host: &mut Host<'_>, layer: &mut Layer) -> Result<bool, BaseError> {
    let mut found = false;
    for locale in LOCALES {
        found |= host.directory(locale)?.is_some();
        add_tree(host, layer, locale)?;
    }
    Ok(found)
}

/// Whether the C library needs no files for the locale.
pub(super) fn has_built_in_locale(library: &Library) -> Result<bool, BaseError> {
    let failed = |source| BaseError::Content { name: library.image_path.clone(), source };
    let bytes = library.content.read(MAX_C_LIBRARY_BYTES).map_err(failed)?;
    Ok(bytes.windows(LOCALE_BUILT_IN.len()).any(|bytes| bytes == LOCALE_BUILT_IN))
}

/// The wanted fields in their fixed order. Values that would need quoting inside quotes are left out.
fn release_fields(text: &str) -> Vec<(&'static str, String)> {
    let value = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='));
        let value = lines.next_back()?.trim_matches(['"', '\'']);
        (!value.is_empty() && !value.contains(['"', '\\', '$', '`'])).then(|| value.to_owned())
    };
    RELEASE_FIELDS.iter().filter_map(|name| Some((*name, value(name)?))).collect()
}

fn add_tree(host: &mut Host<'_>, layer: &mut Layer, path: &str) -> Result<(), BaseError> {
    let Some(directory) = host.directory(path)? else { return Ok(()) };
    for name in host.names(&directory)? {
        let path = format!("{path}/{name}");
        match host.file(&path)? {
            Some(found) => layer.file(&path, &found)?,
            None => add_tree(host, layer, &path)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_keeps_three_fields_in_order() {
        let text = "ID=debian\nHOME_URL=\"x\"\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\nVARIANT=mine\n";
        let fields = release_fields(text);
        let names: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(names, ["PRETTY_NAME=Debian GNU/Linux 12", "ID=debian", "VERSION_ID=12"]);
    }

    #[test]
    fn release_value_that_needs_quoting_is_left_out() {
        assert!(release_fields("ID=\"a\\\"b\"\nVERSION_ID=$(x)\n").is_empty());
    }
}
