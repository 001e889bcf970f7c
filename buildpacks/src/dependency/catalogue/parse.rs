//! The file format.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{CatalogueEntry, CatalogueError};
use crate::application::EntryPath;
use crate::dependency::{Archive, Description, Format, Kind, MavenCoordinates, Platform, Requirement, Sha256, Version};

/// A catalogue file as it was read.
pub(super) struct CatalogueFile {
    pub(super) defaults: BTreeMap<String, Requirement>,
    pub(super) entries: Vec<CatalogueEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    defaults: BTreeMap<String, Requirement>,
    #[serde(default)]
    dependency: Vec<Spanned<RawEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    id: String,
    name: Option<String>,
    #[serde(default)]
    kind: Kind,
    version: Version,
    os: Option<String>,
    arch: Option<String>,
    #[serde(default)]
    stacks: Vec<String>,
    uri: Option<String>,
    maven: Option<MavenCoordinates>,
    sha256: Sha256,
    licence: Option<String>,
    format: Option<Format>,
    prefix: Option<String>,
    #[serde(default)]
    strip: u32,
    file: Option<String>,
    deprecated: Option<String>,
}

/// Reads a catalogue's text; `path` is for messages.
pub(super) fn parse(text: &str, path: &Path) -> Result<CatalogueFile, CatalogueError> {
    let invalid = |span: Option<Range<usize>>, message: String| {
        let line = text[..span.map_or(0, |span| span.start.min(text.len()))].matches('\n').count() + 1;
        CatalogueError::Invalid { path: path.to_owned(), line, message }
    };
    let raw: RawFile = toml::from_str(text).map_err(|error| invalid(error.span(), error.message().to_owned()))?;
    let entries = raw
        .dependency
        .into_iter()
        .map(|raw| {
            let span = raw.span();
            entry(raw.into_inner()).map_err(|message| invalid(Some(span), message))
        })
        .collect::<Result<_, _>>()?;
    Ok(CatalogueFile { defaults: raw.defaults, entries })
}

fn entry(raw: RawEntry) -> Result<CatalogueEntry, String> {
    let RawEntry { id, name, kind, version, os, arch, stacks, uri, maven, sha256, licence, .. } = raw;
    check_id(&id)?;
    if uri.is_none() && maven.is_none() {
        return Err(format!("`{id}` has neither `uri` nor `maven`"));
    }
    if let Some(uri) = &uri {
        check_uri(uri)?;
    }
    let named = uri.clone().or_else(|| maven.as_ref().map(MavenCoordinates::file_name)).unwrap_or_default();
    let archive = Archive {
        format: raw.format.unwrap_or_else(|| Format::of_file_name(&named)),
        prefix: raw.prefix.map(|prefix| check_path("prefix", prefix.trim_end_matches('/'))).transpose()?,
        strip: raw.strip,
        file: raw.file.map(|file| check_file_name(&file)).transpose()?,
    };
    let single = matches!(archive.format, Format::Jar | Format::File);
    if single && (archive.prefix.is_some() || archive.strip > 0) {
        return Err(format!("`prefix` and `strip` make no sense for a `{}`", archive.format));
    }
    if !single && archive.file.is_some() {
        return Err(format!("`file` makes no sense for a `{}`", archive.format));
    }
    if let Some(date) = &raw.deprecated {
        check_date(date)?;
    }
    let version = if kind == Kind::Jre { version.java() } else { version };
    let platform = Platform { os, arch, stacks };
    let name = name.unwrap_or_else(|| id.clone());
    let description = Description { id, name, kind, version, platform, uri, maven, note: None, licence, archive };
    Ok(CatalogueEntry { description, sha256, deprecated: raw.deprecated })
}

fn check_id(id: &str) -> Result<(), String> {
    if Description::is_id(id) {
        Ok(())
    } else {
        Err(format!("`{id}` is not an id: a letter, then letters, digits, `.`, `-`, `_`"))
    }
}

fn check_uri(uri: &str) -> Result<(), String> {
    if ["https://", "http://", "file:"].iter().any(|scheme| uri.starts_with(scheme)) {
        Ok(())
    } else {
        Err(format!("`{}` is not an `https:`, `http:` or `file:` URI", crate::dependency::redact(uri)))
    }
}

fn check_path(what: &str, path: &str) -> Result<String, String> {
    EntryPath::new(path).map(|path| path.as_str().to_owned()).map_err(|error| format!("`{what}`: {error}"))
}

fn check_file_name(name: &str) -> Result<String, String> {
    if name.contains('/') { Err(format!("`file`: `{name}` is not a plain name")) } else { check_path("file", name) }
}

fn check_date(date: &str) -> Result<(), String> {
    let shape: Vec<&str> = date.split('-').collect();
    let number = |text: &str, length: usize, range: std::ops::RangeInclusive<u32>| {
        text.len() == length && text.parse().is_ok_and(|number| range.contains(&number))
    };
    match shape[..] {
        [year, month, day] if number(year, 4, 1970..=9999) && number(month, 2, 1..=12) && number(day, 2, 1..=31) => {
            Ok(())
        }
        _ => Err(format!("`{date}` is not a date `YYYY-MM-DD`")),
    }
}
