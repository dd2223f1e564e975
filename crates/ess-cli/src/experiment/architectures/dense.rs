//! The vectors of an encoder as they are.

use anyhow::Result;
use ess_core::{Identity, Index, IndexSearcher};
use ess_index::FlatIndex;

use crate::data::split_data_set::Opened;

use super::searched::{HITS, Searched};

/// An exact index of the items, behind no searching module.
pub(super) fn searcher(data: &Opened) -> Result<IndexSearcher<Identity, FlatIndex>> {
    let items = data.dataset.items();
    Ok(IndexSearcher::new(Identity::new(items.dim()), FlatIndex::new(items.clone())?)?)
}

/// Bytes that an index takes.
pub(super) fn bytes(index: &FlatIndex) -> usize {
    index.memory_use().map_or(0, |memory| memory.total())
}

/// Searches with the vectors.
pub(super) fn bi_encoder(data: &Opened) -> Result<Searched> {
    let (searcher, test) = (searcher(data)?, &data.test);
    let queries = (test.set.encodings(), &searcher as _);
    Searched::new((test, data.dataset.item_ids()), queries, HITS, bytes(searcher.index()))
}
