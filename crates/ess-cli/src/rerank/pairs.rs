//! Pairs of queries and items that a cross-encoder reads.

use std::collections::HashSet;

use anyhow::Result;
use ess_core::Ids;
use ess_encoders::{CrossEncoder, PairCut};
use ess_metrics::{Qrels, Run};
use indicatif::ProgressBar;

use crate::data::beir_texts::BeirTexts;

/// A query and the items that are read with it.
pub(crate) type OfQuery = (String, Vec<String>);

/// The texts of a query's pairs.
pub(crate) type TextPairs<'t> = Vec<(&'t str, &'t str)>;

/// Each query with the items to read: the first of the run, then judged ones that are not among them.
pub(crate) fn wanted(run: &Run, qrels: Option<&Qrels>, depth: usize) -> Vec<OfQuery> {
    let of_query = |query: &str| {
        let mut items: Vec<String> =
            run.ranking(query).into_iter().take(depth).map(|(item, _)| item.to_owned()).collect();
        let found: HashSet<String> = items.iter().cloned().collect();
        let judged = qrels.and_then(|qrels| qrels.get(query)).into_iter().flat_map(|entries| entries.iter());
        items.extend(judged.map(|(item, _)| item.to_owned()).filter(|item| !found.contains(item)));
        (query.to_owned(), items)
    };
    run.queries().map(of_query).collect()
}

/// The texts of all pairs.
///
/// # Errors
/// For a query or an item without a text.
pub(crate) fn look_up<'t>(pairs: &[OfQuery], texts: &'t BeirTexts) -> Result<Vec<TextPairs<'t>>> {
    let of_query = |(query, items): &OfQuery| -> Result<TextPairs<'t>> {
        let query = texts.queries(std::slice::from_ref(query))?[0];
        let items = texts.items(&Ids::new(items.clone())?)?;
        Ok(items.into_iter().map(|item| (query, item)).collect())
    };
    pairs.iter().map(of_query).collect()
}

/// The cross-encoder's scores of all pairs, as a run of this name; the bar goes on by one a query.
///
/// # Errors
/// Where a pair cannot be read.
pub(crate) fn scored(
    encoder: &CrossEncoder,
    pairs: &[OfQuery],
    texts: &[TextPairs<'_>],
    name: String,
    bar: &ProgressBar,
) -> Result<Run> {
    let mut scored = Run::new(name);
    for ((query, items), texts) in pairs.iter().zip(texts) {
        for (item, score) in items.iter().zip(encoder.pair_scores_cut(texts, PairCut::Item)?) {
            scored.insert(query, item, score)?;
        }
        bar.inc(1);
    }
    bar.finish();
    Ok(scored)
}
