//! Items whose tokens say what one vector of the whole does not.

use ess_auto::{AutoModule, AutoQueries, Collection, Error, TrainingQueries};
use ess_core::{Searcher, TokenStates};
use ess_searchers::ItemTokens;

use crate::generated::{DIM, World, blurred, config, fit, right};

const ITEMS: usize = 80;

/// Each item has, among tokens of others, the one that queries ask for; one vector of the whole is mostly noise.
fn collection(world: &World, with_tokens: bool) -> Collection {
    let (collection, noise) = blurred(world);
    if !with_tokens {
        return collection;
    }
    let texts: Vec<Vec<f32>> =
        (0..ITEMS).map(|row| [noise.row(row), world.items.row(row)].concat()).collect();
    let states = TokenStates::from_texts(collection.items().clone(), DIM, &texts).unwrap();
    collection.with_tokens(ItemTokens::new(&states).unwrap()).unwrap()
}

/// The queries as one token each.
fn states(queries: &TrainingQueries) -> TokenStates {
    let encodings = queries.set().encodings();
    let texts: Vec<&[f32]> = (0..encodings.len()).map(|row| encodings.row(row)).collect();
    TokenStates::from_texts(encodings.clone(), DIM, &texts).unwrap()
}

fn queries(world: &World, seed: u64) -> TrainingQueries {
    let queries = world.queries(60, seed);
    let states = states(&queries);
    queries.with_tokens(states).unwrap()
}

#[test]
fn tokens_are_found_to_help_and_a_saved_choice_asks_for_them() {
    let world = World::new(ITEMS, 1);
    let with = collection(&world, true);
    let (module, report) = fit(&with, &queries(&world, 2), config());
    assert_eq!(report.item_tokens, 2 * ITEMS);
    assert!(report.dense.second.get("tokens") > 0.2, "{:?}", report.dense);
    assert!(report.dense.chosen > report.dense.frozen + 0.1, "{:?}", report.dense);

    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    let module = AutoModule::load(folder.path()).unwrap().unwrap();
    let test = queries(&world, 3);
    let (searcher, encodings) = (module.bind(&with).unwrap(), test.set().encodings());
    let encoded = AutoQueries::new(encodings.clone()).with_tokens(states(&test)).unwrap();
    let first = searcher.search(&encoded, 1).unwrap();
    let frozen = with.index().search(encodings, 1).unwrap();
    let (first, frozen) = (right(&first, &test), right(&frozen, &test));
    assert!(first > frozen + 5, "{first} and {frozen} of 60");

    let found = searcher.search(encodings, 1).unwrap_err();
    assert!(found.to_string().contains("tokens") && found.to_string().contains("queries"), "{found}");
    let without = collection(&world, false);
    let found = module.bind(&without).unwrap().search(&encoded, 1).unwrap_err();
    assert!(found.to_string().contains("tokens") && found.to_string().contains("items"), "{found}");
}

#[test]
fn all_items_are_ranked_where_more_are_asked_for_than_have_their_tokens_looked_at() {
    let world = World::new(ITEMS, 1);
    let collection = collection(&world, true);
    let (module, report) =
        fit(&collection, &queries(&world, 2), ess_auto::AutoConfig { pool: 10, ..config() });
    assert!(report.dense.second.get("tokens") > 0.2, "{:?}", report.dense);
    let (test, searcher) = (queries(&world, 3), module.bind(&collection).unwrap());
    let encoded = AutoQueries::new(test.set().encodings().clone()).with_tokens(states(&test)).unwrap();
    let (few, all) = (searcher.search(&encoded, 5).unwrap(), searcher.search(&encoded, ITEMS).unwrap());
    for (few, all) in few.iter().zip(&all) {
        assert_eq!(few[0], all[0]);
        let items: std::collections::BTreeSet<usize> = all.iter().map(|hit| hit.item).collect();
        assert_eq!(items.len(), ITEMS);
    }
}

#[test]
fn without_tokens_of_either_side_they_are_left_out() {
    let world = World::new(ITEMS, 1);
    for (collection, queries) in
        [(collection(&world, true), world.queries(60, 2)), (collection(&world, false), queries(&world, 2))]
    {
        let (module, report) = fit(&collection, &queries, config());
        assert_eq!((report.item_tokens, report.dense.second.get("tokens")), (0, 0.0));
        module.bind(&collection).unwrap().search(queries.set().encodings(), 1).unwrap();
    }
}

#[test]
fn tokens_that_do_not_fit_are_refused() {
    let world = World::new(ITEMS, 7);
    let few = TokenStates::from_texts(world.items.select(&[0]).unwrap(), DIM, &[vec![1.0; DIM]]).unwrap();
    let found = world.bare_collection().with_tokens(ItemTokens::new(&few).unwrap());
    assert!(matches!(found, Err(ess_core::Error::LengthMismatch { expected: ITEMS, found: 1, .. })));
    assert!(world.queries(60, 2).with_tokens(few.clone()).is_err());
    assert!(AutoQueries::new(world.items.clone()).with_tokens(few).is_err());

    let narrow = vec![vec![1.0; 2]; 60];
    let plain = world.queries(60, 2);
    let narrow = TokenStates::from_texts(plain.set().encodings().clone(), 2, &narrow).unwrap();
    let auto = ess_auto::Auto::new(config()).unwrap().with_progress(ess_train::Progress::Silent);
    let found = auto.fit(&collection(&world, true), &plain.with_tokens(narrow).unwrap(), None, None);
    assert!(matches!(
        found,
        Err(Error::Core(ess_core::Error::DimensionMismatch { expected: DIM, found: 2, .. }))
    ));
}
