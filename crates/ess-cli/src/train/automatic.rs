//! `ess train --module auto`: a choice among searching operations.

use anyhow::{Result, ensure};
use clap::{ArgMatches, Args, Command, parser::ValueSource};
use ess_files::FolderLock;
use ess_search::Attachments;

use super::{arguments::Arguments, report};
use crate::{
    automatic::{self, Beside},
    data::{
        beir_texts::BeirTexts,
        dataset::{judge_file, open_for_rankings},
        further::FurtherData,
        parts::register_parts,
    },
    output::options::Output,
    settings::attached::SETTINGS,
};

/// Automatic choice has settings of its own, which `--config` gives.
pub(super) fn refuse_flags_of_training(matches: &ArgMatches) -> Result<()> {
    const TAKEN: [&str; 15] = [
        "embeddings",
        "allow_missing",
        "ignore_identical_ids",
        "train",
        "dev",
        "module",
        "budget",
        "search_budget",
        "encoding",
        "scores",
        "beir",
        "config",
        "seed",
        "device",
        "out",
    ];
    for argument in Arguments::augment_args(Command::new("train")).get_arguments() {
        let id = argument.get_id().as_str();
        let given =
            matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine);
        let flag = argument.get_long().unwrap_or(id);
        ensure!(
            !given || TAKEN.contains(&id),
            "--{flag} does not belong to --module auto; its settings come by --config"
        );
    }
    Ok(())
}

/// Chooses a searching operation, with or without texts, and saves it.
pub(super) fn choose(arguments: &Arguments, output: &Output) -> Result<()> {
    let mut out = FolderLock::acquire(&arguments.out)?;
    // Settings may name the parts that the embeddings have.
    let dataset = open_for_rankings(&arguments.embeddings, arguments.ranked)?;
    let parts = register_parts(&dataset)?;
    let further = FurtherData::open(&arguments.further)?;
    let mut config = automatic::config(arguments.config.as_deref(), arguments.budget, arguments.seed)?;
    if arguments.config.is_none() {
        config.features.extend(parts);
    }
    let named = further.names().filter(|name| config.features.iter().all(|feature| feature != name));
    let named: Vec<String> = named.map(str::to_owned).collect();
    config.features.extend(named);
    config.search_budget = arguments.search_budget.or(config.search_budget);
    config.check()?;
    let train = judge_file(&dataset, &arguments.train)?;
    let dev = arguments.dev.as_ref().map(|path| judge_file(&dataset, path)).transpose()?;
    let texts = arguments.beir.as_ref().map(|folder| BeirTexts::read(folder)).transpose()?;
    let beside = Beside { texts: texts.as_ref(), further: Some(&further) };
    let collection = automatic::collection(&dataset, beside, &config)?;
    let journal = arguments.out.join("journal.json");
    let (queries, device) = ([Some(&train), dev.as_ref()], arguments.device.open()?);
    let (module, report) =
        automatic::choose(&collection, queries, beside, &config, Some(&journal), output.progress(), &device)?;
    let settings = Attachments::default().with(SETTINGS, &config)?;
    report::save(&mut out, &report, |out| Ok(module.save_with(&settings, out)?))?;
    output.write(&report)?;
    report::describe_auto(&report, &arguments.out);
    Ok(())
}
