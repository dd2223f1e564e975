//! What searching takes, and a budget for it.

use ess_auto::{AutoConfig, AutoReport, Collection, Variant, register_encoding};
use ess_core::{Embeddings, TokenStates};
use ess_searchers::ItemTokens;

use crate::generated::{DIM, World, config, fit};

const ITEMS: usize = 80;
const MUCH: f64 = 1e6;

/// Items whose words and tokens both say what one vector does not, and the queries by tokens.
fn world() -> (Collection, ess_auto::TrainingQueries) {
    let world = World::new(ITEMS, 1);
    let states = |rows: &Embeddings| {
        let texts: Vec<&[f32]> = (0..rows.len()).map(|row| rows.row(row)).collect();
        TokenStates::from_texts(rows.clone(), DIM, &texts).unwrap()
    };
    let collection = world.collection().with_tokens(ItemTokens::new(&states(&world.items)).unwrap()).unwrap();
    let queries = world.queries(60, 2);
    let tokens = states(queries.set().encodings());
    (collection, queries.with_tokens(tokens).unwrap())
}

/// Both trials were run to their end: what was declared is not spent while choosing.
fn all_was_tried(report: &AutoReport) {
    let tried: Vec<&str> = report.trials.iter().map(|trial| &*trial.name).collect();
    assert_eq!(tried, ["weights alone", "no trained module"], "{:?}", report.skipped);
    assert!(report.skipped.is_empty(), "{:?}", report.skipped);
    assert!(report.cpu_seconds < report.config.budget_seconds, "{}", report.cpu_seconds);
}

#[test]
fn what_searching_takes_is_reported_for_each_feature_that_is_weighed() {
    let (collection, queries) = world();
    let (_, report) = fit(&collection, &queries, config());
    for (variant, choice) in
        [(Variant::Dense, &report.dense), (Variant::Hybrid, report.hybrid.as_ref().unwrap())]
    {
        let cost = &report.search_costs[&variant];
        let weighed = choice.first.iter().zip(choice.second.iter());
        let weighed = weighed.filter(|((_, first), (_, second))| *first > 0.0 || *second > 0.0);
        let weighed: Vec<&str> = weighed.map(|((name, _), _)| name).collect();
        assert_eq!(cost.features.len(), weighed.len(), "{cost:?} {weighed:?}");
        assert!(weighed.iter().all(|name| cost.features[*name] > 0.0), "{cost:?}");
        let sum = cost.shared + cost.features.values().sum::<f64>();
        assert!(cost.shared > 0.0 && (cost.total - sum).abs() < 1e-9, "{cost:?}");
    }
    assert!(report.search_costs[&Variant::Hybrid].features.contains_key("lexical"));
    assert!(report.features_too_dear.is_empty() && report.trials_too_dear.is_empty());
}

#[test]
fn a_dear_feature_is_left_out_and_said() {
    let (collection, queries) = world();
    let (_, free) = fit(&collection, &queries, config());
    assert!(free.hybrid.unwrap().second.get("lexical") > 0.0);
    // Declared, as what an encoder of queries takes would be.
    let dear = AutoConfig {
        search_budget: Some(MUCH),
        feature_costs: [("lexical".to_owned(), 2.0 * MUCH)].into(),
        ..config()
    };
    let (_, report) = fit(&collection, &queries, dear);
    all_was_tried(&report);
    let [left_out] = &report.features_too_dear[..] else { panic!("{:?}", report.features_too_dear) };
    assert_eq!((left_out.name.as_str(), left_out.variant), ("lexical", Variant::Hybrid));
    assert!(left_out.cpu_milliseconds >= 2.0 * MUCH);
    let hybrid = report.hybrid.unwrap();
    assert_eq!((hybrid.first.get("lexical"), hybrid.second.get("lexical")), (0.0, 0.0));
    assert!(report.search_costs[&Variant::Hybrid].total < MUCH);
    assert!(report.trials_too_dear.is_empty(), "{:?}", report.trials_too_dear);
}

#[test]
fn where_nothing_fits_the_frozen_encoder_is_kept_and_the_reason_said() {
    let (collection, queries) = world();
    let (_, report) = fit(&collection, &queries, AutoConfig { search_budget: Some(1e-9), ..config() });
    all_was_tried(&report);
    let hybrid = report.hybrid.unwrap();
    assert!(hybrid.trial.is_none() && hybrid.reason.contains("search budget"), "{}", hybrid.reason);
    assert_eq!(report.trials_too_dear.len(), 4, "{:?}", report.trials_too_dear);
    let left_out = report.features_too_dear.iter().filter(|dear| dear.variant == Variant::Dense);
    let left_out: Vec<&str> = left_out.map(|dear| dear.name.as_str()).collect();
    assert!(left_out.contains(&"tokens") && !left_out.contains(&"dense"), "{left_out:?}");
    let frozen = &report.search_costs[&Variant::Dense];
    assert_eq!(frozen.features.keys().collect::<Vec<_>>(), ["dense"]);
}

#[test]
fn a_run_that_goes_on_leaves_out_what_the_first_one_did() {
    let (collection, queries) = world();
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.json");
    let config = AutoConfig {
        search_budget: Some(MUCH),
        feature_costs: [("tokens".to_owned(), 2.0 * MUCH)].into(),
        ..config()
    };
    let run = || {
        let auto = ess_auto::Auto::new(config.clone()).unwrap().with_progress(ess_train::Progress::Silent);
        auto.fit(&collection, &queries, None, Some(&journal)).unwrap()
    };
    let ((first, report), (second, again)) = (run(), run());
    assert_eq!(first, second);
    all_was_tried(&report);
    all_was_tried(&again);
    assert_eq!(report.features_too_dear, again.features_too_dear);
    assert!(report.features_too_dear.iter().all(|dear| dear.name == "tokens"));
    assert_eq!(report.features_too_dear.len(), 2);
}

#[test]
fn what_the_data_have_nothing_of_costs_nothing() {
    const ABSENT: &str = "absent_encoder";
    register_encoding(ABSENT).unwrap();
    let (collection, queries) = world();
    let mut config = AutoConfig {
        search_budget: Some(MUCH),
        feature_costs: [(ABSENT.to_owned(), 2.0 * MUCH)].into(),
        ..config()
    };
    config.features.push(ABSENT.to_owned());
    let (_, report) = fit(&collection, &queries, config.clone());
    all_was_tried(&report);
    assert!(report.features_too_dear.is_empty(), "{:?}", report.features_too_dear);
    // With items by it and without queries by it, too.
    let items = collection.items().clone();
    let (_, report) = fit(&collection.with_encoding(ABSENT, items).unwrap(), &queries, config);
    assert!(report.features_too_dear.is_empty(), "{:?}", report.features_too_dear);
}

#[test]
fn nothing_is_measured_for_too_few_queries() {
    let world = World::new(ITEMS, 1);
    let (_, report) = fit(&world.collection(), &world.queries(10, 2), config());
    assert!(
        report.dense.reason.contains("no evidence") && report.hybrid.is_some(),
        "{}",
        report.dense.reason
    );
    assert!(report.search_costs.is_empty(), "{:?}", report.search_costs);
}
