//! BM25, alone and with the frozen encoder.

use anyhow::Result;
use ess_core::QueryEncoder;
use ess_lexical::{Bm25Config, Bm25Encoder, SparseIndex, SparseVectors};
use ess_searchers::{Combination, FusedSearcher, HybridEncoding};

use crate::{data::split_data_set::Opened, experiment::texts::Texts};

use super::{
    dense::{self, bytes},
    searched::{HITS, Searched},
};

/// The lexical encodings of items in an index, and those of the test queries.
struct LexicalData {
    index: SparseIndex,
    queries: SparseVectors,
}

impl LexicalData {
    fn of(data: &Opened, texts: &Texts) -> Result<Self> {
        let texts = texts.read()?;
        let items = texts.items(data.dataset.item_ids())?;
        let (encoder, items) = Bm25Encoder::fit_and_encode(&items, Bm25Config::default())?;
        let queries = encoder.encode_queries(&texts.queries(&data.test.ids)?)?;
        Ok(Self { index: SparseIndex::new(&items), queries })
    }
}

/// Lexical search alone.
pub(super) fn bm25(data: &Opened, texts: &Texts) -> Result<Searched> {
    let LexicalData { index, queries } = LexicalData::of(data, texts)?;
    let bytes = index.memory_use().total();
    Searched::new((&data.test, data.dataset.item_ids()), (&queries, &index), HITS, bytes)
}

/// Adds the similarities of both, each brought to the range of 0 to 1, with equal weights.
pub(super) fn hybrid(data: &Opened, texts: &Texts) -> Result<Searched> {
    let (LexicalData { index, queries }, dense) = (LexicalData::of(data, texts)?, dense::searcher(data)?);
    let bytes = index.memory_use().total() + bytes(dense.index());
    let queries = HybridEncoding::new(data.test.set.encodings().clone(), queries)?;
    let searcher = FusedSearcher::new(dense, index, Combination::default(), HITS)?;
    Searched::new((&data.test, data.dataset.item_ids()), (&queries, &searcher), HITS, bytes)
}
