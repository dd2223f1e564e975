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
pub(super) fn two_towers(recipe: &Recipe<'_>, lock: &mut FolderLock) -> Result<(Made, Encoder)> {
    let (texts, config) = (&recipe.texts, &recipe.settings.two_towers);
    let (before, read) = {
        let start = Encoder::open(&start(recipe), texts)?;
        (start.measured(texts)?, start.encoded())
    };
    let (mut made, encoder) =
        train(recipe, (Step::TwoTowers, config), &texts.train, |_| Ok(Given::default()), lock)?;
    *made.counts.entry(Made::ENCODED.to_owned()).or_default() += read;
    Ok((Made { start: Some(before.dev), start_test: before.test, ..made }, encoder))
}

/// Finds the first items of the training queries, those of dev, and those without judgements, by the encoder of the step before,
/// which that may have left.
pub(super) fn mined(recipe: &Recipe<'_>, left: Option<Encoder>) -> Result<Made> {
    let texts = &recipe.texts;
    let judged = [&texts.train, &texts.dev].into_iter().flat_map(Qrels::queries).map(str::to_owned);
    let queries: Vec<String> = judged.chain(texts.unjudged.iter().cloned()).collect();
    let before = left.as_ref().map_or(0, Encoder::encoded);
    let encoder = match left {
        Some(encoder) => encoder,
        None => Encoder::open(&recipe.encoders(Step::TwoTowers), texts)?,
    };
    let run = encoder.run(texts, &queries, recipe.settings.depth)?;
    write_run(recipe.folder(Step::Mined).join(HITS), &run)?;
    let counts = [
        ("queries", queries.len()),
        ("without judgements", texts.unjudged.len()),
        ("hits", run.len()),
        (Made::ENCODED, encoder.encoded() - before),
    ];
    let counts = counts.map(|(name, count)| (name.to_owned(), count));
    Ok(Made { counts: BTreeMap::from(counts), ..Made::default() })
}
