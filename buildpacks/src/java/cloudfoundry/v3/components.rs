//! Everything that may apply to an application, as `config/components.yml` lists it, and the order of what it does.

use super::class_name;
use super::container::Container;
use super::framework::{self, Framework};
use super::jre::{Chosen, Jre};
use super::phase::Phase;
use super::staging::{Failure, Work};

/// The components of a phase, not yet asked whether they apply.
#[derive(Debug)]
pub(super) struct Components {
    jres: Vec<Jre>,
    frameworks: Vec<Box<dyn Framework>>,
    containers: Vec<Container>,
}

impl Components {
    /// Those that the settings list.
    pub(super) fn of(phase: &Phase<'_>) -> Result<Self, Failure> {
        let classes = phase.settings("components")?;
        let jres = classes.list("jres").iter().map(|class| Jre::of(phase, class)).collect::<Result<_, _>>()?;
        let frameworks =
            classes.list("frameworks").iter().map(|class| framework::of(phase, class)).collect::<Result<_, _>>()?;
        let containers =
            classes.list("containers").iter().map(|class| Container::of(phase, class)).collect::<Result<_, _>>()?;
        Ok(Self { jres, frameworks, containers })
    }

    /// What applies, sorted; nothing when no container does.
    pub(super) fn tags(&self, phase: &Phase<'_>) -> Result<Vec<String>, Failure> {
        let Some(container) = self.container(phase)? else { return Ok(Vec::new()) };
        let mut tags = vec![container.tag()];
        tags.extend(self.jre(phase)?.tags());
        tags.extend(self.frameworks.iter().filter_map(|framework| framework.detect()));
        tags.push(format!("java-buildpack={}", phase.version()?.for_tags()));
        tags.sort();
        Ok(tags)
    }

    /// Installs runtime and frameworks, and what the container needs.
    pub(super) fn compile(&self, phase: &Phase<'_>, work: &mut Work) -> Result<(), Failure> {
        let container = self.needed_container(phase)?;
        container.refuse()?;
        self.jre(phase)?.compile(phase, work)?;
        for framework in self.applying() {
            framework.compile(phase, work)?;
        }
        container.compile(phase, work)
    }

    /// The start command.
    pub(super) fn command(&self, phase: &Phase<'_>, work: &mut Work) -> Result<String, Failure> {
        let container = self.needed_container(phase)?;
        container.refuse()?;
        let jre = self.jre(phase)?;
        jre.release(work);
        for framework in self.applying() {
            framework.release(phase, work)?;
        }
        let memory = jre.memory_command(phase, work)?;
        let java = jre.program(work);
        let command = container.command(phase, work, &java)?;
        Ok(memory.map_or_else(|| command.clone(), |memory| format!("{memory} && {command}")))
    }

    fn applying(&self) -> impl Iterator<Item = &dyn Framework> {
        self.frameworks.iter().filter(|framework| framework.detect().is_some()).map(AsRef::as_ref)
    }

    fn container(&self, phase: &Phase<'_>) -> Result<Option<&Container>, Failure> {
        let mut applying = Vec::new();
        for container in &self.containers {
            if container.applies(phase)? {
                applying.push(container);
            }
        }
        let names: Vec<_> = applying.iter().map(|container| class_name::spaced(container.class())).collect();
        one("container", &names)?;
        Ok(applying.first().copied())
    }

    fn needed_container(&self, phase: &Phase<'_>) -> Result<&Container, Failure> {
        self.container(phase)?.ok_or_else(|| {
            Failure(
                "No container can run this application. Push a Java application: an executable jar, or a folder with \
                 what one holds"
                    .to_owned(),
            )
        })
    }

    fn jre(&self, phase: &Phase<'_>) -> Result<Chosen<'_>, Failure> {
        let mut chosen = self.jres.iter().map(|jre| jre.choose(phase)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<_> = self.jres.iter().map(|jre| jre.name().to_owned()).collect();
        one("JRE", &names)?;
        chosen.pop().ok_or_else(|| Failure("No JRE is listed in `config/components.yml`".to_owned()))
    }
}

/// Nothing but one of a kind may apply.
fn one(kind: &str, names: &[String]) -> Result<(), Failure> {
    if names.len() > 1 {
        return Err(Failure(format!("Application can be run by more than one {kind}: {}", names.join(", "))));
    }
    Ok(())
}
