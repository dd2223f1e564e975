//! A choice made on one collection and used on another.

use ess_core::Searcher;

use crate::generated::{World, config, fit};

#[test]
fn a_collection_with_other_items_under_the_same_ids_is_not_taken_for_the_one_of_training() {
    let (world, other) = (World::new(60, 1), World::new(60, 9));
    let (module, _) = fit(&world.collection(), &world.queries(50, 2), config());
    let (collection, foreign) = (world.collection(), other.collection());
    assert!(module.bind(&collection).unwrap().knows_collection());
    let searcher = module.bind(&foreign).unwrap();
    assert!(!searcher.knows_collection());
    // Words still help, carefully: the names of the other collection are found.
    let queries = other.queries(60, 4);
    let texts: Vec<&str> = queries.texts().unwrap().iter().map(String::as_str).collect();
    let encoded = foreign.encode(queries.set().encodings(), &texts).unwrap();
    let first = |hits: Vec<Vec<ess_core::Hit>>| {
        let right = hits
            .iter()
            .zip(queries.set().judgements())
            .filter(|(hits, judged)| hits[0].item == judged[0].item);
        right.count()
    };
    let frozen = first(foreign.index().search(queries.set().encodings(), 1).unwrap());
    let chosen = first(searcher.search(&encoded, 1).unwrap());
    assert!(chosen > frozen, "{chosen} {frozen}");
}

#[test]
fn a_collection_that_grew_is_still_known() {
    let world = World::new(60, 1);
    let (module, _) = fit(&world.collection(), &world.queries(50, 2), config());
    let mut grown = World::new(90, 11);
    let mut rows = grown.items.clone().into_matrix();
    rows.slice_mut(ndarray::s![..60, ..]).assign(&world.items.view());
    grown.items = ess_core::Embeddings::new(rows).unwrap();
    let collection = grown.collection();
    let searcher = module.bind(&collection).unwrap();
    assert!(searcher.knows_collection());
    assert_eq!(searcher.search(&world.items, 90).unwrap()[0].len(), 90);
}
