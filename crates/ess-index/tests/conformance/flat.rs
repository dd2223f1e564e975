//! The exact index.

use ess_core::Embeddings;
use ess_index::{FlatIndex, SharedIndex, Storage};
use ess_testing::index::{self, Promise};

/// Rounding to 11 significant bits moves a number by at most 2^-11 of itself.
const F16: Promise = Promise { similarity: 0.0005, largest: 65504.0, ..Promise::EXACT };

#[test]
fn in_f32() {
    index::conforms(|items| FlatIndex::new(items).unwrap(), &Promise::EXACT);
}

#[test]
fn in_f16() {
    index::conforms(|items| FlatIndex::with_storage(items, Storage::F16).unwrap(), &F16);
}

/// As exact as in `f32`; where a similarity overflows, only candidates are sure to be noticed.
fn in_bytes(items: Embeddings) -> FlatIndex {
    FlatIndex::with_storage(items, Storage::I8).expect("items")
}

#[test]
fn in_i8() {
    index::conforms(in_bytes, &Promise::EXACT);
    index::changing_conforms(in_bytes, &Promise::EXACT);
    index::persistent_conforms(in_bytes);
}

#[test]
fn changing() {
    index::changing_conforms(|items| FlatIndex::new(items).unwrap(), &Promise::EXACT);
    index::changing_conforms(|items| FlatIndex::with_storage(items, Storage::F16).unwrap(), &F16);
}

#[test]
fn compacting() {
    index::compacting_conforms(|items| FlatIndex::new(items).unwrap(), &Promise::EXACT);
    index::compacting_conforms(|items| FlatIndex::with_storage(items, Storage::F16).unwrap(), &F16);
    index::compacting_conforms(in_bytes, &Promise::EXACT);
    index::compacting_conforms(|items| SharedIndex::new(in_bytes(items)), &Promise::EXACT);
}

#[test]
fn shared() {
    let build = |items| SharedIndex::new(FlatIndex::new(items).unwrap());
    index::conforms(build, &Promise::EXACT);
    index::sharing_conforms(build, &Promise::EXACT);
}

#[test]
fn in_a_file() {
    index::persistent_conforms(|items| FlatIndex::new(items).unwrap());
    index::persistent_conforms(|items| FlatIndex::with_storage(items, Storage::F16).unwrap());
}
