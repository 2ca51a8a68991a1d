//! `vestnik completions SHELL`: what a shell completes, on the standard output.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, language};
use crate::model::Locale;

/// Print the completion of commands for a shell.
#[derive(Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Runs the command.
pub fn run(args: &CompletionsArgs, locale: Locale) -> ExitCode {
    let mut command = language::spoken(Cli::command(), locale);
    clap_complete::generate(args.shell, &mut command, "vestnik", &mut std::io::stdout());
    ExitCode::SUCCESS
}
