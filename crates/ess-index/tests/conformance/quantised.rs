//! The quantised index.

use ess_core::Embeddings;
use ess_index::{Progress, QuantisedBuilder, QuantisedIndex, SharedIndex, Storage};
use ess_testing::index::{self, Promise};

/// Nine of ten items found, with exact similarities.
const QUANTISED: Promise = Promise { recall: 0.9, ..Promise::EXACT };

/// Rounding to 11 significant bits moves a number by at most 2^-11 of itself.
const F16: Promise = Promise { similarity: 0.0005, largest: 65504.0, ..QUANTISED };

/// Lists are left out, and so are 16 dimensions of 96 that are no less than the others.
const IN_LISTS: Promise = Promise { recall: 0.8, ..QUANTISED };

fn build(items: Embeddings) -> QuantisedIndex {
    QuantisedBuilder::default().build(items, Progress::Silent).expect("items that the index holds")
}

fn in_f16(items: Embeddings) -> QuantisedIndex {
    let builder = QuantisedBuilder { storage: Storage::F16, ..QuantisedBuilder::default() };
    builder.build(items, Progress::Silent).expect("items that the index holds")
}

/// More lists than are looked into by default.
fn in_lists(items: Embeddings) -> QuantisedIndex {
    let builder =
        QuantisedBuilder { lists: Some(48), codes: Some(40), seed: 3, ..QuantisedBuilder::default() };
    builder.build(items, Progress::Silent).expect("items that the index holds")
}

#[test]
fn conforms() {
    index::conforms(build, &QUANTISED);
    index::conforms(in_f16, &F16);
    index::conforms(in_lists, &IN_LISTS);
}

#[test]
fn changing() {
    index::changing_conforms(build, &QUANTISED);
    index::changing_conforms(in_f16, &F16);
    index::changing_conforms(in_lists, &IN_LISTS);
}

#[test]
fn compacting() {
    index::compacting_conforms(build, &QUANTISED);
    index::compacting_conforms(in_f16, &F16);
    index::compacting_conforms(in_lists, &IN_LISTS);
}

#[test]
fn shared() {
    index::sharing_conforms(|items| SharedIndex::new(in_lists(items)), &IN_LISTS);
}

#[test]
fn in_a_file() {
    index::persistent_conforms(in_f16);
    index::persistent_conforms(in_lists);
}
