//! Several indexes searched as one.

use ess_core::{Embeddings, Error, Index};
use ess_index::{FlatIndex, GraphBuilder, Progress, ShardedIndex};
use ess_testing::index::{self, Promise};

/// The items in at most `shards` parts, one after the other.
fn parts(items: &Embeddings, shards: usize) -> Vec<Embeddings> {
    let rows: Vec<usize> = (0..items.len()).collect();
    let parts = rows.chunks(items.len().div_ceil(shards));
    parts.map(|rows| items.select(rows).expect("rows of the items")).collect()
}

#[test]
fn exact_shards() {
    for shards in [1, 3] {
        let build = |items: Embeddings| {
            let shards = parts(&items, shards).into_iter().map(FlatIndex::new);
            ShardedIndex::new(shards.collect::<Result<Vec<_>, _>>().unwrap()).unwrap()
        };
        index::conforms(build, &Promise::EXACT);
    }
}

#[test]
fn shards_of_several_kinds() {
    let build = |items: Embeddings| {
        let mut shards: Vec<Box<dyn Index>> = Vec::new();
        for (part, items) in parts(&items, 3).into_iter().enumerate() {
            shards.push(match part {
                0 => Box::new(FlatIndex::new(items).unwrap()),
                _ => Box::new(GraphBuilder::default().build(items, Progress::Silent).unwrap()),
            });
        }
        ShardedIndex::new(shards).unwrap()
    };
    index::conforms(build, &Promise { recall: 0.95, ..Promise::EXACT });
}

#[test]
fn shards_that_do_not_fit_together_are_refused() {
    let flat = |rows: &[&[f32]]| FlatIndex::new(Embeddings::from_rows(rows).unwrap()).unwrap();
    let none = ShardedIndex::<FlatIndex>::new(Vec::new());
    assert!(matches!(none, Err(Error::InvalidParameter { name: "shards", .. })));
    let two = ShardedIndex::new(vec![flat(&[&[1.0]]), flat(&[&[1.0, 2.0]])]);
    assert!(matches!(two, Err(Error::DimensionMismatch { .. })));
}

#[test]
fn an_overflow_names_the_row_of_the_whole() {
    let flat = |number: f32| FlatIndex::new(Embeddings::from_rows(&[[1.0], [number]]).unwrap()).unwrap();
    let index = ShardedIndex::new(vec![flat(1.0), flat(f32::MAX)]).unwrap();
    let error = index.search(&Embeddings::from_rows(&[[9.0]]).unwrap(), 1).unwrap_err();
    assert!(matches!(error, Error::NonFinite { column: 3, .. }), "{error}");
}
