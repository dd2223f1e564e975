//! Asked of every kind by its name.

use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule, TokenStates};
use ess_search::Registry;
use ess_train::{Fitted, Items, Judgement, QuerySet, Recipe, RecipeConfig, Returned, Trained};

use crate::recipes::task::{DIM, Task, trainer};

fn fit(kind: &str, task: &Task) -> Fitted {
    let recipe = RecipeConfig::named(kind).unwrap().build(DIM, DIM, 0).unwrap();
    let items = Items::new(&task.items, &Device::flex());
    trainer(true).fit(&*recipe, &items, &task.train, &task.dev).unwrap()
}

#[test]
fn every_recipe_learns_is_repeatable_and_can_be_saved() {
    let task = Task::new();
    for kind in RecipeConfig::kinds() {
        let fitted = fit(kind, &task);
        let report = &fitted.report;
        // Fits with a closed form have no curve.
        if let Some(curve) = report.curves.first().map(|curve| &curve.points) {
            assert!(curve[curve.len() - 1].loss < curve[0].loss, "{kind}: {curve:?}");
        }
        assert!(report.guard.identity.is_some(), "{kind}");

        let found = fitted.trained.apply(task.dev.encodings()).unwrap();
        assert_ne!(found, *task.dev.encodings(), "{kind}");
        assert_eq!(fit(kind, &task).trained.apply(task.dev.encodings()).unwrap(), found, "{kind} again");

        let folder = tempfile::tempdir().unwrap();
        fitted.trained.to_state().unwrap().save(folder.path()).unwrap();
        let loaded = Registry::default().load(folder.path(), &Device::flex()).unwrap();
        assert_eq!(loaded.apply(task.dev.encodings()).unwrap(), found, "{kind} loaded");
    }
}

#[test]
fn every_recipe_trains_without_dev_queries() {
    let task = Task::new();
    let items = Items::new(&task.items, &Device::flex());
    let train = |recipe: &dyn Recipe| recipe.train_without_dev(&trainer(false), &items, &task.train).unwrap();
    for kind in RecipeConfig::kinds() {
        let recipe = RecipeConfig::named(kind).unwrap().build(DIM, DIM, 0).unwrap();
        let Trained { module, record } = train(&*recipe);
        let found = module.apply(task.dev.encodings()).unwrap();
        assert_ne!(found, *task.dev.encodings(), "{kind}");
        assert_eq!(train(&*recipe).module.apply(task.dev.encodings()).unwrap(), found, "{kind} again");
        let steps = trainer(false).config().max_steps;
        let all_steps = record.curves().iter().all(|curve| curve.kept_step == steps);
        assert!(all_steps, "{kind}: {record:?}");
        // The record is one that the recipe can be refitted by.
        let again = recipe.refit(&trainer(false), &items, &task.train, &record, 1.0).unwrap().module;
        assert_eq!(again.apply(task.dev.encodings()).unwrap(), found, "{kind} refitted");
    }
}

#[test]
fn every_recipe_over_token_states_trains_without_dev_queries() {
    let task = Task::new();
    let items = Items::new(&task.items, &Device::flex());
    let embeddings = task.train.encodings();
    let starts = (0..=embeddings.len()).map(|query| 2 * query).collect();
    let states = (0..2 * embeddings.len() * 5).map(|at| (at as f32 * 0.7).sin()).collect();
    let states = TokenStates::new(embeddings.clone(), 5, starts, states).unwrap();
    let queries = QuerySet::new(states, task.train.judgements().to_vec()).unwrap();
    for kind in RecipeConfig::token_kinds() {
        for json in [
            format!(r#"{{"kind": "{kind}"}}"#),
            format!(r#"{{"kind": "soup", "runs": 2, "of": {{"kind": "{kind}"}}}}"#),
            format!(r#"{{"kind": "interpolation", "of": {{"kind": "{kind}"}}}}"#),
        ] {
            let recipe: RecipeConfig = serde_json::from_str(&json).unwrap();
            if recipe.kind() == "interpolation" && RecipeConfig::named(kind).unwrap().has_scoring() {
                let refused = recipe.build_for_tokens(5, DIM, 0).err();
                assert!(matches!(refused, Some(ess_train::Error::Scored { .. })), "{json}: {refused:?}");
                continue;
            }
            let recipe = recipe.build_for_tokens(5, DIM, 0).unwrap();
            let trained = recipe.train_without_dev(&trainer(false), &items, &queries).unwrap();
            assert!(trained.record.curves().iter().all(|curve| curve.kept_step == 40), "{json}");
        }
    }
}

#[test]
fn recipes_that_can_learn_a_matrix_do_and_are_refitted() {
    let task = Task::new();
    let whole = ["linear", "orthogonal", "mlp", "sequence", "mixture_of_experts", "ensemble"];
    for kind in whole.into_iter().chain(["weighted_ensemble", "soup", "interpolation", "layer_attention"]) {
        let report = fit(kind, &task).report;
        assert!(report.guard.trained > 0.8, "{kind} reaches {} on dev", report.guard.trained);
        assert!(!report.refit.is_empty(), "{kind} is not refitted");
    }
}

/// One query in one dimension, and several queries that are all equal, among items that are.
#[test]
fn embeddings_that_teach_nothing_give_the_identity_or_an_error() {
    for (queries, dim) in [(1, 1), (6, 4)] {
        let equal = |rows: usize| Embeddings::from_vec(vec![1.0; rows * dim], dim).unwrap().normalized();
        let relevant = (0..queries).map(|item| vec![Judgement { item, grade: 1 }]).collect();
        let set = QuerySet::new(equal(queries), relevant).unwrap();
        let items = equal(9);
        let items = Items::new(&items, &Device::flex());
        for kind in RecipeConfig::kinds() {
            let recipe = RecipeConfig::named(kind).unwrap().build(dim, dim, 0).unwrap();
            let without_dev = recipe.train_without_dev(&trainer(true), &items, &set);
            let refused = without_dev.err();
            assert!(
                refused.as_ref().is_none_or(|error| matches!(error, ess_train::Error::Linalg(_))),
                "{kind}: {refused:?}"
            );
            match trainer(true).fit(&*recipe, &items, &set, &set) {
                Ok(fitted) => assert_eq!(fitted.report.guard.returned, Returned::Identity, "{kind}"),
                // What has a closed form says that there is none.
                Err(error) => assert!(matches!(error, ess_train::Error::Linalg(_)), "{kind}: {error}"),
            }
        }
    }
}
