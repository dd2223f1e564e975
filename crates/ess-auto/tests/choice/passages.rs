//! Items whose passages say what one vector of the whole does not.

use ess_auto::{AutoModule, Collection};
use ess_core::{Embeddings, Searcher};
use ess_index::PassageRows;

use crate::generated::{World, blurred, config, fit, right};

const ITEMS: usize = 80;

/// Each item has the passage that queries ask for, between two that are opposite to each other.
fn collection(world: &World, with_passages: bool) -> Collection {
    let (collection, noise) = blurred(world);
    let mut passages = Vec::new();
    for row in 0..ITEMS {
        let other = noise.row(row);
        passages.push(other.to_vec());
        passages.push(world.items.row(row).to_vec());
        passages.push(other.iter().map(|x| -x).collect());
    }
    if !with_passages {
        return collection;
    }
    let rows = PassageRows::from_counts(&[3; ITEMS]).unwrap();
    collection.with_passages(Embeddings::from_rows(&passages).unwrap(), rows).unwrap()
}

#[test]
fn passages_are_found_to_help_and_a_saved_choice_asks_for_them() {
    let world = World::new(ITEMS, 1);
    let with = collection(&world, true);
    let (module, report) = fit(&with, &world.queries(60, 2), config());
    assert_eq!(report.passages, 3 * ITEMS);
    assert!(report.dense.second.get("passages") > 0.2, "{:?}", report.dense);
    assert!(report.dense.chosen > report.dense.frozen + 0.1, "{:?}", report.dense);

    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    let module = AutoModule::load(folder.path()).unwrap().unwrap();
    let queries = world.queries(60, 3);
    let chosen = module.bind(&with).unwrap().search(queries.set().encodings(), 1).unwrap();
    let frozen = with.index().search(queries.set().encodings(), 1).unwrap();
    let (chosen, frozen) = (right(&chosen, &queries), right(&frozen, &queries));
    assert!(chosen > frozen + 5, "{chosen} and {frozen} of 60");

    let without = collection(&world, false);
    assert_eq!(fit(&without, &world.queries(60, 2), config()).1.passages, 0);
    let found = module.bind(&without).unwrap().search(queries.set().encodings(), 1).unwrap_err();
    assert!(found.to_string().contains("passages") && found.to_string().contains("items"), "{found}");
}

#[test]
fn passages_that_do_not_fit_the_items_are_refused() {
    let world = World::new(20, 7);
    let passages = |counts: &[usize], dim: usize| {
        let rows = PassageRows::from_counts(counts).unwrap();
        let numbers = Embeddings::from_vec(vec![1.0; rows.passages() * dim], dim).unwrap();
        world.bare_collection().with_passages(numbers, rows)
    };
    assert!(matches!(passages(&[1; 19], 12), Err(ess_core::Error::LengthMismatch { .. })));
    assert!(matches!(passages(&[1; 20], 11), Err(ess_core::Error::DimensionMismatch { .. })));
}
