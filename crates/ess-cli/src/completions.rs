//! Completions for shells.

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::output::{options::Output, terminal::write_out};

const EXAMPLES: &str = "\
Examples:
  ess completions bash > ~/.local/share/bash-completion/completions/ess
  ess completions zsh > ~/.zfunc/_ess
  ess completions fish > ~/.config/fish/completions/ess.fish";

/// Print the completions of a shell.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell.
    shell: Shell,
}

/// The command without the flags that say where results go: what it prints is a script, which is none. They are still read,
/// so that [`check`] refuses them by name.
pub(crate) fn without_results(command: Command) -> Command {
    let flags = Output::augment_args(Command::new("results"));
    command.args(flags.get_arguments().map(|flag| flag.clone().hide(true)))
}

/// Refuses the flags that say where results go.
///
/// # Errors
/// What is wrong with the command line.
pub(crate) fn check(output: &Output) -> Result<(), String> {
    let flag = match output {
        Output { quiet: true, .. } => "--quiet",
        Output { json: Some(_), .. } => "--json",
        _ => return Ok(()),
    };
    Err(format!(
        "`ess completions` does not take {flag}: it prints a script on standard output, and has no other results"
    ))
}

/// Runs the command for the whole program.
pub(crate) fn run(arguments: &Arguments, mut program: Command) -> Result<()> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut program, "ess", &mut script);
    write_out(&String::from_utf8(script)?);
    Ok(())
}
