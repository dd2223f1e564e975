//! The place of a command that this build does not have.

use std::ffi::OsString;

use anyhow::{Result, bail};
use clap::{ArgMatches, Args};

/// Whatever is given to such a command.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _given: Vec<OsString>,
}

/// Says how to build the program so that it has the command.
pub(crate) fn refuse(matches: &ArgMatches) -> Result<()> {
    let name = matches.subcommand_name().unwrap_or_default();
    let feature = match name {
        "serve-embeddings" => "serve",
        "relations" => "relations",
        "fetch" => "object-store",
        _ => "encoders",
    };
    bail!(
        "`ess {name}` is not in this build; build it with `cargo install --path crates/ess-cli --features {feature}` \
         (`hub` takes models by name too, `http` from servers)"
    );
}
