//! A learned weight that was saved earlier stays readable.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use ess_core::{Embeddings, Hit};
use ess_lexical::SparseVectors;
use ess_searchers::{BothLists, Combination, HybridEncoding, LearnedWeight, WeightConfig};

const COMBINATION: Combination = Combination::ReciprocalRank { k: 60.0, weight: 0.5 };

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn config() -> WeightConfig {
    WeightConfig { scores: true, encoding: true, depth: 10, penalty: 0.1, max_steps: 100 }
}

/// Three queries and the hits of both searchers: words are right for the first and the last.
fn queries() -> (HybridEncoding, BothLists) {
    let dense = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [0.8, 0.6]]).unwrap();
    let lexical = [vec![(0, 1.0)], vec![(1, 2.0), (2, 1.0)], vec![(0, 1.0), (2, 0.5)]];
    let queries = HybridEncoding::new(dense, SparseVectors::new(3, &lexical).unwrap()).unwrap();
    let hits = |items: [usize; 3], top: f32| -> Vec<Hit> {
        items.iter().zip([top, 0.5 * top, 0.25]).map(|(&item, score)| Hit::new(item, score)).collect()
    };
    let of_dense = vec![hits([1, 0, 2], 0.75), hits([1, 2, 0], 1.0), hits([2, 1, 0], 0.875)];
    let of_lexical = vec![hits([0, 1, 3], 9.0), hits([0, 2, 1], 4.0), hits([0, 3, 2], 12.0)];
    (queries, BothLists::new(of_dense, of_lexical).unwrap())
}

#[test]
fn a_saved_weight_gives_the_shares_that_it_gave() {
    let read = |name: &str| std::fs::read_to_string(golden(name)).unwrap();
    let weight: LearnedWeight = serde_json::from_str(&read("weight.json")).unwrap();
    let expected: Vec<f32> = serde_json::from_str(&read("shares.json")).unwrap();
    assert_eq!((weight.config(), weight.combination()), (&config(), COMBINATION));
    let (queries, pass) = queries();
    let found = weight.shares(&queries, Some(&pass)).unwrap();
    assert_eq!(found.len(), expected.len());
    // Machines round logarithms and exponentials differently.
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4), "{found:?} {expected:?}");
    // It learned something: the queries do not have one share.
    assert!(expected[0] > expected[1] && expected[2] > expected[1], "{expected:?}");
}

/// `cargo test -p ess-searchers --test golden -- --ignored` writes the files anew.
#[test]
#[ignore = "writes golden files"]
fn write_golden_files() {
    let (queries, pass) = queries();
    let relevant = [vec![(0, 1.0)], vec![(1, 2.0)], vec![(0, 1.0)]];
    let weight = LearnedWeight::fit(&config(), COMBINATION, &queries, &pass, &relevant).unwrap();
    let shares = weight.shares(&queries, Some(&pass)).unwrap();
    let write = |name: &str, text: String| std::fs::write(golden(name), text + "\n").unwrap();
    write("weight.json", serde_json::to_string_pretty(&weight).unwrap());
    write("shares.json", serde_json::to_string(&shares).unwrap());
}
