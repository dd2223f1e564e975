//! The IVF-PQ index.

use ess_core::Embeddings;
use ess_index::{IvfPqBuilder, IvfPqIndex, Progress, SharedIndex, Storage};
use ess_testing::index::{self, Promise};

/// Nine of ten items found, with exact similarities.
const IVF_PQ: Promise = Promise { recall: 0.9, ..Promise::EXACT };

/// Rounding to 11 significant bits moves a number by at most 2^-11 of itself.
const F16: Promise = Promise { similarity: 0.0005, largest: 65504.0, ..IVF_PQ };

/// Lists are left out, and so are 16 dimensions of 96 that are no less than the others.
const IN_LISTS: Promise = Promise { recall: 0.8, ..IVF_PQ };

fn build(items: Embeddings) -> IvfPqIndex {
    IvfPqBuilder::default().build(items, Progress::Silent).expect("items that the index holds")
}

fn in_f16(items: Embeddings) -> IvfPqIndex {
    let builder = IvfPqBuilder { storage: Storage::F16, ..IvfPqBuilder::default() };
    builder.build(items, Progress::Silent).expect("items that the index holds")
}

/// More lists than are looked into by default.
fn in_lists(items: Embeddings) -> IvfPqIndex {
    let builder = IvfPqBuilder { lists: Some(48), codes: Some(40), seed: 3, ..IvfPqBuilder::default() };
    builder.build(items, Progress::Silent).expect("items that the index holds")
}

#[test]
fn conforms() {
    index::conforms(build, &IVF_PQ);
    index::conforms(in_f16, &F16);
    index::conforms(in_lists, &IN_LISTS);
}

#[test]
fn changing() {
    index::changing_conforms(build, &IVF_PQ);
    index::changing_conforms(in_f16, &F16);
    index::changing_conforms(in_lists, &IN_LISTS);
}

#[test]
fn compacting() {
    index::compacting_conforms(build, &IVF_PQ);
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
