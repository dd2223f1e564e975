//! Items of several passages.

use ess_core::Embeddings;
use ess_index::{FlatIndex, GraphBuilder, PassageIndex, PassageRows, Progress};
use ess_testing::index::{self, Promise};

/// Every item three times, so that a search has to look past copies of one item.
fn copies(items: &Embeddings) -> (Embeddings, PassageRows) {
    let rows: Vec<usize> = (0..items.len()).flat_map(|row| [row, row, row]).collect();
    let counts = PassageRows::from_counts(&vec![3; items.len()]).expect("passages");
    (items.select(&rows).expect("rows"), counts)
}

#[test]
fn in_an_exact_index() {
    let build = |items: Embeddings| {
        let (passages, rows) = copies(&items);
        PassageIndex::new(FlatIndex::new(passages).unwrap(), rows).unwrap()
    };
    index::conforms(build, &Promise::EXACT);
}

#[test]
fn in_a_graph() {
    let build = |items: Embeddings| {
        let (passages, rows) = copies(&items);
        PassageIndex::new(GraphBuilder::default().build(passages, Progress::Silent).unwrap(), rows).unwrap()
    };
    // Of the suite's seven queries among numbers without structure one may miss its best.
    index::conforms(build, &Promise { recall: 0.85, ..Promise::EXACT });
}
