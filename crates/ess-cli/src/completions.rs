//! Completions for shells.

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::{command::Ess, output::terminal::write_out};

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

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut Ess::command(), "ess", &mut script);
    write_out(&String::from_utf8(script)?);
    Ok(())
}
