//! Every option has a variable: `STAGE_` and its name. One that is set and empty counts as not set.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Command};

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
    fn every_option_has_its_variable() {
        let mut command = with_variables(Cli::command());
        command.build();
        let mut missing = Vec::new();
        check(&command, &mut missing);
        assert_eq!(missing, Vec::<String>::new());
    }
}
