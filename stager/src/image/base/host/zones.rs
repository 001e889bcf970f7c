//! Time zone data: the C library reads it for `TZ`, the JVM's own logging through it; Java itself brings its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use super::super::BaseError;
use super::closure::Layer;
use super::root::{Host, Resolved, read_error};

const ZONES: &str = "usr/share/zoneinfo";
/// What an image's clock shows unless `TZ` says otherwise, whatever this host's clock shows.
const LOCAL: &str = "Etc/UTC";
/// First bytes of every compiled zone.
const MAGIC: &[u8] = b"TZif";

/// Zones found: files, and links between them.
#[derive(Default)]
struct Zones {
    files: BTreeMap<String, Resolved>,
    /// Name of the link, target as written, name it leads to.
    links: Vec<(String, String, String)>,
}

/// Adds the zones of the host, and UTC as local time when it is among them.
pub(super) fn add(host: &mut Host<'_>, layer: &mut Layer) -> Result<(), BaseError> {
    let mut zones = Zones::default();
    zones.collect(host, "")?;
    let names: BTreeSet<&String> = zones.files.keys().chain(zones.links.iter().map(|(name, ..)| name)).collect();
    for (name, file) in &zones.files {
        layer.file(&format!("{ZONES}/{name}"), file)?;
    }
    for (name, target, _) in zones.links.iter().filter(|(.., leads_to)| names.contains(leads_to)) {
        layer.link(&format!("{ZONES}/{name}"), target)?;
    }
    if names.iter().any(|name| *name == LOCAL) {
        layer.link("etc/localtime", &format!("/{ZONES}/{LOCAL}"))?;
        layer.text("etc/timezone", format!("{LOCAL}\n"))?;
    }
    Ok(())
}

impl Zones {
    /// Collects the zones below `folder`. Regions and zones start with a capital letter; `posix/`, `right/`,
    /// `localtime` and the tables beside them do not.
    fn collect(&mut self, host: &mut Host<'_>, folder: &str) -> Result<(), BaseError> {
        let Some(directory) = host.directory(&format!("{ZONES}/{folder}"))? else { return Ok(()) };
        for name in host.names(&directory)? {
            if !name.starts_with(|first: char| first.is_ascii_uppercase()) {
                continue;
            }
            let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let Some(found) = host.resolve(&format!("{ZONES}/{name}"))? else { continue };
            let own_link = found.links.iter().find(|(path, _)| path.strip_prefix(ZONES) == Some(&format!("/{name}")));
            if let Some((_, target)) = own_link {
                if let Some(leads_to) = led_to(&name, target) {
                    self.links.push((name, target.clone(), leads_to));
                }
            } else if found.metadata.is_dir() {
                self.collect(host, &name)?;
            } else if let Some(found) = host.file(&format!("{ZONES}/{name}"))?
                && is_zone(&found)?
            {
                self.files.insert(name, found);
            }
        }
        Ok(())
    }
}

/// The zone that a link called `name` leads to, when it stays among the zones.
fn led_to(name: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return target.strip_prefix(&format!("/{ZONES}/")).map(str::to_owned);
    }
    let mut path: Vec<&str> = name.split('/').collect();
    path.pop();
    for component in target.split('/') {
        match component {
            ".." => drop(path.pop()?),
            "" | "." => {}
            component => path.push(component),
        }
    }
    Some(path.join("/"))
}

fn is_zone(file: &Resolved) -> Result<bool, BaseError> {
    let failed = |source| read_error(&file.on_disk, source);
    let mut first = [0; MAGIC.len()];
    match buildpacks::files::open(&file.on_disk).map_err(failed)?.read_exact(&mut first) {
        Ok(()) => Ok(first == MAGIC),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::led_to;

    #[test]
    fn links_stay_among_the_zones() {
        assert_eq!(led_to("UTC", "Etc/UTC").as_deref(), Some("Etc/UTC"));
        assert_eq!(led_to("America/Indiana/X", "../Y").as_deref(), Some("America/Y"));
        assert_eq!(led_to("America/X", "/usr/share/zoneinfo/Etc/UTC").as_deref(), Some("Etc/UTC"));
        assert_eq!(led_to("UTC", "/etc/localtime"), None);
        assert_eq!(led_to("UTC", "../../../etc/localtime"), None);
    }
}
