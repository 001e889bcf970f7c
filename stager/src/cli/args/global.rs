//! What is typed before or behind any command.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct GlobalArgs {
    /// Say what happens as it happens, on standard error: phases and their times, what was in the cache, what was chosen and why
    #[arg(short, long, global = true, help_heading = "Run")]
    pub(in crate::cli) verbose: bool,
    /// When to colour: auto is on a terminal, unless `NO_COLOR` or `CLICOLOR_FORCE` say otherwise
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Run")]
    pub(in crate::cli) color: ColorArg,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ColorArg {
    /// On a terminal
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// The arguments with those of these options that stand before the command behind it, where it knows them.
pub(in crate::cli) fn behind_the_command(arguments: Vec<OsString>) -> Vec<OsString> {
    let is_ours = |argument: &OsString| {
        let text = argument.to_str().unwrap_or_default();
        ["-v", "--verbose", "--color"].contains(&text) || text.starts_with("--color=")
    };
    let mut end = 1.min(arguments.len());
    while let Some(argument) = arguments.get(end).filter(|argument| is_ours(argument)) {
        end += if argument == "--color" { 2 } else { 1 };
    }
    let Some(command) = arguments.get(end) else { return arguments };
    let help = command == "help";
    let (before, behind) = (&arguments[1..end], &arguments[end + 1..]);
    // Whoever asks for help gets nothing else.
    let moved = if help { &[] } else { before };
    [&arguments[..1], std::slice::from_ref(command), moved, behind].concat()
}

/// What `--color` says, as far as it is told by arguments that are not parsed.
pub(in crate::cli) fn color_asked(arguments: &[OsString], variable: Option<&str>) -> ColorArg {
    let own = || {
        arguments.iter().take_while(|argument| *argument != "--").map(|argument| argument.to_str().unwrap_or_default())
    };
    let joined = own().find_map(|argument| argument.strip_prefix("--color="));
    let next = own().skip_while(|argument| *argument != "--color").nth(1);
    let text = joined.or(next).or(variable).unwrap_or_default();
    ColorArg::from_str(text, false).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(Into::into).collect()
    }

    #[test]
    fn they_may_stand_before_the_command() {
        for (typed, meant) in [
            ("stage -v plan app.jar", "stage plan -v app.jar"),
            ("stage --color never -v app.jar -q", "stage app.jar --color never -v -q"),
            ("stage --color=always help plan", "stage help plan"),
            ("stage plan -v app.jar", "stage plan -v app.jar"),
            ("stage -q -v app.jar", "stage -q -v app.jar"),
            ("stage -v", "stage -v"),
            ("stage", "stage"),
        ] {
            assert_eq!(behind_the_command(words(typed)), words(meant), "{typed}");
        }
    }

    #[test]
    fn colour_is_known_before_anything_is_parsed() {
        for (typed, variable, color) in [
            ("stage x --color never", None, ColorArg::Never),
            ("stage x --color=always", Some("never"), ColorArg::Always),
            ("stage x", Some("never"), ColorArg::Never),
            ("stage x -- --color never", None, ColorArg::Auto),
            ("stage x --color", None, ColorArg::Auto),
            ("stage x --color pink", None, ColorArg::Auto),
        ] {
            assert_eq!(color_asked(&words(typed), variable), color, "{typed}");
        }
    }
}
