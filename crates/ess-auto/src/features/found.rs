//! What searches find for queries, as rows of items.

use std::sync::Arc;

use ess_core::{Error, Hit, Index, Searcher};

use super::{
    further::search,
    meter::{Meter, metered},
};
use crate::input::{
    batch::{Batch, Found},
    collection::Collection,
};

/// What searches that need no training find for each query: `depth` items each, beside one that may be left out; of further
/// encoders, those that are named.
pub(crate) fn find(
    collection: &Collection,
    batch: &Batch,
    depth: usize,
    encoders: &[&'static str],
    meter: Option<&Meter>,
) -> Result<Vec<Arc<Found>>, Error> {
    let depth = batch.search_depth(depth);
    let found = rows_of(collection.index.search(&batch.dense, depth)?);
    let found = found.into_iter().map(|embeddings| Found { embeddings, ..Found::default() });
    let mut found: Vec<Found> = found.collect();
    if let Some(passages) = &collection.passages {
        let rows = rows_of(passages.index.search(&batch.dense, depth)?);
        found.iter_mut().zip(rows).for_each(|(found, rows)| found.passages = rows);
    }
    if let Some((lexical, queries)) = collection.lexical.as_ref().zip(batch.lexical.as_ref()) {
        let rows = rows_of(lexical.index.search(&queries.counts, depth)?);
        found.iter_mut().zip(rows).for_each(|(found, rows)| found.lexical = rows);
    }
    for (name, rows) in find_further(collection, batch, depth, encoders, meter)? {
        found.iter_mut().zip(rows).for_each(|(found, rows)| found.further.push((name, rows)));
    }
    Ok(found.into_iter().map(Arc::new).collect())
}

/// The name of a further encoder, and the items that it finds for each query.
type FoundBy = (&'static str, Vec<Vec<u32>>);

/// What some further encoders find for each query, by their names.
fn find_further(
    collection: &Collection,
    batch: &Batch,
    depth: usize,
    encoders: &[&'static str],
    meter: Option<&Meter>,
) -> Result<Vec<FoundBy>, Error> {
    let mut found = Vec::new();
    for &name in encoders {
        let Some((items, queries)) = collection.further.get(name).zip(batch.further.get(name)) else {
            continue;
        };
        let hits = metered(meter, name, || search(items, queries, depth))?;
        found.extend(hits.map(|hits| (name, rows_of(hits))));
    }
    Ok(found)
}

/// The items that a search found, query by query.
pub(crate) fn rows_of(hits: Vec<Vec<Hit>>) -> Vec<Vec<u32>> {
    hits.into_iter().map(|hits| hits.iter().map(|hit| hit.item as u32).collect()).collect()
}

/// The first items of each list, without the one that is left out.
pub(crate) fn firsts<'l>(
    lists: &'l [&[u32]],
    most: usize,
    left_out: Option<u32>,
) -> impl Iterator<Item = u32> + 'l {
    let kept = move |item: &u32| Some(*item) != left_out;
    lists.iter().flat_map(move |list| list.iter().copied().filter(kept).take(most))
}
