//! Every kind of module as a trained module: refused before anything is spent, or trained to the end.

use ess_auto::{Auto, AutoConfig, Error, TrainedModuleConfig, TrainingQueries};
use ess_train::{Progress, RecipeConfig, TrainerConfig};

use crate::generated::{World, fit};

fn with_module(module: RecipeConfig) -> AutoConfig {
    let trainer = TrainerConfig { max_steps: 1, ..TrainerConfig::default() };
    let trained = TrainedModuleConfig { name: "the module".to_owned(), module, trainer };
    AutoConfig { trained_modules: vec![trained], folds: 3, budget_seconds: 1e6, ..AutoConfig::default() }
}

fn parsed(json: &str) -> RecipeConfig {
    serde_json::from_str(json).unwrap()
}

#[test]
fn every_kind_is_refused_at_once_or_works() {
    let world = World::new(30, 3);
    let (collection, train) = (world.bare_collection(), world.queries(24, 4));
    let kinds = RecipeConfig::kinds().into_iter().chain(RecipeConfig::token_kinds());
    let mut refused = Vec::new();
    for kind in kinds {
        let config = with_module(RecipeConfig::named(kind).unwrap());
        match config.check() {
            Ok(()) => {
                let (_, report) = fit(&collection, &train, config);
                assert!(report.trials.iter().any(|trial| trial.name == "the module"), "{kind}: {report:?}");
            }
            Err(error) => {
                let named = matches!(&error, Error::Config { name: "trained_modules", found, .. } if found.contains(kind));
                assert!(named, "{kind}: {error}");
                refused.push(kind);
            }
        }
    }
    let expected: Vec<&str> = ["hypencoder"].into_iter().chain(RecipeConfig::token_kinds()).collect();
    assert_eq!(refused, expected);

    for works in [
        r#"{"kind": "interpolation", "weight": 0.5, "of": {"kind": "ridge"}}"#,
        r#"{"kind": "weighted_ensemble", "jointly": true}"#,
        r#"{"kind": "soup", "runs": 2, "of": {"kind": "procrustes"}}"#,
        r#"{"kind": "ensemble", "members": [{"kind": "soup"}, {"kind": "pca"}]}"#,
        r#"{"kind": "ensemble", "members": [{"kind": "linear"}, {"kind": "interpolation"}]}"#,
        r#"{"kind": "interpolation", "of": {"kind": "weighted_ensemble"}}"#,
    ] {
        let (_, report) = fit(&collection, &train, with_module(parsed(works)));
        assert!(report.trials.iter().any(|trial| trial.name == "the module"), "{works}: {report:?}");
    }
    // Found among the parts too.
    for inside in [
        r#"{"kind": "ensemble", "members": [{"kind": "linear"}, {"kind": "similarity_attention"}]}"#,
        r#"{"kind": "interpolation", "weight": 1.0, "of": {"kind": "token_attention"}}"#,
    ] {
        assert!(
            matches!(with_module(parsed(inside)).check(), Err(Error::Config { name: "trained_modules", .. })),
            "{inside}"
        );
    }
}

#[test]
fn a_module_that_does_not_fit_or_repeats_itself_is_refused_before_the_first_trial() {
    let world = World::new(30, 3);
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.json");
    for module in [
        r#"{"kind": "linear", "query_dim": 5}"#,
        r#"{"kind": "mlp", "hidden": [0]}"#,
        r#"{"kind": "soup", "runs": 2, "of": {"kind": "procrustes"}, "bagged": false}"#,
        r#"{"kind": "ensemble", "members": [{"kind": "pca"}, {"kind": "pca"}]}"#,
    ] {
        let auto = Auto::new(with_module(parsed(module))).unwrap().with_progress(Progress::Silent);
        let found = auto.fit(&world.bare_collection(), &world.queries(24, 4), None, Some(&journal));
        assert!(matches!(found, Err(Error::Train(_) | Error::Search(_) | Error::Core(_))), "{module}");
        assert!(!journal.exists());
    }
}

/// The same queries, the first of which weighs three times as much.
fn weighed(queries: &TrainingQueries) -> TrainingQueries {
    let weights = (0..queries.set().len()).map(|query| if query == 0 { 3.0 } else { 1.0 });
    TrainingQueries::new(queries.set().clone().with_weights(weights.collect()).unwrap())
}

#[test]
fn a_module_that_would_ignore_weights_is_refused_before_the_first_trial() {
    let world = World::new(30, 3);
    let (collection, train) = (world.bare_collection(), weighed(&world.queries(24, 4)));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.json");
    for module in [
        r#"{"kind": "cca"}"#,
        r#"{"kind": "interpolation", "of": {"kind": "pca"}}"#,
        r#"{"kind": "soup", "of": {"kind": "whitening"}}"#,
        r#"{"kind": "ensemble", "members": [{"kind": "linear"}, {"kind": "all_but_the_top"}]}"#,
        r#"{"kind": "weighted_ensemble", "members": [{"kind": "linear"}, {"kind": "pca"}]}"#,
    ] {
        let auto = Auto::new(with_module(parsed(module))).unwrap().with_progress(Progress::Silent);
        let found = auto.fit(&collection, &train, None, Some(&journal)).map(|_| ());
        assert!(
            matches!(found, Err(Error::Train(ess_train::Error::Unweighted { .. }))),
            "{module}: {found:?}"
        );
        assert!(!journal.exists());
    }
    let (_, report) = fit(&collection, &train, with_module(parsed(r#"{"kind": "ridge"}"#)));
    assert!(report.skipped.is_empty() && report.trials.len() == 3, "{:?}", report.skipped);
}

#[test]
fn a_module_that_fails_is_skipped_and_the_others_go_on() {
    let world = World::new(30, 3);
    let (collection, train) = (world.bare_collection(), world.queries(24, 4));
    let steps = |max_steps, learning_rate| TrainerConfig {
        max_steps,
        learning_rate,
        warmup_steps: 0,
        clip_norm: None,
        ..TrainerConfig::default()
    };
    let named = |name: &str, trainer| TrainedModuleConfig {
        name: name.to_owned(),
        module: RecipeConfig::default(),
        trainer,
    };
    let trained_modules = vec![
        // The loss is no number at the second step; or it is never looked at again.
        named("diverges", steps(3, 3e38)),
        named("ends without numbers", steps(1, 3e38)),
        named("works", steps(1, 1e-3)),
    ];
    let config = AutoConfig { trained_modules, folds: 3, budget_seconds: 1e6, ..AutoConfig::default() };
    let (_, report) = fit(&collection, &train, config);
    let names: Vec<&str> = report.trials.iter().map(|trial| &*trial.name).collect();
    assert_eq!(names, ["weights alone", "no trained module", "works"]);
    let skipped: Vec<&str> = report.skipped.iter().map(|trial| &*trial.name).collect();
    assert_eq!(skipped, ["diverges", "ends without numbers"]);
    assert!(
        report.skipped.iter().all(|trial| trial.reason.starts_with("it failed: ")),
        "{:?}",
        report.skipped
    );
}
