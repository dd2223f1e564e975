//! Items that tell which they are.

use std::{collections::BTreeSet, ops::Range};

use ess_core::{Embeddings, Index};
use ess_engines::{Engine, EngineIndex};

const QUERY: [f32; 8] = [1000.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];

/// Items whose similarities to one query are their numbers.
pub(crate) fn numbered(numbers: Range<usize>) -> Embeddings {
    let item = |number: usize| [number as f32 / QUERY[0], 0.0].into_iter().chain([0.0; 6]);
    Embeddings::from_vec(numbers.flat_map(item).collect(), 8).expect("items")
}

/// What an index holds, as row and number.
pub(crate) fn held<E: Engine>(index: &EngineIndex<E>) -> BTreeSet<(usize, usize)> {
    index.refresh().expect("a count");
    let query = Embeddings::from_rows(&[QUERY]).expect("a query");
    let found = index.search(&query, index.len()).expect("hits").remove(0);
    found.iter().map(|hit| (hit.item, hit.similarity.round() as usize)).collect()
}
