//! The commands of the program, and what they have in common.

use std::ffi::OsString;

use anyhow::Result;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{
    calibrate, compare, completions, evaluate, export, import, import_dense, index, output::options::Output,
    train,
};
#[cfg(feature = "encoders")]
use crate::{device, distil, encode};

const STATUS: &str = "\
Exit status:
  0    done
  1    failed: standard error says why, and what caused it
  2    the command line is wrong: nothing was done
  130  interrupted (Ctrl-C), 143 asked to end: what was half written is removed
  141  nobody reads standard output any more";

/// Neural search with encoding and searching kept apart: embed texts once, train small searching modules on the
/// embeddings, index, search and measure.
#[derive(Parser)]
#[command(name = "ess", version, after_help = STATUS, propagate_version = true)]
pub(crate) struct Ess {
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

/// In the order in which they are needed.
#[derive(Subcommand)]
enum Command {
    #[cfg(feature = "encoders")]
    Encode(Box<encode::Arguments>),
    #[cfg(feature = "encoders")]
    Distil(Box<distil::Arguments>),
    #[cfg(not(feature = "encoders"))]
    /// Embed the texts of a BEIR folder (not in this build: it needs the feature encoders)
    Encode(crate::not_built::Arguments),
    #[cfg(not(feature = "encoders"))]
    /// Distil a static encoder from a transformer (not in this build: it needs the feature encoders)
    Distil(crate::not_built::Arguments),
    Import(Box<import::Arguments>),
    ImportDense(Box<import_dense::Arguments>),
    Train(Box<train::Arguments>),
    Evaluate(Box<evaluate::Arguments>),
    Calibrate(Box<calibrate::Arguments>),
    Export(Box<export::Arguments>),
    Index(index::Arguments),
    Compare(compare::Arguments),
    #[cfg(feature = "encoders")]
    Device(Box<device::Arguments>),
    #[cfg(not(feature = "encoders"))]
    /// Measure a device beside the CPU (not in this build: it needs the feature encoders)
    Device(crate::not_built::Arguments),
    Completions(completions::Arguments),
}

/// Reads a command line, whose first argument is the program's name.
///
/// # Errors
/// For a command line that is wrong or asks for help.
pub(crate) fn parse<A>(arguments: impl IntoIterator<Item = A>) -> Result<(Ess, ArgMatches), clap::Error>
where
    A: Into<OsString> + Clone,
{
    let matches = program().try_get_matches_from(arguments)?;
    let ess = Ess::from_arg_matches(&matches).map_err(|error| error.format(&mut program()))?;
    Ok((ess, matches))
}

/// The program with its commands.
fn program() -> clap::Command {
    with_negative_numbers(Ess::command())
}

/// A number below 0 is a value everywhere, so that it is refused as one that is outside a range, and not as a flag.
fn with_negative_numbers(command: clap::Command) -> clap::Command {
    let numbers = |arg: clap::Arg| match arg.get_action().takes_values() {
        true => arg.allow_negative_numbers(true),
        false => arg,
    };
    command.mut_args(numbers).mut_subcommands(with_negative_numbers)
}

impl Ess {
    /// Runs the command. `matches` say which flags stood on the command line.
    pub(crate) fn run(self, matches: &ArgMatches) -> Result<()> {
        self.output.choose_listener();
        self.command.run(&self.output, matches)
    }
}

impl Command {
    fn run(self, output: &Output, matches: &ArgMatches) -> Result<()> {
        match self {
            #[cfg(feature = "encoders")]
            Self::Encode(arguments) => encode::run(&arguments, output),
            #[cfg(feature = "encoders")]
            Self::Distil(arguments) => distil::run(*arguments, output),
            #[cfg(feature = "encoders")]
            Self::Device(arguments) => device::run(&arguments, output),
            #[cfg(not(feature = "encoders"))]
            Self::Encode(_) | Self::Distil(_) | Self::Device(_) => crate::not_built::refuse(matches),
            Self::Import(arguments) => import::run(*arguments, output),
            Self::ImportDense(arguments) => import_dense::run(&arguments, output),
            Self::Train(arguments) => {
                train::run(&arguments, output, matches.subcommand_matches("train").unwrap_or(matches))
            }
            Self::Evaluate(arguments) => evaluate::run(&arguments, output),
            Self::Calibrate(arguments) => calibrate::run(&arguments, output),
            Self::Export(arguments) => export::run(&arguments, output),
            Self::Index(arguments) => index::run(arguments, output),
            Self::Compare(arguments) => compare::run(arguments, output),
            Self::Completions(arguments) => completions::run(&arguments, program()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        program().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does_and_gives_an_example() {
        fn check(command: &clap::Command, path: &str) {
            assert!(command.get_about().is_some(), "{path} does not say what it does");
            let mut below = command.get_subcommands().filter(|below| below.get_name() != "help").peekable();
            if below.peek().is_none() {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                let built =
                    cfg!(feature = "encoders") || !["ess encode", "ess distil", "ess device"].contains(&path);
                assert!(!built || help.contains(path), "{path} gives no example of use: {help}");
            }
            below.for_each(|below| check(below, &format!("{path} {}", below.get_name())));
        }
        check(&program(), "ess");
    }
}
