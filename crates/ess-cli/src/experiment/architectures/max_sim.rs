//! ColBERT's MaxSim over the token states of both sides.

use anyhow::{Result, ensure};
use ess_core::TokenStates;
use ess_index::{CompressedTokensBuilder, Progress};

use crate::data::{split_data_set::Opened, token_index::index_tokens};

use super::searched::{HITS, Searched};

/// Searches an index of tokens with the default settings.
pub(super) fn max_sim(data: &Opened<TokenStates>, seed: u64) -> Result<Searched> {
    let (store, test) = (data.dataset.item_store(), &data.test);
    let [items, queries] = [store, data.dataset.query_store()].map(|store| store.provenance().layers.clone());
    ensure!(
        items == queries,
        "{}: expected token states of one layer on both sides, found {items:?} of items and {queries:?} of queries",
        data.dataset.folder().display()
    );
    let builder = CompressedTokensBuilder { seed, ..CompressedTokensBuilder::default() };
    let index = index_tokens(store, &builder, Progress::Silent)?;
    let bytes = index.memory_use().total();
    Searched::new((test, data.dataset.item_ids()), (test.set.encodings(), &index), HITS, bytes)
}
