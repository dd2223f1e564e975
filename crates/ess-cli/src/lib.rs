#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

use std::{ffi::OsString, process::ExitCode};

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
mod engine;
mod evaluate;
mod experiment;
mod export;
#[cfg(feature = "object-store")]
mod fetch;
mod import;
mod import_dense;
#[cfg(feature = "encoders")]
mod import_words;
mod index;
#[cfg(feature = "encoders")]
mod merge;
mod not_built;
#[cfg(feature = "relations")]
mod relations;
#[cfg(feature = "encoders")]
mod rerank;
#[cfg(feature = "serve")]
mod serve;
mod settings;
mod train;
#[cfg(feature = "encoders")]
mod train_cross_encoder;
#[cfg(feature = "encoders")]
mod train_encoder;
#[cfg(feature = "encoders")]
mod train_rocketqa;
#[cfg(feature = "encoders")]
mod verify;

/// The program: runs the command line of this process, and gives the status to end with.
///
/// On Unix, Ctrl-C and a request to end remove what is half written before they end the process, with the status 128 and the signal's
/// number; elsewhere the system ends it, and the next write removes what was half written. A program of one's own registers its kinds before, and then has all commands with them.
pub fn main() -> ExitCode {
    output::terminal::end_cleanly_on_signals();
    run_from(std::env::args_os())
}

/// Runs one command line, whose first argument is the program's name, and gives the status: 0 when it is done, 1 when it
/// failed and 2 when the command line is wrong. Errors are said on standard error.
///
/// One command runs at a time in a process, because `--quiet` and `--json -` decide where all its output goes. What is done on
/// signals is left to the caller. The process ends when standard output cannot be written.
///
/// ```
/// use std::process::ExitCode;
///
/// assert_eq!(ess_cli::run_from(["ess", "completions", "bash"]), ExitCode::SUCCESS);
/// assert_eq!(ess_cli::run_from(["ess", "trian"]), ExitCode::from(2));
/// ```
pub fn run_from<A>(arguments: impl IntoIterator<Item = A>) -> ExitCode
where
    A: Into<OsString> + Clone,
{
    match command::parse(arguments) {
        Ok((ess, matches)) => output::terminal::report(ess.run(&matches)),
        Err(error) => output::terminal::refuse(&error),
    }
}
