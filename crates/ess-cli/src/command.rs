//! The commands of the program, and what they have in common.

use std::ffi::OsString;

use anyhow::Result;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};

#[cfg(feature = "object-store")]
use crate::fetch;
#[cfg(feature = "relations")]
use crate::relations;
#[cfg(feature = "serve")]
use crate::serve;
use crate::{
    calibrate, compare, completions, engine, evaluate, experiment, export, import, import_dense, index,
    output::options::Output, train,
};
#[cfg(feature = "encoders")]
use crate::{
    device, distil, encode, import_words, merge, rerank, train_cross_encoder, train_encoder, train_rocketqa,
    verify,
};

#[cfg(unix)]
macro_rules! on_signals {
    () => {
        "  130  interrupted (Ctrl-C), 143 asked to end: what was half written is removed"
    };
}
#[cfg(not(unix))]
macro_rules! on_signals {
    () => {
        "  Ctrl-C ends the program with the system's own status; the next write removes what was half written"
    };
}

const STATUS: &str = concat!(
    "Exit status:\n",
    "  0    done\n",
    "  1    failed: standard error says why, and what caused it\n",
    "  2    the command line is wrong: nothing was done\n",
    on_signals!(),
    "\n",
    "  141  nobody reads standard output any more"
);

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
    #[cfg(feature = "encoders")]
    Merge(Box<merge::Arguments>),
    #[cfg(feature = "encoders")]
    Verify(Box<verify::Arguments>),
    #[cfg(feature = "object-store")]
    Fetch(Box<fetch::Arguments>),
    #[cfg(not(feature = "object-store"))]
    /// Fetch what was encoded from an object store (not in this build: it needs the feature object-store)
    Fetch(crate::not_built::Arguments),
    #[cfg(feature = "encoders")]
    ImportWords(Box<import_words::Arguments>),
    #[cfg(feature = "encoders")]
    Rerank(Box<rerank::Arguments>),
    #[cfg(feature = "encoders")]
    TrainEncoder(Box<train_encoder::Arguments>),
    #[cfg(feature = "encoders")]
    TrainCrossEncoder(Box<train_cross_encoder::Arguments>),
    #[cfg(feature = "encoders")]
    TrainRocketqa(Box<train_rocketqa::Arguments>),
    #[cfg(not(feature = "encoders"))]
    /// Embed the texts of a BEIR folder (not in this build: it needs the feature encoders)
    Encode(crate::not_built::Arguments),
    #[cfg(not(feature = "encoders"))]
    /// Distil a static encoder from a transformer (not in this build: it needs the feature encoders)
    Distil(crate::not_built::Arguments),
    #[cfg(not(feature = "encoders"))]
    /// Put the shares of `encode --shard` together (not in this build: it needs the feature encoders)
    Merge(crate::not_built::Arguments),
    #[cfg(not(feature = "encoders"))]
    /// Read stored embeddings through (not in this build: it needs the feature encoders)
    Verify(crate::not_built::Arguments),
    #[cfg(not(feature = "encoders"))]
    /// Make a static encoder of word vectors (not in this build: it needs the feature encoders)
    ImportWords(crate::not_built::Arguments),
    #[cfg(not(feature = "encoders"))]
    /// Reorder a run by a cross-encoder (not in this build: it needs the feature encoders)
    Rerank(crate::not_built::Arguments),
    #[cfg(not(feature = "encoders"))]
    /// Train an encoder on texts (not in this build: it needs the feature encoders)
    TrainEncoder(crate::not_built::Arguments),
    #[cfg(not(feature = "encoders"))]
    /// Train a cross-encoder on pairs of texts (not in this build: it needs the feature encoders)
    TrainCrossEncoder(crate::not_built::Arguments),
    #[cfg(not(feature = "encoders"))]
    /// Train an encoder by RocketQA's recipe (not in this build: it needs the feature encoders)
    TrainRocketqa(crate::not_built::Arguments),
    #[cfg(feature = "serve")]
    ServeEmbeddings(Box<serve::Arguments>),
    #[cfg(not(feature = "serve"))]
    /// Serve a model's embeddings over HTTP (not in this build: it needs the feature serve)
    ServeEmbeddings(crate::not_built::Arguments),
    Import(Box<import::Arguments>),
    ImportDense(Box<import_dense::Arguments>),
    Train(Box<train::Arguments>),
    Evaluate(Box<evaluate::Arguments>),
    Calibrate(Box<calibrate::Arguments>),
    Export(Box<export::Arguments>),
    Index(Box<index::Arguments>),
    Engine(engine::Arguments),
    Compare(compare::Arguments),
    Experiment(experiment::Arguments),
    #[cfg(feature = "relations")]
    Relations(relations::Arguments),
    #[cfg(not(feature = "relations"))]
    /// Relations of a knowledge graph (not in this build: it needs the feature relations)
    Relations(crate::not_built::Arguments),
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
    if matches!(ess.command, Command::Completions(_)) {
        let refused = |said| program().error(ErrorKind::ArgumentConflict, said);
        completions::check(&ess.output).map_err(refused)?;
    }
    Ok((ess, matches))
}

/// The program with its commands.
fn program() -> clap::Command {
    with_negative_numbers(Ess::command().mut_subcommand("completions", completions::without_results))
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
        let _lock = self.output.lock()?;
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
            Self::Merge(arguments) => merge::run(&arguments, output),
            #[cfg(feature = "encoders")]
            Self::Verify(arguments) => verify::run(&arguments, output),
            #[cfg(feature = "object-store")]
            Self::Fetch(arguments) => fetch::run(&arguments, output),
            #[cfg(not(feature = "object-store"))]
            Self::Fetch(_) => crate::not_built::refuse(matches),
            #[cfg(feature = "encoders")]
            Self::ImportWords(arguments) => import_words::run(&arguments, output),
            #[cfg(feature = "encoders")]
            Self::Rerank(arguments) => rerank::run(&arguments, output),
            #[cfg(feature = "encoders")]
            Self::TrainEncoder(arguments) => train_encoder::run(&arguments, output),
            #[cfg(feature = "encoders")]
            Self::TrainCrossEncoder(arguments) => train_cross_encoder::run(&arguments, output),
            #[cfg(feature = "encoders")]
            Self::TrainRocketqa(arguments) => train_rocketqa::run(&arguments, output),
            #[cfg(feature = "encoders")]
            Self::Device(arguments) => device::run(&arguments, output),
            #[cfg(feature = "serve")]
            Self::ServeEmbeddings(arguments) => serve::run(&arguments, output),
            #[cfg(not(feature = "serve"))]
            Self::ServeEmbeddings(_) => crate::not_built::refuse(matches),
            #[cfg(not(feature = "encoders"))]
            Self::Encode(_)
            | Self::Distil(_)
            | Self::ImportWords(_)
            | Self::Rerank(_)
            | Self::TrainEncoder(_)
            | Self::TrainCrossEncoder(_)
            | Self::TrainRocketqa(_)
            | Self::Merge(_)
            | Self::Verify(_)
            | Self::Device(_) => crate::not_built::refuse(matches),
            Self::Import(arguments) => import::run(*arguments, output),
            Self::ImportDense(arguments) => import_dense::run(&arguments, output),
            Self::Train(arguments) => {
                train::run(&arguments, output, matches.subcommand_matches("train").unwrap_or(matches))
            }
            Self::Evaluate(arguments) => evaluate::run(&arguments, output),
            Self::Calibrate(arguments) => calibrate::run(&arguments, output),
            Self::Export(arguments) => export::run(&arguments, output),
            Self::Index(arguments) => index::run(*arguments, output),
            Self::Engine(arguments) => engine::run(arguments, output),
            Self::Compare(arguments) => compare::run(arguments, output),
            Self::Experiment(arguments) => experiment::run(arguments, output),
            #[cfg(feature = "relations")]
            Self::Relations(arguments) => relations::run(arguments, output),
            #[cfg(not(feature = "relations"))]
            Self::Relations(_) => crate::not_built::refuse(matches),
            Self::Completions(arguments) => completions::run(&arguments, program()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        any::TypeId,
        collections::{BTreeMap, BTreeSet},
        path::PathBuf,
    };

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        program().debug_assert();
    }

    /// Calls `look` with each command that does something and its name.
    fn for_each_command(command: &clap::Command, path: &str, look: &mut impl FnMut(&clap::Command, &str)) {
        let mut below = command.get_subcommands().filter(|below| below.get_name() != "help").peekable();
        if below.peek().is_none() {
            look(command, path);
        }
        below.for_each(|below| for_each_command(below, &format!("{path} {}", below.get_name()), look));
    }

    /// Flags that take one thing here and another there, each with why.
    const TWO_MEANINGS: [(&str, &str); 7] = [
        ("against", "`compare modules` compares with a system, `experiment relations` with a relation model"),
        ("data", "each comparison states its own parts"),
        ("graph", "`experiment relations` has graphs by name, the others read one"),
        ("model", "relation models are trained by name, the others load the folder of one"),
        ("module", "`train` makes a module of a KIND, the others read the folder of one"),
        ("out", "what the command makes: a file, a folder or a module"),
        ("text", "`import` notes how texts were made, `index search` asks by one"),
    ];

    #[test]
    fn a_flag_means_one_thing() {
        let mut meanings = BTreeMap::<String, BTreeMap<String, Vec<String>>>::new();
        for_each_command(&program(), "ess", &mut |command, path| {
            for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                let Some(long) = arg.get_long() else { continue };
                let takes = match arg.get_action().takes_values() {
                    true => arg
                        .get_value_names()
                        .map_or_else(|| arg.get_id().to_string(), |names| names.join(" ")),
                    false => String::new(),
                };
                meanings.entry(long.to_owned()).or_default().entry(takes).or_default().push(path.to_owned());
            }
        });
        let several = meanings.iter().filter(|(_, takes)| takes.len() > 1);
        let several: BTreeMap<_, _> = several.map(|(flag, takes)| (flag.as_str(), takes)).collect();
        let built = |flag: &&str| match *flag {
            "model" => cfg!(all(feature = "encoders", feature = "relations")),
            "against" | "graph" => cfg!(feature = "relations"),
            _ => true,
        };
        let expected: Vec<&str> = TWO_MEANINGS.iter().map(|(flag, _)| *flag).filter(built).collect();
        assert_eq!(several.keys().copied().collect::<Vec<_>>(), expected, "{several:#?}");
    }

    #[test]
    fn a_flag_with_a_short_form_has_it_everywhere() {
        let mut shorts = BTreeMap::<String, BTreeSet<Option<char>>>::new();
        for_each_command(&program(), "ess", &mut |command, _| {
            for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                let Some(long) = arg.get_long() else { continue };
                shorts.entry(long.to_owned()).or_default().insert(arg.get_short());
            }
        });
        assert!(shorts.values().all(|shorts| shorts.len() == 1), "{shorts:?}");
    }

    #[test]
    fn every_command_says_what_it_does_and_gives_an_example() {
        for_each_command(&program(), "ess", &mut |command, path| {
            assert!(command.get_about().is_some(), "{path} does not say what it does");
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let of_encoders = [
                "ess encode",
                "ess distil",
                "ess import-words",
                "ess rerank",
                "ess train-encoder",
                "ess train-cross-encoder",
                "ess train-rocketqa",
                "ess merge",
                "ess verify",
                "ess device",
            ];
            let built = (!of_encoders.contains(&path) || cfg!(feature = "encoders"))
                && (path != "ess fetch" || cfg!(feature = "object-store"))
                && (path != "ess serve-embeddings" || cfg!(feature = "serve"))
                && (path != "ess relations" || cfg!(feature = "relations"));
            assert!(!built || help.contains(path), "{path} gives no example of use: {help}");
        });
    }

    #[test]
    fn every_command_with_results_takes_the_flags_that_say_where_they_go() {
        let mut built = program();
        built.build();
        let mut commands = 0;
        for_each_command(&built, "ess", &mut |command, path| {
            commands += 1;
            for flag in ["quiet", "json"] {
                let mut shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
                let has = shown.any(|arg| arg.get_long() == Some(flag));
                assert_eq!(has, path != "ess completions", "{path}: --{flag}");
            }
        });
        assert!(commands > 15, "{commands}");
    }

    /// Whether a flag takes a path at which nothing need be yet.
    fn names_an_output(arg: &clap::Arg) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let nothing = folder.path().join("nothing");
        let path = clap::Arg::new("path").long("path").value_parser(arg.get_value_parser().clone());
        let line = ["program".as_ref(), "--path".as_ref(), nothing.as_os_str()];
        arg.get_action().takes_values()
            && arg.get_value_parser().type_id() == TypeId::of::<PathBuf>()
            && clap::Command::new("program").arg(path).try_get_matches_from(line).is_ok()
    }

    /// The cache of hosted vectors has a lock and tests of its own, files in the place of those of `--out` have their locks, and
    /// `completions` refuses the flag.
    const ELSEWHERE: [&str; 3] = ["encode --http-cache", "encode --work", "completions --json"];

    #[test]
    fn every_output_of_a_command_is_in_the_list_that_a_second_writer_is_tried_with() {
        let listed: BTreeSet<&str> = include_str!("../tests/cli/outputs.txt").lines().collect();
        let mut found = BTreeSet::new();
        for_each_command(&program(), "ess", &mut |command, path| {
            for arg in command.get_arguments().filter(|arg| names_an_output(arg)) {
                let program = path.strip_prefix("ess ").unwrap_or(path);
                found.insert(format!("{program} --{}", arg.get_long().unwrap_or_default()));
            }
        });
        let others = found.iter().map(String::as_str);
        let others: Vec<&str> =
            others.filter(|output| !listed.contains(output) && !ELSEWHERE.contains(output)).collect();
        assert!(others.is_empty(), "outputs without a test of a second writer: {others:?}");
        if cfg!(all(feature = "encoders", feature = "object-store", feature = "relations")) {
            assert!(listed.iter().all(|output| found.contains(*output)), "{listed:?} and {found:?}");
        }
    }
}
