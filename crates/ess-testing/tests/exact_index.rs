//! The index of `ess-core` keeps the promises of an index.

use ess_core::{Cosine, ExactIndex};
use ess_testing::index::{self, Promise};

#[test]
fn the_exact_index_conforms() {
    index::conforms(ExactIndex::new, &Promise::EXACT);
}

#[test]
#[should_panic(expected = "found Hit")]
fn by_cosine_it_is_no_index_of_inner_products() {
    index::conforms(|items| ExactIndex::with_similarity(items, Cosine), &Promise::EXACT);
}
