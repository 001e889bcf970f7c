//! Every option has a variable: `STAGE_` and its name. One that is set and empty counts as not set.

use clap::builder::BoolishValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Command};

use super::Failure;
use super::environment::Environment;

/// Commands whose arguments are a contract of their own.
const FOREIGN: [&str; 3] = ["builder", "launcher", "shell"];

/// The command line with a variable for every option.
pub(super) fn with_variables(command: Command) -> Command {
    if FOREIGN.contains(&command.get_name()) {
        return command;
    }
    let command = command.mut_args(|argument| {
        let asks = matches!(
            argument.get_action(),
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
        );
        let Some(name) = argument.get_long().filter(|_| !asks).map(variable) else { return argument };
        if std::env::var_os(&name).is_some_and(|value| value.is_empty()) {
            return argument;
        }
        let is_flag = matches!(argument.get_action(), ArgAction::SetTrue);
        // The command line is put together once and lasts as long as the program.
        let argument = argument.env(&*name.leak()).hide_env_values(true);
        if is_flag { argument.value_parser(BoolishValueParser::new()) } else { argument }
    });
    command.mut_subcommands(with_variables)
}

/// The variable of an option.
fn variable(option: &str) -> String {
    format!("STAGE_{}", option.replace('-', "_").to_uppercase())
}

/// What is to be named when the value of an option such as `--limit` is wrong: the option, or the variable that stands for it
/// where the option was not typed.
pub(super) fn spoken(option: &str) -> String {
    let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    named(option, arguments, set).unwrap_or_else(|| option.to_owned())
}

/// The failure, with the variables named whose values it is about: a file that is not there, say.
pub(super) fn named_in(failure: Failure, environment: &Environment) -> Failure {
    let text = [vec![failure.error.to_string()], failure.causes()].concat().join("\n");
    let hints: Vec<String> = failure.hint.iter().cloned().chain(guilty(&text, environment)).collect();
    let hint = (!hints.is_empty()).then(|| hints.join("\n"));
    Failure { hint, ..failure }
}

/// A line for each variable whose value `text` quotes and which it does not name. The cache's folder is in many messages.
fn guilty(text: &str, environment: &Environment) -> impl Iterator<Item = String> {
    let set = environment.all().iter().filter(|(name, value)| {
        let option = name.strip_prefix("STAGE_").map(|name| format!("--{}", name.to_lowercase().replace('_', "-")));
        let is_quoted = !value.is_empty() && text.contains(&format!("`{value}`")) && !text.contains(name.as_str());
        is_quoted && *name != "STAGE_CACHE_DIR" && option.is_some_and(|option| spoken(&option) == **name)
    });
    set.map(|(name, value)| format!("`{value}` is the value of the variable `{name}`")).collect::<Vec<_>>().into_iter()
}

/// The variable that stands for `option`, where that is set and the option not among the `arguments`.
fn named(option: &str, arguments: impl Iterator<Item = String>, is_set: impl Fn(&str) -> bool) -> Option<String> {
    let name = variable(option.strip_prefix("--")?);
    let mut own = arguments.take_while(|argument| argument != "--");
    let typed = own.any(|argument| argument.split('=').next() == Some(option));
    (!typed && is_set(&name)).then_some(name)
}

/// The variable whose value `error` is about, and how the error names its option.
pub(super) fn blamed(error: &clap::Error) -> Option<(String, String)> {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return None };
    let option = argument.split([' ', '=', '[']).next()?;
    let variable = spoken(option);
    let is_its = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => std::env::var(&variable).is_ok_and(|own| own == *value),
        _ => true,
    };
    (variable != option && is_its).then(|| (variable, argument.clone()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::args::Cli;
    use super::*;

    fn check(command: &Command, missing: &mut Vec<String>) {
        if FOREIGN.contains(&command.get_name()) {
            return;
        }
        for argument in command.get_arguments() {
            let Some(option) = argument.get_long().filter(|name| !["help"].contains(name)) else { continue };
            if matches!(argument.get_action(), ArgAction::Version) {
                continue;
            }
            if argument.get_env().is_none_or(|name| name.to_str() != Some(&variable(option))) {
                missing.push(format!("{} --{option}", command.get_name()));
            }
        }
        command.get_subcommands().for_each(|command| check(command, missing));
    }

    #[test]
    fn a_variable_is_named_when_its_option_was_not_typed() {
        let is_set = |name: &str| name == "STAGE_CACHE_DIR";
        for (option, arguments, expected) in [
            ("--cache-dir", "stage app.jar", Some("STAGE_CACHE_DIR")),
            ("--cache-dir", "stage app.jar -- --cache-dir x", Some("STAGE_CACHE_DIR")),
            ("--cache-dir", "stage app.jar --cache-dir x", None),
            ("--cache-dir", "stage app.jar --cache-dir=x", None),
            ("--jre", "stage app.jar", None),
            ("BP_JVM_VERSION", "stage app.jar", None),
        ] {
            let arguments = arguments.split(' ').map(str::to_owned);
            assert_eq!(named(option, arguments, is_set).as_deref(), expected, "{option}");
        }
    }

    #[test]
    fn every_option_has_its_variable() {
        let mut command = with_variables(Cli::command());
        command.build();
        let mut missing = Vec::new();
        check(&command, &mut missing);
        assert_eq!(missing, Vec::<String>::new());
    }
}
