//! The graph.

use ess_core::Embeddings;
use ess_index::{GraphBuilder, GraphIndex, Progress, SharedIndex};
use ess_testing::index::{self, Promise};

/// Nine of ten items found, with exact similarities.
const GRAPH: Promise = Promise { recall: 0.9, ..Promise::EXACT };

fn built(items: Embeddings) -> GraphIndex {
    GraphBuilder::default().build(items, Progress::Silent).expect("items")
}

/// Walks where the default would look at every item of so few. Numbers without any structure are hard to walk among;
/// what is checked is all the rest.
const NARROW: Promise = Promise { recall: 0.5, ..Promise::EXACT };

fn build_narrow(items: Embeddings) -> GraphIndex {
    GraphBuilder { degree: 8, candidates: 40, ..GraphBuilder::default() }
        .build(items, Progress::Silent)
        .expect("items")
}

#[test]
fn conforms() {
    index::conforms(built, &GRAPH);
    index::conforms(build_narrow, &NARROW);
}

#[test]
fn changing() {
    index::changing_conforms(built, &GRAPH);
    index::changing_conforms(build_narrow, &NARROW);
}

#[test]
fn compacting() {
    index::compacting_conforms(built, &GRAPH);
    index::compacting_conforms(build_narrow, &NARROW);
}

#[test]
fn shared() {
    index::sharing_conforms(|items| SharedIndex::new(built(items)), &GRAPH);
}

#[test]
fn in_a_file() {
    index::persistent_conforms(built);
}
