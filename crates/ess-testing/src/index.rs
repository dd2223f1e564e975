//! What every index promises.

mod agreement;
mod changes;
mod compaction;
mod damage;
mod filters;
mod promise;
mod refusals;
pub(crate) mod repeatability;
mod scores;
mod searching;
mod sharing;

use ess_core::{Embeddings, Index, MutableIndex, PersistentIndex};

pub use promise::Promise;

/// Checks an index; `build` makes one of the given items.
///
/// - For several numbers and dimensions of items and several `k`: `k` different items for each query, the most
///   similar first and ties in item order, with the similarities and the recall promised, against sums in `f64`.
/// - One item; items that occur twice; items and queries of zeros; norms up to 10^18, where they are promised, as exactly as any; similarities
///   that overflow are refused or finite.
/// - `k > n` finds all `n` items; `k = 0` is refused with `KOutOfRange`, queries of another dimension with
///   `DimensionMismatch`.
/// - An index that has filters keeps to them, by set and by predicate, narrow and wide; one that has none refuses.
/// - Every effort that it offers, for any `k`, is valid and answers; capabilities do not claim more than is promised.
/// - Answers do not change from call to call, with the number of rayon's threads, when several threads ask at once,
///   or (as promised) with the batch.
///
/// ```
/// use ess_core::ExactIndex;
/// use ess_testing::index::{self, Promise};
///
/// index::conforms(ExactIndex::new, &Promise::EXACT);
/// ```
///
/// # Panics
/// With the promise that was broken.
pub fn conforms<I: Index>(build: impl Fn(Embeddings) -> I, promise: &Promise) {
    agreement::check(&build, promise);
    refusals::check(&build, promise);
    repeatability::check(&build, promise);
    filters::check(&build, promise);
}

/// Checks an index that changes, on top of [`conforms`].
///
/// - Items that are added get the rows that follow, are found, and leave the others where they are.
/// - Items that are removed are found no more, alone or behind a filter, and their rows are not given again; removing
///   one again is no error.
/// - `len` counts what is there, `rows` what ever was; `k > len` finds what is left, down to an index left empty.
/// - Items of another dimension and rows that never were are refused, and change nothing.
///
/// # Panics
/// With the promise that was broken.
pub fn changing_conforms<I: MutableIndex>(build: impl Fn(Embeddings) -> I, promise: &Promise) {
    changes::check(&build, promise);
}

/// Checks an index that gives back the space of removed items, on top of [`changing_conforms`].
///
/// - The items that are left get the rows `0..len` in their order, and the index says which; removed ones have none.
/// - They are found with the similarities and the recall promised; an exact index gives the same hits.
/// - Items can be added and removed afterwards; compacting again, and with nothing removed or nothing left, changes nothing.
///
/// # Panics
/// With the promise that was broken.
pub fn compacting_conforms<I: MutableIndex>(build: impl Fn(Embeddings) -> I, promise: &Promise) {
    compaction::check(&build, promise);
}

/// Checks a handle to an index that other threads search while it changes; `Clone` must give a handle to the same
/// items.
///
/// Searches run all the while that items are added and removed. Each must answer with items that existed at some
/// moment of it, in order, with the right similarities; items that are there all the time are always found.
///
/// # Panics
/// With the promise that was broken.
pub fn sharing_conforms<I: MutableIndex + Clone>(build: impl Fn(Embeddings) -> I, promise: &Promise) {
    sharing::check(&build, promise);
}

/// Checks an index that is kept in a file.
///
/// - Saved and opened, read or mapped, it gives the same hits to the bit, for the same rows.
/// - A file that is missing, empty, of something else, cut at any length, lengthened, or with any byte altered is
///   refused by `open` and `verify`; `open_mapped` refuses it or searches without a panic.
/// - Saving over a file replaces it; saving where no file can be is an error.
///
/// # Panics
/// With the promise that was broken.
pub fn persistent_conforms<I: PersistentIndex>(build: impl Fn(Embeddings) -> I) {
    damage::check(&build);
}
