//! The exact index through the suite that every index runs.

use ess_index::{FlatIndex, Storage};
use ess_testing::index::{self, Promise};

#[test]
fn flat_in_f32() {
    index::conforms(|items| FlatIndex::new(items).unwrap(), &Promise::EXACT);
}

#[test]
fn flat_in_f16() {
    // Rounding to 11 significant bits moves a number by at most 2^-11 of itself.
    let promise = Promise { similarity: 0.0005, largest: 65504.0, ..Promise::EXACT };
    index::conforms(|items| FlatIndex::with_storage(items, Storage::F16).unwrap(), &promise);
}
