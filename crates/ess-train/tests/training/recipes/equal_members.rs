//! Members of an ensemble differ, or are refused.

use std::sync::Arc;

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{Averaging, Linear, LinearConfig, Mlp, MlpConfig, TrainableModule};
use ess_train::{
    ClosedForm, ClosedFormRecipe, Control, DevSet, EnsembleRecipe, Error, Fit, Items, ModuleRecipe, Observer,
    ObserverError, Progress, QuerySet, Recipe, RecipeConfig, RidgeConfig, SoupRecipe, Trainer, TrainerConfig,
    TrainingRecord, TrainingStep,
};

use crate::recipes::{
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

fn in_batches() -> Trainer {
    let config = TrainerConfig { batch_size: 32, ..trainer(false).config().clone() };
    Trainer::new(config).unwrap().with_progress(Progress::Silent)
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
        plain("positives_ridge"),
        r#"{"kind": "soup", "bagged": false, "runs": 1}"#.to_owned(),
    ];
    for member in &alone {
        // What the check says is so: neither seed makes a difference.
        let one = recipe(member);
        let apart = trainer(false).with_run_seed(5).with_start_seed(9);
        let tensors = |trainer: &Trainer| state(&*one, trainer, &task).tensors;
        assert_eq!(tensors(&trainer(false)), tensors(&apart), "{member}");
        let found = refused(&*recipe(&of_two(member, member, "")));
        assert!(
            matches!(found, Some(Error::EqualMembers { first: 0, second: 1, .. })),
            "{member}: {found:?}"
        );
        let json = format!(r#"{{"kind": "weighted_ensemble", "members": [{member}, {member}]}}"#);
        let found = refused(&*recipe(&json));
        assert!(matches!(found, Some(Error::EqualMembers { first: 0, second: 1, .. })), "{json}: {found:?}");
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
            matches!(found, Some(Error::EqualMembers { first, second, .. }) if is(first, second)),
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
        assert!(matches!(found, Some(Error::EqualMembers { first: 1, second: 2, .. })), "{found:?}");
    }
    assert!(build(r#"{"kind": "linear"}, {"kind": "linear", "bias": false}"#).is_none());
}

#[test]
fn members_that_anything_tells_apart_are_trained_and_differ() {
    let task = Task::new();
    let linear = r#"{"kind": "linear"}"#;
    let hard = r#"{"kind": "gated_selection", "gate": "hard_concrete"}"#;
    let (whole, in_batches) = (trainer(false), in_batches());
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

/// A fit of one's own that says what it is made of, and one that does not.
struct Own(Option<String>);

impl ClosedForm for Own {
    fn name(&self) -> &'static str {
        "own"
    }
    fn settings(&self) -> Option<String> {
        self.0.clone()
    }
    fn grid(&self, query_dim: usize, item_dim: usize) -> Vec<TrainingRecord> {
        RidgeConfig::default().grid(query_dim, item_dim)
    }
    fn shares(&self) -> &[f64] {
        &[1.0]
    }
    fn prepare<'a>(&'a self, queries: &'a QuerySet, items: &'a Items<'_>) -> Result<Fit<'a>, Error> {
        let config = Box::leak(Box::new(RidgeConfig::default()));
        config.prepare(queries, items)
    }
}

#[test]
fn fits_given_in_code_and_runs_of_a_soup_are_refused_by_name_where_they_are_equal() {
    let task = Task::new();
    let items = Items::new(&task.items, &Device::flex());
    let fit = |recipe: &dyn Recipe| {
        trainer(false).fit(recipe, &items, &task.train, &task.dev).map(|fitted| fitted.report)
    };
    let two = |one: ClosedFormRecipe<Own>, other: ClosedFormRecipe<Own>| -> EnsembleRecipe {
        EnsembleRecipe::new(Averaging::default()).with(one).with(other)
    };
    let own = |settings: Option<&str>| ClosedFormRecipe::new(Own(settings.map(str::to_owned)));
    let ridge = || ClosedFormRecipe::new(RidgeConfig::default());
    let ridges: EnsembleRecipe = EnsembleRecipe::new(Averaging::default()).with(ridge()).with(ridge());
    let soup = |recipe| SoupRecipe::new(recipe, 3).unwrap().bagged(false);
    let linear = || ModuleRecipe::<Linear>::new(LinearConfig::new(DIM, DIM));
    let equal: [(&str, Box<dyn Recipe>); 4] = [
        ("ridge", Box::new(ridges)),
        ("own", Box::new(two(own(Some("")), own(Some(""))))),
        ("ridge", Box::new(SoupRecipe::new(ridge(), 2).unwrap().bagged(false))),
        ("linear", Box::new(soup(linear()))),
    ];
    for (kind, recipe) in equal {
        let message = fit(&*recipe).unwrap_err().to_string();
        assert!(message.contains(&format!("both {kind},")), "{message}");
    }
    // Bagged, of different settings, or not known.
    fit(&SoupRecipe::<Embeddings>::new(ridge(), 2).unwrap()).unwrap();
    fit(&two(own(Some("1")), own(Some("2")))).unwrap();
    fit(&two(own(None), own(None))).unwrap();
    assert!(fit(&own(Some(""))).unwrap().deterministic && !fit(&own(None)).unwrap().deterministic);
}

#[test]
fn every_recipe_says_whether_a_seed_changes_what_it_gives() {
    let task = Task::new();
    let items = Items::new(&task.items, &Device::flex());
    let trainers = [trainer(false), in_batches()];
    let mut counts = [0; 2];
    for kind in RecipeConfig::kinds() {
        let recipe = RecipeConfig::named(kind).unwrap().build(DIM, DIM, 0).unwrap();
        for (at, trainer) in trainers.iter().enumerate() {
            let fits = [0, 1]
                .map(|seed| trainer.with_seed(seed).fit(&*recipe, &items, &task.train, &task.dev).unwrap());
            let [one, other] = fits.each_ref().map(|fitted| fitted.trained.to_state().unwrap().tensors);
            let says = fits.each_ref().map(|fitted| fitted.report.deterministic);
            assert_eq!(says, [one == other; 2], "{kind} with trainer {at}");
            counts[at] += usize::from(one == other);
        }
    }
    // Fits with a closed form in both, modules that start as the identity as long as all queries are in one batch.
    assert!(counts[0] > counts[1] && counts[1] >= 8, "{counts:?}");
}
