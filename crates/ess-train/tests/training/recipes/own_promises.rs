//! What single recipes promise.

use std::collections::HashSet;

use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule};
use ess_search::{
    Averaging, Ensemble, KeyValueMemoryConfig, Linear, LinearConfig, ModuleState, PersistentModule,
};
use ess_train::{
    DevSet, EnsembleRecipe, EnsembleSettings, Error, InterpolationRecipe, Items, Judgement, ModuleRecipe,
    QuerySet, Recipe, RecipeConfig, SoupRecipe, TrainingMemoryRecipe,
};

use crate::recipes::task::{DIM, Task, trainer};

fn linear() -> ModuleRecipe<Linear> {
    ModuleRecipe::new(LinearConfig::new(DIM, DIM))
}

#[test]
fn a_soup_is_the_mean_of_its_runs() {
    let task = Task::new();
    let items = Items::new(&task.items, &Device::flex());
    let trainer = trainer(false);
    let dev = DevSet::new(&task.dev, &items, trainer.config().measure).unwrap();
    let run = |seed| {
        let queries = task.train.resampled(seed).unwrap();
        let trained = linear().train(&trainer.with_run_seed(seed), &items, &queries, &dev).unwrap();
        trained.module.to_state().unwrap()
    };
    let soup: SoupRecipe = SoupRecipe::new(linear(), 2).unwrap();
    let soup = soup.train(&trainer, &items, &task.train, &dev).unwrap();
    assert_eq!(soup.record.curves().len(), 2);
    assert_eq!(soup.module.to_state().unwrap(), ModuleState::soup(&[run(0), run(1)]).unwrap());
}

#[test]
fn modules_of_other_kinds_configs_and_shapes_make_no_soup() {
    let state = |dim, bias| {
        use ess_search::{OnDevice, PersistentModule, TrainableModule};
        let config = LinearConfig { bias, ..LinearConfig::new(dim, dim) };
        OnDevice::new(Linear::init(&config, &Device::flex()).unwrap(), &Device::flex()).to_state().unwrap()
    };
    use ess_search::Error::{Core, NotOneKind};
    assert!(matches!(ModuleState::soup(&[]), Err(Core(ess_core::Error::Empty { .. }))));
    for other in [state(4, true), state(3, false)] {
        assert!(matches!(ModuleState::soup(&[state(3, true), other]), Err(NotOneKind { at: 1 })));
    }
}

#[test]
fn the_weight_of_an_interpolation_is_chosen_on_dev_and_kept_by_a_refit() {
    let task = Task::new();
    let items = Items::new(&task.items, &Device::flex());
    let trainer = trainer(true);
    let recipe: InterpolationRecipe = InterpolationRecipe::new(linear(), None).unwrap();
    let report = trainer.fit(&recipe, &items, &task.train, &task.dev).unwrap().report;
    let weight = report.settings["weight"];
    assert!((0.1..=1.0).contains(&weight));

    // With λ = 0 nothing of the module is left.
    let none: InterpolationRecipe = InterpolationRecipe::new(linear(), Some(0.0)).unwrap();
    let fitted = trainer.fit(&none, &items, &task.train, &task.dev).unwrap();
    assert_eq!(fitted.trained.apply(task.dev.encodings()).unwrap(), *task.dev.encodings());

    let dev = DevSet::new(&task.dev, &items, trainer.config().measure).unwrap();
    let trained = recipe.train(&trainer, &items, &task.train, &dev).unwrap();
    let again = recipe.refit(&trainer, &items, &task.train, &trained.record, 1.0).unwrap();
    assert_eq!(again.record.settings, trained.record.settings);
    assert!(matches!(
        recipe.refit(&trainer, &items, &task.train, &Default::default(), 1.0),
        Err(Error::Record { .. })
    ));
}

#[test]
fn there_is_no_interpolation_between_different_spaces() {
    let task = Task::new();
    let items = Items::new(&task.items, &Device::flex());
    let narrow = |queries: &QuerySet| {
        let rows: Vec<&[f32]> = queries.encodings().rows().map(|row| &row[..3]).collect();
        QuerySet::new(Embeddings::from_rows(&rows).unwrap(), queries.judgements().to_vec()).unwrap()
    };
    let recipe = RecipeConfig::named("interpolation").unwrap().build(3, DIM, 0).unwrap();
    let found = trainer(false).fit(&*recipe, &items, &narrow(&task.train), &narrow(&task.dev));
    assert!(matches!(found.err(), Some(Error::NoIdentity)));
}

#[test]
fn a_memory_of_training_finds_what_was_asked_for_before() {
    // Ten topics with one relevant item each, far from its queries; what is asked again is close to what was asked.
    let dim = 10;
    let axis = |at: usize, offset: usize| {
        let mut row = vec![0.02 * offset as f32; dim];
        row[at % dim] = 1.0;
        row
    };
    let items: Vec<Vec<f32>> = (0..dim).map(|topic| axis(topic + 3, 0)).collect();
    let items = Embeddings::from_rows(&items).unwrap();
    let set = |offsets: std::ops::Range<usize>| {
        let pairs: Vec<(usize, usize)> =
            offsets.flat_map(|offset| (0..dim).map(move |t| (t, offset))).collect();
        let queries: Vec<Vec<f32>> = pairs.iter().map(|&(topic, offset)| axis(topic, offset)).collect();
        let relevant = pairs.iter().map(|&(item, _)| vec![Judgement { item, grade: 1 }]).collect();
        QuerySet::new(Embeddings::from_rows(&queries).unwrap().normalized(), relevant).unwrap()
    };
    let (train, dev) = (set(0..4), set(4..6));
    let items = Items::new(&items, &Device::flex());
    for slots in [1000, 20] {
        let recipe =
            TrainingMemoryRecipe::new(KeyValueMemoryConfig { slots, ..KeyValueMemoryConfig::default() });
        let fitted = trainer(true).fit(&recipe, &items, &train, &dev).unwrap();
        let guard = &fitted.report.guard;
        assert!(guard.trained > 0.95 && guard.identity.unwrap() < 0.8, "{slots} slots: {}", guard.reason);
        let remembered = fitted.trained.to_state().unwrap().description.config["slots"].clone();
        assert_eq!(remembered, slots.min(60));
    }
}

#[test]
fn layers_fall_back_to_their_sentence_embedding() {
    let task = Task::new();
    let items = Items::new(&task.items, &Device::flex());
    // The sentence embedding, and noise behind it.
    let layers = |queries: &QuerySet| {
        let row = |row: &[f32]| [row, &[0.3; DIM], &[-0.1; DIM]].concat();
        let rows: Vec<Vec<f32>> = queries.encodings().rows().map(row).collect();
        QuerySet::new(Embeddings::from_rows(&rows).unwrap(), queries.judgements().to_vec()).unwrap()
    };
    let identity = RecipeConfig::default().build(DIM, DIM, 0).unwrap();
    let expected =
        trainer(false).fit(&*identity, &items, &task.train, &task.dev).unwrap().report.guard.identity;
    for kind in ["layer_attention", "layer_transformer"] {
        let recipe = RecipeConfig::named(kind).unwrap().build(3 * DIM, DIM, 0).unwrap();
        let fitted = trainer(false).fit(&*recipe, &items, &layers(&task.train), &layers(&task.dev)).unwrap();
        assert_eq!(fitted.report.guard.identity, expected, "{kind}");
    }
}

#[test]
fn runs_within_runs_share_no_seed() {
    let task = Task::new();
    let items = Items::new(&task.items, &Device::flex());
    let trainer = trainer(false);
    let dev = DevSet::new(&task.dev, &items, trainer.config().measure).unwrap();
    let soup = || -> SoupRecipe { SoupRecipe::new(linear(), 2).unwrap() };
    let two: EnsembleRecipe = EnsembleRecipe::new(Averaging::default()).with(soup()).with(soup());
    let nested: EnsembleRecipe = EnsembleRecipe::new(Averaging::default()).with(two).with(linear());
    assert_eq!(nested.seeds(), 5);
    let trained = nested.train(&trainer, &items, &task.train, &dev).unwrap();
    let members = trained.module.apply(task.dev.encodings()).unwrap();
    // The second soup has the seeds after the first one's, the linear module the one after both.
    let apart = |recipe: &dyn Recipe, seed| {
        let trained = recipe.train(&trainer.with_seed(seed), &items, &task.train, &dev).unwrap();
        trained.module
    };
    let soups = Ensemble::new(vec![apart(&soup(), 0), apart(&soup(), 2)], Averaging::default()).unwrap();
    let all = vec![Box::new(soups) as Box<dyn PersistentModule>, apart(&linear(), 4)];
    let expected = Ensemble::new(all, Averaging::default()).unwrap();
    assert_eq!(members, expected.apply(task.dev.encodings()).unwrap());
}

#[test]
fn the_default_ensemble_has_members_of_different_kinds_and_is_better_than_they_are_on_average() {
    let members = EnsembleSettings::default().members;
    let kinds: HashSet<&str> = members.iter().map(RecipeConfig::kind).collect();
    assert!(members.len() > 1 && kinds.len() == members.len(), "{kinds:?}");

    let task = Task::new();
    let items = Items::new(&task.items, &Device::flex());
    let trainer = trainer(false);
    let dev = DevSet::new(&task.dev, &items, trainer.config().measure).unwrap();
    let on_dev = |config: &RecipeConfig, seed| {
        let recipe = config.build(DIM, DIM, 0).unwrap();
        let trained = recipe.train(&trainer.with_seed(seed), &items, &task.train, &dev).unwrap();
        dev.mean(&*trained.module).unwrap()
    };
    let apart: Vec<f64> = (0..).zip(&members).map(|(seed, member)| on_dev(member, seed)).collect();
    let mean = apart.iter().sum::<f64>() / apart.len() as f64;
    let together = on_dev(&RecipeConfig::of(EnsembleSettings::default()), 0);
    assert!(together > mean, "{together} of {apart:?}");
}
