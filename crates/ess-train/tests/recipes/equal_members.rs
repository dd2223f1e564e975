//! Members of an ensemble differ, or are refused.

use std::sync::Arc;

use burn::tensor::Device;
use ess_search::{Averaging, Linear, LinearConfig, Mlp, MlpConfig, TrainableModule};
use ess_train::{
    Control, DevSet, EnsembleRecipe, Error, Items, ModuleRecipe, Observer, ObserverError, Progress, Recipe,
    RecipeConfig, Trainer, TrainerConfig, TrainingStep,
};

use crate::{
    seeds::{members, recipe, state},
    task::{DIM, Task, trainer},
};

fn of_two(member: &str, other: &str, more: &str) -> String {
    format!(r#"{{"kind": "ensemble", "members": [{member}, {other}]{more}}}"#)
}

/// Fails where a member has been trained.
struct NoTraining;

impl Observer for NoTraining {
    fn on_evaluation(&self, _: &TrainingStep<'_>, _: f64) -> Result<Control, ObserverError> {
        Err("a member was trained".into())
    }
}

#[test]
fn members_that_would_come_out_equal_are_refused_before_training() {
    let task = Task::new();
    let items = Items::new(&task.items, &Device::flex());
    let dev = DevSet::new(&task.dev, &items, trainer(false).config().measure).unwrap();
    let refused = |recipe: &dyn Recipe| {
        let trainer = trainer(false).with_observer(Arc::new(NoTraining));
        recipe.train(&trainer, &items, &task.train, &dev).err()
    };
    let of_seed = |seed: u64| format!(r#"{{"kind": "linear", "seed": {seed}}}"#);
    let plain = |kind: &str| format!(r#"{{"kind": "{kind}"}}"#);
    let alone = [
        of_seed(0),
        of_seed(7),
        plain("orthogonal"),
        plain("diagonal"),
        plain("gated_selection"),
        plain("training_memory"),
        plain("ridge"),
        plain("interpolation"),
        of_two(&plain("linear"), &plain("diagonal"), ""),
        r#"{"kind": "soup", "bagged": false}"#.to_owned(),
    ];
    for member in &alone {
        // What the check says is so: neither seed makes a difference.
        let one = recipe(member);
        let apart = trainer(false).with_run_seed(5).with_start_seed(9);
        let tensors = |trainer: &Trainer| state(&*one, trainer, &task).tensors;
        assert_eq!(tensors(&trainer(false)), tensors(&apart), "{member}");
        let found = refused(&*recipe(&of_two(member, member, "")));
        assert!(matches!(found, Some(Error::EqualMembers { first: 0, second: 1 })), "{member}: {found:?}");
        let json = format!(r#"{{"kind": "weighted_ensemble", "members": [{member}, {member}]}}"#);
        let found = refused(&*recipe(&json));
        assert!(matches!(found, Some(Error::EqualMembers { first: 0, second: 1 })), "{json}: {found:?}");
    }
    let linear = || ModuleRecipe::<Linear>::new(LinearConfig::new(DIM, DIM));
    let mlp = || ModuleRecipe::<Mlp>::new(MlpConfig::new(DIM, DIM));
    let standing = || {
        let module = Linear::init(&LinearConfig::new(DIM, DIM), &Device::flex()).unwrap();
        ModuleRecipe::from_module(module)
    };
    let empty = || -> EnsembleRecipe { EnsembleRecipe::new(Averaging::default()) };
    let recipes = [
        (empty().with(linear()).with(mlp()).with(linear()), 0, 2),
        (empty().with(mlp()).with(standing()).with(linear()), 1, 2),
        (empty().with(recipe(&of_seed(0))).with(recipe(&of_seed(7))), 0, 1),
    ];
    for (ensemble, one, other) in recipes {
        let found = refused(&ensemble);
        let is = |first, second| (first, second) == (one, other);
        assert!(
            matches!(found, Some(Error::EqualMembers { first, second }) if is(first, second)),
            "{found:?}"
        );
    }
}

#[test]
fn members_that_would_learn_the_same_side_by_side_are_refused() {
    let build = |members: &str| {
        let json = format!(r#"{{"kind": "weighted_ensemble", "jointly": true, "members": [{members}]}}"#);
        serde_json::from_str::<RecipeConfig>(&json).unwrap().build(DIM, DIM, 0).err()
    };
    for members in [
        r#"{"kind": "mlp"}, {"kind": "linear"}, {"kind": "linear"}"#,
        r#"{"kind": "mlp"}, {"kind": "linear", "seed": 1}, {"kind": "linear", "seed": 2}"#,
    ] {
        let found = build(members);
        assert!(matches!(found, Some(Error::EqualMembers { first: 1, second: 2 })), "{found:?}");
    }
    assert!(build(r#"{"kind": "linear"}, {"kind": "linear", "bias": false}"#).is_none());
}

#[test]
fn members_that_anything_tells_apart_are_trained_and_differ() {
    let task = Task::new();
    let linear = r#"{"kind": "linear"}"#;
    let hard = r#"{"kind": "gated_selection", "gate": "hard_concrete"}"#;
    let whole = trainer(false);
    let config = TrainerConfig { batch_size: 32, ..whole.config().clone() };
    let in_batches = Trainer::new(config).unwrap().with_progress(Progress::Silent);
    for (name, json, trainer) in [
        ("bagged", of_two(linear, linear, r#", "bagged": true"#), &whole),
        ("batches", of_two(linear, linear, ""), &in_batches),
        ("settings", of_two(linear, r#"{"kind": "linear", "bias": false}"#, ""), &whole),
        ("noise", of_two(hard, hard, ""), &whole),
    ] {
        let found = members(&state(&*recipe(&json), trainer, &task));
        assert_ne!(found[0], found[1], "{name}");
    }
}
