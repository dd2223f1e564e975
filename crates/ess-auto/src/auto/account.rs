//! The report of a choice.

use std::{collections::BTreeMap, time::Instant};

use ess_searchers::ItemTokens;

use super::{chosen::Chosen, held_out::HeldOut};
use crate::{
    choice::report::{AutoReport, SkippedTrial, TrialSummary},
    validation::{setting::Trials, too_dear::TooDear, trial::TrialRecord},
};

/// What was tried, what was found and what was chosen, up to now; what searching takes is not measured yet.
pub(super) fn report(
    trials: &Trials<'_>,
    held_out: &HeldOut,
    chosen: &Chosen,
    records: &[TrialRecord],
    skipped: Vec<SkippedTrial>,
    started: Instant,
) -> AutoReport {
    let collection = trials.collection;
    let passages = collection.passages.as_ref();
    let tokens = collection.tokens.as_ref().filter(|_| held_out.batch.tokens.is_some());
    AutoReport {
        config: trials.config.clone(),
        train_queries: held_out.train_queries,
        dev_queries: held_out.dev_queries,
        dev_near_duplicates: held_out.dev_near_duplicates,
        items: collection.len(),
        passages: passages.map_or(0, |passages| passages.embeddings.len()),
        item_tokens: tokens.map_or(0, ItemTokens::tokens),
        encodings: trials.encodings(),
        folds: held_out.evidence.clone(),
        dense: chosen.dense.clone(),
        hybrid: chosen.hybrid.clone(),
        trials: records.iter().map(TrialSummary::of).collect(),
        skipped,
        search_costs: BTreeMap::new(),
        features_too_dear: trials.too_dear.clone(),
        trials_too_dear: trials_too_dear(records, trials.config.search_budget),
        cpu_seconds: trials.budget.spent(),
        seconds: started.elapsed().as_secs_f64(),
    }
}

/// The trials that a search budget has no room for.
fn trials_too_dear(records: &[TrialRecord], search_budget: Option<f64>) -> Vec<TooDear> {
    let of_trial = |trial: &TrialRecord| {
        let name = trial.name.clone();
        let costs = trial.variants.clone().into_iter();
        costs.filter_map(move |(variant, record)| {
            let cpu_milliseconds = record.search_milliseconds.filter(|cost| Some(*cost) > search_budget)?;
            Some(TooDear { name: name.clone(), variant, cpu_milliseconds })
        })
    };
    match search_budget {
        Some(_) => records.iter().flat_map(of_trial).collect(),
        None => Vec::new(),
    }
}
