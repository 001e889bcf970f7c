//! Options of our own commands.

/// Options and positionals, as given.
#[derive(Debug, Default)]
pub(super) struct Options<'a> {
    values: Vec<(&'a str, &'a str)>,
    /// What is no option.
    pub(super) positionals: Vec<&'a str>,
}

impl<'a> Options<'a> {
    /// Parses `--name value`, `--name=value`, and the names in `switches`, which have no value.
    ///
    /// # Errors
    /// A message for a name in neither list, or a missing value.
    pub(super) fn parse(args: &'a [String], names: &[&str], switches: &[&str]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let Some(option) = arg.strip_prefix("--") else {
                options.positionals.push(arg);
                continue;
            };
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (option, None),
            };
            let value = if switches.contains(&name) && value.is_none() {
                ""
            } else if names.contains(&name) {
                match value {
                    Some(value) => value,
                    None => args.next().ok_or_else(|| format!("Option `--{name}` needs a value"))?,
                }
            } else {
                return Err(format!("Unknown option `{arg}`"));
            };
            options.values.push((name, value));
        }
        Ok(options)
    }

    /// Value of an option; of several the last.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.values.iter().rev().find(|(given, _)| *given == name).map(|(_, value)| *value)
    }

    /// Whether a switch is given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Value of a numeric option.
    ///
    /// # Errors
    /// A message if it is no number.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, String> {
        self.get(name)
            .map(|text| text.parse().map_err(|_| format!("Option `--{name}` needs a number, not `{text}`")))
            .transpose()
    }
}
