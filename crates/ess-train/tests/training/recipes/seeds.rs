//! One seed drives all that is random.

use burn::tensor::Device;
use ess_core::SearchModule;
use ess_search::{
    Averaging, Ensemble, KeyValueMemory, KeyValueMemoryConfig, LowRank, LowRankConfig, Mlp, MlpConfig,
    ModuleState, PartConfig, PersistentModule, Sequence, SequenceConfig, TrainableModule,
};
use ess_train::{
    DevSet, EnsembleRecipe, Items, ModuleRecipe, Recipe, RecipeConfig, SoupRecipe, Trained, Trainer,
};

use crate::recipes::task::{DIM, Task, trainer};

fn mlp() -> ModuleRecipe<Mlp> {
    ModuleRecipe::new(MlpConfig::new(DIM, DIM))
}

/// All queries in one batch, none drawn: nothing differs but what the seed gives the module.
fn train(recipe: &dyn Recipe, trainer: &Trainer, task: &Task) -> Trained {
    let items = Items::new(&task.items, &Device::flex());
    let dev = DevSet::new(&task.dev, &items, trainer.config().measure).unwrap();
    recipe.train(trainer, &items, &task.train, &dev).unwrap()
}

pub(crate) fn state(recipe: &dyn Recipe, trainer: &Trainer, task: &Task) -> ModuleState {
    train(recipe, trainer, task).module.to_state().unwrap()
}

/// The tensors of each member of an ensemble.
pub(crate) fn members(state: &ModuleState) -> Vec<Vec<(String, Vec<f32>)>> {
    let count = state.description.config["members"].as_array().unwrap().len();
    let member = |at: usize| {
        let prefix = format!("{at}.");
        let own = state.tensors.iter().filter_map(|(name, tensor)| {
            Some((name.strip_prefix(&prefix)?.to_owned(), tensor.values().to_vec()))
        });
        own.collect()
    };
    (0..count).map(member).collect()
}

#[test]
fn equal_members_of_an_ensemble_that_is_not_bagged_differ() {
    let task = Task::new();
    let low_rank = || ModuleRecipe::<LowRank>::new(LowRankConfig::new(DIM, DIM));
    let memory = || ModuleRecipe::<KeyValueMemory>::new(KeyValueMemoryConfig::new(DIM, DIM));
    let empty = || -> EnsembleRecipe { EnsembleRecipe::new(Averaging::default()) };
    let of_data = |kind: &str| RecipeConfig::named(kind).unwrap().build(DIM, DIM, 0).unwrap();
    for (name, recipe) in [
        ("mlp", empty().with(mlp()).with(mlp()).with(mlp())),
        ("low_rank", empty().with(low_rank()).with(low_rank())),
        ("key_value_memory", empty().with(memory()).with(memory())),
        ("mlp as data", empty().with(of_data("mlp")).with(of_data("mlp"))),
    ] {
        let found = members(&state(&recipe, &trainer(false), &task));
        for (at, member) in found.iter().enumerate() {
            assert!(!found[..at].contains(member), "{name}: member {at} is another's copy");
        }
    }
}

#[test]
fn members_of_different_kinds_start_as_they_do_alone() {
    let task = Task::new();
    let kinds = ["linear", "mlp", "key_value_memory"];
    let together =
        state(&*RecipeConfig::named("ensemble").unwrap().build(DIM, DIM, 0).unwrap(), &trainer(false), &task);
    let apart = kinds.iter().zip(0..).map(|(kind, at)| {
        let recipe = RecipeConfig::named(kind).unwrap().build(DIM, DIM, 0).unwrap();
        train(&*recipe, &trainer(false).with_run_seed(at), &task).module
    });
    let expected = Ensemble::new(apart.collect(), Averaging::default()).unwrap();
    assert_eq!(together, expected.to_state().unwrap());
}

#[test]
fn experts_and_members_that_are_trained_side_by_side_differ() {
    let task = Task::new();
    for (kind, json) in [
        ("mlp", r#"{"kind": "mixture_of_experts", "experts": [{"kind": "mlp"}, {"kind": "mlp"}]}"#),
        // Told apart by the gate, which starts at random.
        ("linear", r#"{"kind": "mixture_of_experts", "experts": [{"kind": "linear"}, {"kind": "linear"}]}"#),
        (
            "mlp",
            r#"{"kind": "weighted_ensemble", "jointly": true, "members": [{"kind": "mlp"}, {"kind": "mlp"}]}"#,
        ),
    ] {
        let found = state(&*recipe(json), &trainer(false), &task);
        let part = |at: usize| found.part(&format!("{kind} {at}")).unwrap().tensors;
        assert_ne!(part(0), part(1), "{json}");
    }
}

pub(crate) fn recipe(json: &str) -> Box<dyn Recipe> {
    serde_json::from_str::<RecipeConfig>(json).unwrap().build(DIM, DIM, 0).unwrap()
}

/// What a study over seeds varies: without it, its variance would be zero.
#[test]
fn a_trainers_seed_reaches_the_starting_values_of_every_kind_that_draws_them() {
    let task = Task::new();
    let by_code: [(&str, &dyn Recipe); 2] =
        [("mlp", &mlp()), ("low_rank", &ModuleRecipe::<LowRank>::new(LowRankConfig::new(DIM, DIM)))];
    // Parts have seeds of their own.
    let description = Mlp::init(&MlpConfig::new(DIM, DIM), &Device::flex()).unwrap().description().unwrap();
    let part = PartConfig { name: "bend".into(), frozen: false, module: description };
    let sequence = ModuleRecipe::<Sequence>::new(SequenceConfig { parts: vec![part] });
    let as_data =
        ["mlp", "low_rank", "key_value_memory", "layer_transformer", "mixture_of_experts", "ensemble"];
    let as_data = as_data.map(|kind| (kind, RecipeConfig::named(kind).unwrap().build(DIM, DIM, 0).unwrap()));
    let as_data = as_data.iter().map(|(kind, recipe)| (*kind, &**recipe));
    for (kind, recipe) in by_code.into_iter().chain([("a sequence", &sequence as _)]).chain(as_data) {
        let of_seed = |seed| {
            let module = train(recipe, &trainer(false).with_seed(seed), &task).module;
            module.apply(task.dev.encodings()).unwrap()
        };
        let found = [0, 1, 2].map(of_seed);
        assert!(found[0] != found[1] && found[1] != found[2] && found[0] != found[2], "{kind}");
        assert_eq!(of_seed(1), found[1], "{kind} repeats");
    }
}

#[test]
fn the_seed_of_a_config_and_that_of_the_trainer_add_up() {
    let task = Task::new();
    let of_config = |seed| ModuleRecipe::<Mlp>::new(MlpConfig { seed, ..MlpConfig::new(DIM, DIM) });
    assert_eq!(
        state(&of_config(2), &trainer(false).with_seed(3), &task),
        state(&of_config(0), &trainer(false).with_seed(5), &task)
    );
    let built = RecipeConfig::named("mlp").unwrap().build(DIM, DIM, 2).unwrap();
    assert_eq!(
        state(&*built, &trainer(false).with_seed(3), &task),
        state(&of_config(5), &trainer(false), &task)
    );
}

#[test]
fn dropout_is_drawn_by_the_trainers_seed_also_of_a_module_that_stands() {
    let task = Task::new();
    let config = MlpConfig { dropout: 0.3, ..MlpConfig::new(DIM, DIM) };
    let module = Mlp::init(&config, &Device::flex()).unwrap();
    let part = ess_search::Part::new("bend", module.clone()).unwrap();
    let nested = ess_search::Sequence::new(vec![part]).unwrap();
    let recipes: [Box<dyn Recipe>; 2] =
        [Box::new(ModuleRecipe::from_module(module)), Box::new(ModuleRecipe::from_module(nested))];
    for recipe in recipes {
        let of_seed = |seed| state(&*recipe, &trainer(false).with_seed(seed), &task);
        assert_ne!(of_seed(0), of_seed(1));
        assert_eq!(of_seed(1), of_seed(1));
    }
}

#[test]
fn runs_of_a_soup_start_alike_and_differ_by_dropout() {
    let task = Task::new();
    let config = MlpConfig { dropout: 0.3, ..MlpConfig::new(DIM, DIM) };
    let soup: SoupRecipe = SoupRecipe::new(ModuleRecipe::<Mlp>::new(config), 2).unwrap().bagged(false);
    // Runs from different values would have been refused: their weights mean different things.
    let record = train(&soup, &trainer(false), &task).record;
    let losses: Vec<f64> = record.curves().iter().map(|curve| curve.points[9].loss).collect();
    assert_ne!(losses[0], losses[1]);
}

#[test]
fn a_seed_gives_the_same_module_beside_other_trainings() {
    let task = Task::new();
    let run = |seed| {
        let config = MlpConfig { dropout: 0.2, ..MlpConfig::new(DIM, DIM) };
        state(&ModuleRecipe::<Mlp>::new(config), &trainer(false).with_seed(seed), &task)
    };
    let alone = [run(1), run(2)];
    let beside: Vec<ModuleState> = std::thread::scope(|scope| {
        let threads: Vec<_> = [1, 2, 1, 2].map(|seed| scope.spawn(move || run(seed))).into_iter().collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(beside, [alone.clone(), alone].concat());
}
