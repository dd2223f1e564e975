//! `ess train`: a searching module on frozen embeddings, or an automatic choice.

mod arguments;
mod automatic;
mod report;
mod run;
mod settings;

use anyhow::{Result, ensure};
use clap::ArgMatches;
use ess_files::FolderLock;
use ess_search::Attachments;
use ess_train::RecipeConfig;

use crate::{data::dataset::open_for_rankings, output::options::Output, settings::attached::SETTINGS};

use self::{report::Report, run::Run};

pub(crate) use self::arguments::Arguments;

/// Runs the command. `matches` say which flags stood on the command line.
pub(crate) fn run(arguments: &Arguments, output: &Output, matches: &ArgMatches) -> Result<()> {
    if arguments.module.as_deref() == Some(RecipeConfig::AUTO) {
        automatic::refuse_flags_of_training(matches)?;
        return automatic::choose(arguments, output);
    }
    ensure!(
        arguments.budget.is_none() && arguments.beir.is_none(),
        "--budget and --beir belong to --module auto"
    );
    ensure!(
        arguments.search_budget.is_none() && arguments.further.are_none(),
        "--search-budget, --encoding and --scores belong to --module auto"
    );
    let config = settings::of(arguments)?;
    // Before the work, so that a second one is told at once and not after it.
    let mut out = FolderLock::acquire(&arguments.out)?;
    let checkpoints = arguments.checkpoint.as_ref().filter(|folder| **folder != arguments.out);
    let _checkpoints = checkpoints.map(|folder| FolderLock::acquire(folder)).transpose()?;
    let run = Run {
        arguments,
        output,
        config: &config,
        dataset: open_for_rankings(&arguments.embeddings, arguments.ranked)?,
    };
    let (state, fit) = match config.module.reads_token_states() {
        true => run.train_on_token_states()?,
        false => run.train_on_embeddings()?,
    };

    let report = Report { module: config.module.kind(), fit: &fit };
    let settings = Attachments::default().with(SETTINGS, &config)?;
    report::save(&mut out, &report, |out| Ok(state.save_with(&settings, out)?))?;
    output.write(&report)?;
    report::describe(&fit, &arguments.out);
    Ok(())
}
