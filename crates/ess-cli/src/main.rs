//! `ess`: embed, import, train, index, measure and compare, from the command line.
//!
//! `ess --help` lists the commands, and `ess COMMAND --help` gives examples of each.

#[macro_use]
mod output;

mod arguments;
mod automatic;
mod calibrate;
mod command;
mod compare;
mod completions;
mod data;
#[cfg(feature = "encoders")]
mod device;
#[cfg(feature = "encoders")]
mod distil;
#[cfg(feature = "encoders")]
mod encode;
mod evaluate;
mod export;
mod import;
mod import_dense;
mod index;
#[cfg(not(feature = "encoders"))]
mod not_built;
mod settings;
mod train;

fn main() -> std::process::ExitCode {
    output::terminal::run(command::run)
}
