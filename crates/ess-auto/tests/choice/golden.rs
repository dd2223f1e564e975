//! A choice that was saved when features were called signals, and trained modules heads. It was made on the collection
//! below from 60 queries with the settings in `golden/config.json`; its three first queries are searched in `hits.json`.

use std::path::Path;

use ess_auto::{AutoConfig, AutoModule, Collection};
use ess_core::{Embeddings, Ids, Searcher};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn directions(rows: usize, seed: u64) -> Embeddings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..rows * 4).map(|_| random.random_range(-1.0_f32..1.0)).collect();
    Embeddings::from_vec(values, 4).unwrap().normalized()
}

/// A direction near the item's, with the first component turned round.
fn query(items: &Embeddings, noise: &Embeddings, row: usize) -> Vec<f32> {
    let item = items.row((row * 7) % 40);
    let mut query: Vec<f32> = item.iter().zip(noise.row(row)).map(|(a, b)| a + 0.3 * b).collect();
    query[0] = -query[0];
    query
}

#[test]
fn a_choice_with_the_names_of_earlier_versions_searches_as_it_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let (items, noise) = (directions(40, 1), directions(60, 2));
    let rows: Vec<Vec<f32>> = (0..3).map(|row| query(&items, &noise, row)).collect();
    let ids = Ids::new((0..40).map(|item| item.to_string()).collect()).unwrap();
    let collection = Collection::new(ids, items).unwrap();
    let module = AutoModule::load(&folder.join("heads")).unwrap().unwrap();
    assert!(module.dense().second.get("trained_module") > 0.0);
    let queries = Embeddings::from_rows(&rows).unwrap().normalized();
    let found = module.bind(&collection).unwrap().search(&queries, 5).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let expected: Vec<Vec<(usize, f32)>> = serde_json::from_str(&read("hits.json")).unwrap();
    for (found, expected) in found.iter().zip(&expected) {
        for (hit, &(item, similarity)) in found.iter().zip(expected) {
            assert!(
                hit.item == item && (hit.similarity - similarity).abs() < 1e-4,
                "{hit:?} {item} {similarity}"
            );
        }
    }

    let config: AutoConfig = serde_json::from_str(&read("config.json")).unwrap();
    assert_eq!((config.trained_modules.len(), config.features.len()), (1, 10));
}
