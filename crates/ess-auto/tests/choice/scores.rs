//! What another system scores of its first items, as a feature.

use ess_auto::{
    Auto, AutoConfig, AutoModule, AutoQueries, Collection, EncodingKind, Error, TrainingQueries,
    register_encoding, register_scores,
};
use ess_core::{Ids, Searcher};
use ess_train::Progress;

use crate::generated::{World, config, fit, right};

const ITEMS: usize = 300;
const NAME: &str = "cross_encoder";

/// Frozen embeddings that have nothing to do with what queries ask for.
fn noise() -> Collection {
    let ids = Ids::new((0..ITEMS).map(|item| item.to_string()).collect()).unwrap();
    Collection::new(ids, World::new(ITEMS, 77).items).unwrap()
}

/// Logits of twenty items a query, of which the relevant one has the largest in four of five queries.
fn scores(queries: &TrainingQueries) -> Vec<Vec<(usize, f32)>> {
    let of_query = |(row, item): (usize, usize)| {
        let best = if row % 5 == 0 { -8.0 } else { 9.0 };
        let others = (1..20).map(|other| ((item + 13 * other) % ITEMS, -0.5 * other as f32));
        std::iter::once((item, best)).chain(others).collect()
    };
    let judged = queries.set().judgements().iter();
    judged.map(|judged| judged[0].item).enumerate().map(of_query).collect()
}

fn queries(world: &World, number: usize, seed: u64) -> TrainingQueries {
    let queries = world.queries(number, seed);
    let scores = scores(&queries);
    queries.with_scores(NAME, scores).unwrap()
}

fn with_scores() -> AutoConfig {
    register_scores(NAME).unwrap();
    let mut config = AutoConfig { pool: 10, ..config() };
    config.features.push(NAME.to_owned());
    config
}

#[test]
fn what_a_cross_encoder_scores_is_weighed_and_a_saved_choice_asks_for_it() {
    let (world, collection) = (World::new(ITEMS, 1), noise());
    let auto = Auto::new(with_scores()).unwrap().with_progress(Progress::Silent);
    let (train, dev) = (queries(&world, 50, 2), queries(&world, 30, 3));
    let (module, report) = auto.fit(&collection, &train, Some(&dev), None).unwrap();
    assert_eq!(report.encodings.get(NAME), Some(&EncodingKind::Scores));
    assert!(report.dense.chosen > report.dense.frozen + 0.4, "{:?}", report.dense);

    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    let (loaded, test) = (AutoModule::load(folder.path()).unwrap().unwrap(), queries(&world, 60, 4));
    assert_eq!(loaded, module);
    let (searcher, encodings) = (loaded.bind(&collection).unwrap(), test.set().encodings());
    let plain = AutoQueries::new(encodings.clone());
    let asked = plain.clone().with_scores(NAME, scores(&test)).unwrap();
    let found = right(&searcher.search(&asked, 1).unwrap(), &test);
    assert!(found >= 40, "{found} of 60");

    let missing = searcher.search(&plain, 1).unwrap_err().to_string();
    assert!(missing.contains(NAME) && missing.contains("queries"), "{missing}");
    let beyond = plain.with_scores(NAME, vec![vec![(ITEMS, 1.0)]; 60]).unwrap();
    let found = searcher.search(&beyond, 1).unwrap_err();
    assert!(matches!(found, ess_core::Error::RowOutOfRange { row: ITEMS, len: ITEMS, .. }), "{found}");
}

#[test]
fn a_cross_encoder_that_takes_too_long_is_left_out() {
    let (world, collection) = (World::new(ITEMS, 1), noise());
    let config = with_scores();
    let costs = [(NAME.to_owned(), 2e6)].into();
    let config = AutoConfig { search_budget: Some(1e6), feature_costs: costs, ..config };
    let (_, report) = fit(&collection, &queries(&world, 60, 2), config);
    // Nobody spent what was declared: both trials were run.
    assert!(report.skipped.is_empty() && report.trials.len() == 2, "{:?}", report.skipped);
    let left_out: Vec<&str> = report.features_too_dear.iter().map(|dear| dear.name.as_str()).collect();
    assert_eq!(left_out, [NAME]);
    assert_eq!(report.dense.second.get(NAME), 0.0);
}

#[test]
fn scores_that_do_not_fit_are_refused() {
    let (world, collection) = (World::new(ITEMS, 1), noise());
    let with = |scores| world.queries(60, 2).with_scores(NAME, scores);
    assert!(matches!(
        with(vec![vec![]]),
        Err(ess_core::Error::LengthMismatch { expected: 60, found: 1, .. })
    ));
    let nan = with(vec![vec![(0, f32::NAN)]; 60]);
    assert!(matches!(nan, Err(ess_core::Error::NonFinite { .. })));
    let twice = with(vec![vec![(0, 1.0), (0, 2.0)]; 60]);
    assert!(matches!(twice, Err(ess_core::Error::InvalidParameter { .. })));
    let auto = Auto::new(with_scores()).unwrap().with_progress(Progress::Silent);
    let found = auto.fit(&collection, &with(vec![vec![(ITEMS, 1.0)]; 60]).unwrap(), None, None);
    assert!(matches!(found, Err(Error::Core(ess_core::Error::RowOutOfRange { row: ITEMS, .. }))));
    // The items have vectors under the name.
    let vectors = noise().with_encoding(NAME, world.items.clone()).unwrap();
    let found = auto.fit(&vectors, &queries(&world, 60, 2), None, None);
    assert!(matches!(found, Err(Error::OtherEncoding { .. })));
    assert!(matches!(register_encoding(NAME), Err(Error::FeatureTaken { .. })));
    // No item at all is scored.
    let (_, report) = fit(&collection, &with(vec![vec![]; 60]).unwrap(), with_scores());
    assert_eq!(report.dense.second.get(NAME), 0.0);
}
