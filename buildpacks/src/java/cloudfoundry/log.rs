//! What a buildpack says while it stages, in the form every Cloud Foundry buildpack has: steps, and indented lines.

/// Writes steps and lines to a sink, at once.
#[derive(Clone, Copy)]
pub struct Log<'a>(&'a dyn Fn(&str));

/// What stands before everything that is no step.
const INDENT: &str = "       ";
const RED: &str = "\x1b[31;1m";
const RESET: &str = "\x1b[0m";

impl<'a> Log<'a> {
    /// A log that gives every finished line, newline included, to `sink`.
    pub fn new(sink: &'a dyn Fn(&str)) -> Self {
        Self(sink)
    }

    /// The start of something: `-----> text`.
    pub(super) fn step(self, text: &str) {
        (self.0)(&format!("-----> {}\n", indented(text)));
    }

    /// Something about the step.
    pub(super) fn info(self, text: &str) {
        (self.0)(&format!("{INDENT}{}\n", indented(text)));
    }

    /// Something that a person should look at; staging goes on.
    pub(super) fn warning(self, text: &str) {
        self.info(&format!("{RED}**WARNING**{RESET} {text}"));
    }

    /// Why staging ends.
    pub(super) fn error(self, text: &str) {
        self.info(&format!("{RED}**ERROR**{RESET} {text}"));
    }

    /// Text as it is, no newline added.
    pub(super) fn raw(self, text: &str) {
        (self.0)(text);
    }
}

impl std::fmt::Debug for Log<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Log")
    }
}

/// Later lines of a text stand under the first.
fn indented(text: &str) -> String {
    text.replace('\n', &format!("\n{INDENT}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn lines_have_the_platform_s_form() {
        let said = RefCell::new(String::new());
        let sink = |text: &str| said.borrow_mut().push_str(text);
        let log = Log::new(&sink);
        log.step("Supplying Java");
        log.info("Detected container: Spring Boot");
        log.warning("Unknown user config values: yaml: unmarshal errors:\n  line 1: field x not found");
        log.error("gone");
        let wanted = "-----> Supplying Java\n       Detected container: Spring Boot\n       \
                      \x1b[31;1m**WARNING**\x1b[0m Unknown user config values: yaml: unmarshal errors:\n         \
                      line 1: field x not found\n       \x1b[31;1m**ERROR**\x1b[0m gone\n";
        assert_eq!(said.into_inner(), wanted);
    }
}
