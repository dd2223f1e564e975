//! Items and queries by a second encoder, which knows what the frozen one does not.

use std::path::Path;

use ess_auto::{
    Auto, AutoConfig, AutoModule, AutoQueries, Collection, EncodingKind, Error, TrainingQueries, Variant,
    register_encoding, register_part,
};
use ess_core::{Embeddings, Ids, Searcher};
use ess_lexical::SparseVectors;
use ess_train::Progress;

use crate::generated::{DIM, World, config, fit, right};

const ITEMS: usize = 300;
const SECOND: &str = "second";

/// By an encoder of twice the dimension whose vectors have no norm in particular.
fn second(embeddings: &Embeddings) -> Embeddings {
    let rows = embeddings.rows().map(|row| [row, row].concat().iter().map(|x| 3.0 * x).collect());
    Embeddings::from_rows(&rows.collect::<Vec<Vec<f32>>>()).unwrap()
}

/// Frozen embeddings that have nothing to do with what queries ask for.
fn noise(world: &World) -> Collection {
    let ids = Ids::new((0..ITEMS).map(|item| item.to_string()).collect()).unwrap();
    Collection::new(ids, World::new(ITEMS, 77).items)
        .unwrap()
        .with_encoding(SECOND, second(&world.items))
        .unwrap()
}

fn queries(world: &World, number: usize, seed: u64) -> TrainingQueries {
    let queries = world.queries(number, seed);
    let encodings = second(queries.set().encodings());
    queries.with_encoding(SECOND, encodings).unwrap()
}

fn encoded(queries: &TrainingQueries) -> AutoQueries {
    let encodings = queries.set().encodings();
    AutoQueries::new(encodings.clone()).with_encoding(SECOND, second(encodings)).unwrap()
}

/// A small pool, so that the frozen encoder's items have the relevant one hardly ever.
fn with_second() -> AutoConfig {
    register_encoding(SECOND).unwrap();
    let mut config = AutoConfig { pool: 10, ..config() };
    config.features.push(SECOND.to_owned());
    config
}

fn plan(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut plans = files.filter(|path| path.to_string_lossy().contains("plan-"));
    std::fs::read_to_string(plans.next().unwrap()).unwrap()
}

#[test]
fn what_only_a_second_encoder_knows_is_found_and_a_saved_choice_asks_for_it() {
    let world = World::new(ITEMS, 1);
    let (collection, train, dev) = (noise(&world), queries(&world, 50, 2), queries(&world, 30, 3));
    let auto = Auto::new(with_second()).unwrap().with_progress(Progress::Silent);
    let (module, report) = auto.fit(&collection, &train, Some(&dev), None).unwrap();
    assert_eq!(report.encodings.get(SECOND), Some(&EncodingKind::Embeddings(2 * DIM)));
    assert!(report.dense.second.get(SECOND) > 0.3, "{:?}", report.dense);
    assert!(report.dense.chosen > report.dense.frozen + 0.3, "{:?}", report.dense);

    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    assert!(plan(folder.path()).contains(r#""encodings":{"second":{"embeddings":24}}"#));
    let loaded = AutoModule::load(folder.path()).unwrap().unwrap();
    assert_eq!(loaded, module);
    let test = queries(&world, 60, 4);
    let searcher = loaded.bind(&collection).unwrap();
    let hits = searcher.search(&encoded(&test), 1).unwrap();
    assert_eq!(hits, module.bind(&collection).unwrap().search(&encoded(&test), 1).unwrap());
    let frozen = collection.index().search(test.set().encodings(), 1).unwrap();
    let (chosen, frozen) = (right(&hits, &test), right(&frozen, &test));
    assert!(chosen > frozen + 8, "{chosen} and {frozen} of 60");

    let found = searcher.search(test.set().encodings(), 1).unwrap_err().to_string();
    assert!(found.contains(SECOND) && found.contains("queries"), "{found}");
    let bare = Collection::new(collection.ids().clone(), collection.items().clone()).unwrap();
    let found = loaded.bind(&bare).unwrap().search(&encoded(&test), 1).unwrap_err().to_string();
    assert!(found.contains(SECOND) && found.contains("items"), "{found}");
}

#[test]
fn an_encoder_that_settings_do_not_name_changes_nothing_of_what_is_saved() {
    let world = World::new(ITEMS, 1);
    let collection = noise(&world);
    let bare = Collection::new(collection.ids().clone(), collection.items().clone()).unwrap();
    let saved = |collection: &Collection, queries: &TrainingQueries| {
        let (module, report) = fit(collection, queries, AutoConfig { pool: 10, ..config() });
        assert!(report.encodings.is_empty());
        let folder = tempfile::tempdir().unwrap();
        module.save(folder.path()).unwrap();
        plan(folder.path())
    };
    let plain = saved(&bare, &world.queries(60, 2));
    assert_eq!(saved(&collection, &queries(&world, 60, 2)), plain);
    assert!(!plain.contains("encodings"), "{plain}");
    // Named, but with queries without it, it is left out.
    let (_, report) = fit(&collection, &world.queries(60, 2), with_second());
    assert!(report.encodings.is_empty() && report.dense.second.get(SECOND) == 0.0);
}

#[test]
fn encodings_that_do_not_fit_are_refused_by_name() {
    let world = World::new(ITEMS, 1);
    let (collection, train) = (noise(&world), queries(&world, 60, 2));
    let few = world.items.select(&[0]).unwrap();
    let length = |found| matches!(found, Err(ess_core::Error::LengthMismatch { found: 1, .. }));
    assert!(length(world.bare_collection().with_encoding("other", few.clone()).map(drop)));
    assert!(length(world.queries(60, 2).with_encoding("other", few.clone()).map(drop)));
    assert!(length(AutoQueries::new(world.items.clone()).with_encoding("other", few).map(drop)));
    let twice = noise(&world).with_encoding(SECOND, world.items.clone()).map(drop);
    assert!(matches!(twice, Err(ess_core::Error::InvalidParameter { .. })), "{twice:?}");

    let narrow = world.queries(60, 2);
    let encodings = narrow.set().encodings().clone();
    let narrow = narrow.with_encoding(SECOND, encodings.clone()).unwrap();
    let auto = Auto::new(with_second()).unwrap().with_progress(Progress::Silent);
    let found = auto.fit(&collection, &narrow, None, None).map(drop).unwrap_err();
    assert!(matches!(&found, Error::OtherEncoding { name, .. } if name == SECOND), "{found}");
    let found = auto.fit(&collection, &train, Some(&narrow), None).map(drop);
    assert!(matches!(found, Err(Error::Core(ess_core::Error::DimensionMismatch { .. }))), "{found:?}");

    let (module, _) = fit(&collection, &train, with_second());
    let other = Collection::new(collection.ids().clone(), collection.items().clone()).unwrap();
    let other = other.with_encoding(SECOND, world.items.clone()).unwrap();
    let found = module.bind(&other).map(drop);
    assert!(matches!(&found, Err(Error::OtherEncoding { name, .. }) if name == SECOND), "{found:?}");
    let asked = AutoQueries::new(encodings.clone()).with_encoding(SECOND, encodings).unwrap();
    let found = module.bind(&collection).unwrap().search(&asked, 1).unwrap_err().to_string();
    assert!(found.contains(SECOND) && found.contains("12") && found.contains("24"), "{found}");

    assert!(matches!(register_encoding("dense"), Err(Error::FeatureTaken { .. })));
    assert!(matches!(register_encoding("Two words"), Err(Error::Config { .. })));
    register_part("a_part_of_this_name").unwrap();
    assert!(matches!(register_encoding("a_part_of_this_name"), Err(Error::FeatureTaken { .. })));
}

/// A learned sparse encoder: a component for each direction and its opposite, of which the large ones are kept.
fn sparse(embeddings: &Embeddings) -> SparseVectors {
    let row = |row: &[f32]| {
        let components = row.iter().enumerate().filter(|(_, value)| value.abs() > 0.1);
        components.map(|(at, value)| (2 * at as u32 + u32::from(*value < 0.0), value.abs())).collect()
    };
    SparseVectors::new(2 * DIM, &embeddings.rows().map(row).collect::<Vec<Vec<(u32, f32)>>>()).unwrap()
}

#[test]
fn what_only_a_learned_sparse_encoder_knows_is_found_and_a_saved_choice_asks_for_it() {
    const LEARNED: &str = "learned_sparse";
    register_encoding(LEARNED).unwrap();
    let world = World::new(ITEMS, 1);
    let collection = noise(&world).with_sparse_encoding(LEARNED, sparse(&world.items)).unwrap();
    let queries = |number: usize, seed: u64| {
        let queries = world.queries(number, seed);
        let encodings = sparse(queries.set().encodings());
        queries.with_sparse_encoding(LEARNED, encodings).unwrap()
    };
    let mut config = AutoConfig { pool: 10, ..config() };
    config.features.push(LEARNED.to_owned());
    let auto = Auto::new(config).unwrap().with_progress(Progress::Silent);
    let (module, report) = auto.fit(&collection, &queries(50, 2), Some(&queries(30, 3)), None).unwrap();
    assert_eq!(report.encodings.get(LEARNED), Some(&EncodingKind::Sparse(2 * DIM)));
    assert!(report.search_costs[&Variant::Dense].features[LEARNED] > 0.0);
    assert!(report.dense.chosen > report.dense.frozen + 0.2, "{:?}", report.dense);

    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    let (loaded, test) = (AutoModule::load(folder.path()).unwrap().unwrap(), queries(60, 4));
    let (searcher, encodings) = (loaded.bind(&collection).unwrap(), test.set().encodings());
    let plain = AutoQueries::new(encodings.clone());
    let asked = plain.clone().with_sparse_encoding(LEARNED, sparse(encodings)).unwrap();
    let hits = searcher.search(&asked, 1).unwrap();
    let frozen = collection.index().search(encodings, 1).unwrap();
    let (chosen, frozen) = (right(&hits, &test), right(&frozen, &test));
    assert!(chosen > frozen + 10, "{chosen} and {frozen} of 60");
    // Embeddings under its name are another kind, and no queries by it at all are missed by name.
    let other = plain.clone().with_encoding(LEARNED, encodings.clone()).unwrap();
    for (asked, words) in [(other, "sparse vectors of 24"), (plain, "queries")] {
        let found = searcher.search(&asked, 1).unwrap_err().to_string();
        assert!(found.contains(LEARNED) && found.contains(words), "{found}");
    }
}
