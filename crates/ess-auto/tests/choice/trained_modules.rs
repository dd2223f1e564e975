//! Every kind of module as a trained module: refused before anything is spent, or trained to the end.

use ess_auto::{Auto, AutoConfig, Error, TrainedModuleConfig};
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
    assert_eq!(refused, RecipeConfig::token_kinds());

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
