//! The user's own options: of the settings and of the variable `JAVA_OPTS`, as it is at staging.

use super::super::phase::Phase;
use super::super::settings::Settings;
use super::super::shell_words;
use super::super::staging::{Failure, Work};
use super::Framework;

/// Options that the memory calculator is there for.
const MEMORY: [&str; 7] =
    ["-Xms", "-Xmx", "-XX:MaxMetaspaceSize", "-XX:MaxPermSize", "-Xss", "-XX:MetaspaceSize", "-XX:PermSize"];

/// Texts that hold options, and what they are called.
#[derive(Debug)]
pub(super) struct JavaOpts(Vec<(&'static str, String)>);

impl JavaOpts {
    pub(super) fn of(phase: &Phase<'_>, settings: &Settings) -> Self {
        let configured = settings.text("java_opts").map(|text| ("`java_opts`", text));
        let variable = phase.staging.variable("JAVA_OPTS").filter(|_| settings.is_on("from_environment"));
        let variable = variable.map(|text| ("`JAVA_OPTS`", text.to_owned()));
        Self(configured.into_iter().chain(variable).collect())
    }

    fn options(&self) -> Result<Vec<String>, Failure> {
        let mut options = Vec::new();
        for (name, text) in &self.0 {
            let words = shell_words::split(text)
                .map_err(|text| Failure(format!("A quote in {name} is not closed: `{text}`")))?;
            options.extend(words.iter().map(|word| shell_words::protect(word)));
        }
        Ok(options)
    }
}

impl Framework for JavaOpts {
    fn detect(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| "java-opts".to_owned())
    }

    fn compile(&self, _: &Phase<'_>, _: &mut Work) -> Result<(), Failure> {
        let options = self.options()?;
        match options.iter().find(|option| MEMORY.iter().any(|memory| option.contains(memory))) {
            Some(option) => Err(Failure(format!(
                "Java option '{option}' configures a memory region.  Use JRE configuration for this instead."
            ))),
            None => Ok(()),
        }
    }

    fn release(&self, _: &Phase<'_>, work: &mut Work) -> Result<(), Failure> {
        work.java_opts.extend(self.options()?);
        Ok(())
    }
}
