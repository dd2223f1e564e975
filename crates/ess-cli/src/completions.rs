//! Completions for shells.

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::output::terminal::write_out;

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

/// Runs the command for the whole program.
pub(crate) fn run(arguments: &Arguments, mut program: Command) -> Result<()> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut program, "ess", &mut script);
    write_out(&String::from_utf8(script)?);
    Ok(())
}
