//! Whether to colour: what was asked for, what the environment says, what the stream is.

use std::sync::OnceLock;

use clap::ColorChoice;
use clap::builder::styling::{AnsiColor, Style};

use super::args::ColorArg;
use super::environment::Environment;

/// What is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    /// Everything.
    Always,
    /// What goes to a terminal.
    Terminal,
    /// Nothing.
    Never,
}

/// Decided once, before anything is said.
static DECIDED: OnceLock<Color> = OnceLock::new();

/// Before errors.
pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Before what to do about them.
pub(super) const HINT: Style = AnsiColor::Cyan.on_default().bold();

impl Color {
    /// Decides: the option, then `NO_COLOR` (<https://no-color.org>), then `CLICOLOR_FORCE` (<https://bixense.com/clicolors>).
    pub(super) fn of(asked: ColorArg, environment: &Environment) -> Self {
        match asked {
            ColorArg::Always => Self::Always,
            ColorArg::Never => Self::Never,
            ColorArg::Auto if environment.get("NO_COLOR").is_some() => Self::Never,
            ColorArg::Auto if environment.get("CLICOLOR_FORCE").is_some_and(|force| force != "0") => Self::Always,
            ColorArg::Auto if environment.get("TERM") == Some("dumb") => Self::Never,
            ColorArg::Auto => Self::Terminal,
        }
    }

    /// From now on this counts.
    pub(super) fn decide(self) {
        let _ = DECIDED.set(self);
    }

    /// Whether a stream gets colours.
    pub(super) fn on(is_terminal: bool) -> bool {
        match DECIDED.get() {
            Some(Self::Always) => true,
            Some(Self::Terminal) | None => is_terminal,
            Some(Self::Never) => false,
        }
    }

    /// The same for clap.
    pub(super) fn choice(self) -> ColorChoice {
        match self {
            Self::Always => ColorChoice::Always,
            Self::Terminal => ColorChoice::Auto,
            Self::Never => ColorChoice::Never,
        }
    }
}
