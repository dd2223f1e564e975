//! The first two steps: an encoder, trained on large batches, and what it finds first.

use std::collections::BTreeMap;

use anyhow::Result;
use ess_data::write_run;
use ess_files::FolderLock;
use ess_metrics::Qrels;

use super::{
    encoder::Encoder,
    made::Made,
    recipe::Recipe,
    step::Step,
    training::{Given, start, train},
};

/// The first items of every query.
pub(super) const HITS: &str = "hits.run";

/// Trains an encoder on the items of each batch: all others' relevant items are a query's negatives.
pub(super) fn two_towers(recipe: &Recipe<'_>, lock: &mut FolderLock) -> Result<Made> {
    let (texts, config) = (&recipe.texts, &recipe.settings.two_towers);
    let before = Encoder::open(&start(recipe), texts)?.measure(&texts.dev)?;
    let made = train(recipe, (Step::TwoTowers, config), &texts.train, |_| Ok(Given::default()), lock)?;
    Ok(Made { start: Some(before), ..made })
}

/// Finds the first items of the training queries, those of dev, and those without judgements.
pub(super) fn mined(recipe: &Recipe<'_>) -> Result<Made> {
    let texts = &recipe.texts;
    let judged = [&texts.train, &texts.dev].into_iter().flat_map(Qrels::queries).map(str::to_owned);
    let queries: Vec<String> = judged.chain(texts.unjudged.iter().cloned()).collect();
    let encoder = Encoder::open(&recipe.encoders(Step::TwoTowers), texts)?;
    let run = encoder.run(&queries, recipe.settings.depth)?;
    write_run(recipe.folder(Step::Mined).join(HITS), &run)?;
    let counts =
        [("queries", queries.len()), ("without judgements", texts.unjudged.len()), ("hits", run.len())];
    let counts = counts.map(|(name, count)| (name.to_owned(), count));
    Ok(Made { counts: BTreeMap::from(counts), ..Made::default() })
}
