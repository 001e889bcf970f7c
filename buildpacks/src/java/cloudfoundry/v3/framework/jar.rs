//! Frameworks that are a jar on the class path: Spring's auto-reconfiguration, database drivers, the customizer of
//! embedded containers.

use super::super::archive::{self, Unpack};
use super::super::class_name;
use super::super::phase::Phase;
use super::super::repository::Item;
use super::super::settings::Settings;
use super::super::staging::{Failure, Work};
use super::Framework;
use crate::application::Entry;

/// A jar that applies, or not.
#[derive(Debug)]
pub(super) struct Jar {
    class: String,
    item: Option<Item>,
}

/// The one that adapts Spring applications to the platform.
const AUTO_RECONFIGURATION: &str = "SpringAutoReconfiguration";
/// The descriptor of a web application.
const WEB_XML: &str = "WEB-INF/web.xml";

/// The jar of a class; none when that is no framework of this sort.
pub(super) fn of(phase: &Phase<'_>, class: &str, settings: &Settings) -> Result<Option<Jar>, Failure> {
    let services = phase.staging.services()?;
    let bound = |what: &str| services.only(|service| service.names(what), &[&["uri"]]);
    let applies = match class {
        AUTO_RECONFIGURATION => settings.is_on("enabled") && has_file(phase, |name| in_name(name, "", "spring-core")),
        "ContainerCustomizer" => phase.is_spring_boot() && phase.staging.bits.exists("WEB-INF/lib"),
        "MariaDbJDBC" => {
            let driver =
                |name: &str| ["mariadb-java-client", "mysql-connector-java"].iter().any(|start| jar(name, start));
            (bound("mysql") || bound("mariadb")) && !has_file(phase, driver)
        }
        "PostgresqlJDBC" => bound("postgres") && !has_file(phase, |name| jar(name, "postgresql-")),
        _ => return Ok(None),
    };
    let item = if applies { Some(phase.item(&class_name::spaced(class), settings)?) } else { None };
    Ok(Some(Jar { class: class.to_owned(), item }))
}

/// Whether the application holds something of a name, wherever.
fn has_file(phase: &Phase<'_>, wanted: impl Fn(&str) -> bool) -> bool {
    phase.visible.iter().any(|entry| entry.name.rsplit('/').next().is_some_and(&wanted))
}

fn jar(name: &str, start: &str) -> bool {
    in_name(name, start, "")
}

/// A jar whose name starts with one text and holds another.
fn in_name(name: &str, start: &str, within: &str) -> bool {
    name.strip_suffix(".jar").is_some_and(|stem| stem.starts_with(start) && stem.contains(within))
}

impl Jar {
    fn item(&self) -> Result<&Item, Failure> {
        self.item.as_ref().ok_or_else(|| Failure(format!("{} does not apply", class_name::spaced(&self.class))))
    }

    /// Where it lies, below the application's folder.
    fn path(&self, item: &Item) -> String {
        let id = class_name::snaked(&self.class);
        format!(".java-buildpack/{id}/{id}-{}.jar", item.version.as_str())
    }
}

impl Framework for Jar {
    fn detect(&self) -> Option<String> {
        let item = self.item.as_ref()?;
        Some(format!("{}={}", class_name::dashed(&self.class), item.version.as_str()))
    }

    fn compile(&self, phase: &Phase<'_>, work: &mut Work) -> Result<(), Failure> {
        let item = self.item()?;
        let file = phase.download(&class_name::spaced(&self.class), item)?;
        let dependency = archive::resolve(&class_name::snaked(&self.class), item, &file, Unpack::File)?;
        let refused =
            |reason: &dyn std::fmt::Display| Failure(format!("Could not read `{}`: {reason}", file.display()));
        let entries = dependency.open(phase.staging.scratch).map_err(|error| refused(&error))?;
        let content = entries.first().and_then(Entry::content).ok_or_else(|| refused(&"it holds nothing"))?;
        let path = self.path(item);
        let kind = crate::application::EntryKind::File { executable: false, content: content.clone() };
        let inserted = work.deposit.app.files.insert_named(&path, kind);
        inserted.map_err(|error| Failure(format!("Could not install `{path}`: {error}")))?;
        let library = work.layout.join(&path);
        work.libraries.push(library);
        if self.class == AUTO_RECONFIGURATION && phase.staging.bits.exists(WEB_XML) {
            return Err(Failure(format!(
                "Changing `{WEB_XML}` for Spring's auto-reconfiguration is not built in: switch it off with \
                 `JBP_CONFIG_SPRING_AUTO_RECONFIGURATION='{{enabled: false}}'`"
            )));
        }
        Ok(())
    }

    fn release(&self, _: &Phase<'_>, work: &mut Work) -> Result<(), Failure> {
        let library = work.layout.join(&self.path(self.item()?));
        work.libraries.push(library);
        Ok(())
    }
}
