//! Parts: transferred, frozen, taken out again.

use burn::tensor::Device;
use ess_search::{
    HostTensor, KeyValueMemory, KeyValueMemoryConfig, Linear, LinearConfig, Mlp, MlpConfig, ModuleState,
    Orthogonal, OrthogonalConfig, Part, PersistentModule, Registry, Sequence, TrainableModule,
};
use ess_train::{Error, Items, ModuleRecipe, RecipeConfig, Stop};

use crate::recipes::task::{DIM, Task, trainer};

fn device() -> Device {
    Device::flex()
}

fn rotation(seed: u64) -> Mlp {
    Mlp::init(&MlpConfig { seed, dropout: 0.2, ..MlpConfig::new(DIM, DIM) }, &device()).unwrap()
}

#[test]
fn a_frozen_part_stays_as_it_is_bit_for_bit_and_the_others_learn() {
    let task = Task::new();
    let items = Items::new(&task.items, &device());
    let train = |sequence: Sequence| {
        let (module, _) = trainer(false).train(sequence, &items, &task.train, &Stop::After(10)).unwrap();
        module.to_state().unwrap()
    };
    // Trained once, so that what is transferred is not the identity.
    let first = train(Sequence::new(vec![Part::new("bend", rotation(3)).unwrap()]).unwrap());
    let transferred = first.part("bend").unwrap();

    let part = |name: &str| Part::from_state(name, &transferred, &Registry::default(), &device()).unwrap();
    let linear =
        || Part::new("task", Linear::init(&LinearConfig::new(DIM, DIM), &device()).unwrap()).unwrap();
    // Before and behind what is trained: the gradient goes through a frozen part and does not stay in it.
    for parts in [vec![part("bend").frozen(), linear()], vec![linear(), part("bend").frozen()]] {
        let before = Sequence::new(parts.clone()).unwrap();
        let linear_before =
            ModuleState::part(&ess_search::OnDevice::new(before, &device()).to_state().unwrap(), "task");
        let after = train(Sequence::new(parts).unwrap());
        assert_eq!(after.part("bend").unwrap(), transferred);
        assert_ne!(after.part("task").unwrap(), linear_before.unwrap());
    }
    // Not frozen, the same part moves.
    assert_ne!(train(Sequence::new(vec![part("bend")]).unwrap()).part("bend").unwrap(), transferred);
}

#[test]
fn frozen_stays_frozen_in_a_file() {
    let frozen = Part::new("bend", rotation(3)).unwrap().frozen();
    let linear = Part::new("task", Linear::init(&LinearConfig::new(DIM, DIM), &device()).unwrap()).unwrap();
    let sequence = Sequence::new(vec![frozen, linear]).unwrap();
    let state = ess_search::OnDevice::new(sequence, &device()).to_state().unwrap();
    let folder = tempfile::tempdir().unwrap();
    state.save(folder.path()).unwrap();

    let task = Task::new();
    let items = Items::new(&task.items, &device());
    let loaded = ModuleState::load(folder.path()).unwrap();
    let module = Registry::default().trainable(&loaded, &device()).unwrap();
    let (module, _) = trainer(false).train(module, &items, &task.train, &Stop::After(5)).unwrap();
    let after = module.to_state().unwrap();
    assert_eq!(after.part("bend").unwrap(), state.part("bend").unwrap());
    assert_ne!(after.part("task").unwrap(), state.part("task").unwrap());
}

#[test]
fn a_recipe_takes_a_part_from_a_folder() {
    let task = Task::new();
    let items = Items::new(&task.items, &device());
    let fit = |json: &str| {
        let config: RecipeConfig = serde_json::from_str(json).unwrap();
        let recipe = config.build(DIM, DIM, 0).unwrap();
        trainer(false).fit(&*recipe, &items, &task.train, &task.dev).unwrap().trained.to_state().unwrap()
    };
    let saved = fit(r#"{"kind": "sequence"}"#);
    let folder = tempfile::tempdir().unwrap();
    saved.save(folder.path()).unwrap();
    let other = fit(&format!(
        r#"{{"kind": "sequence", "parts": [
            {{"name": "old", "from": {:?}, "part": "rotation", "frozen": true}},
            {{"name": "new", "module": {{"kind": "low_rank", "rank": 2}}}}
        ]}}"#,
        folder.path()
    ));
    assert_eq!(other.part("old").unwrap(), saved.part("rotation").unwrap());
    assert_eq!(other.part("new").unwrap().description.kind, "low_rank");
    assert!(matches!(
        other.part("selection"),
        Err(ess_search::Error::NoPart { known, .. }) if known == ["old", "new"]
    ));
}

#[test]
fn a_module_that_is_frozen_throughout_is_not_trained() {
    let task = Task::new();
    let items = Items::new(&task.items, &device());
    let module = Orthogonal::init(&OrthogonalConfig::new(DIM, DIM), &device()).unwrap();
    let frozen = Sequence::new(vec![Part::new("all", module).unwrap().frozen()]).unwrap();
    let found = trainer(false).fit(&ModuleRecipe::from_module(frozen), &items, &task.train, &task.dev);
    assert!(matches!(found.err(), Some(Error::NothingToTrain)));
}

/// A memory of the training queries that is frozen leaves each query's own answer out of training as one that is trained
/// does: what follows it would else learn from answers that no new query gets.
#[test]
fn what_follows_a_frozen_memory_does_not_learn_from_look_ups_of_the_queries_themselves() {
    let task = Task::new();
    let items = Items::new(&task.items, &device());
    let relevant: Vec<&[f32]> =
        task.train.judgements().iter().map(|judged| task.items.row(judged[0].item)).collect();
    let values = ess_core::Embeddings::from_rows(&relevant).unwrap();
    let config =
        KeyValueMemoryConfig { sharpness: 200.0, threshold: 0.97, ..KeyValueMemoryConfig::default() };
    let memory = KeyValueMemory::remembering(task.train.encodings(), &values, &config, &device()).unwrap();
    // One that is trusted, as after training.
    let mut state = ess_search::OnDevice::new(memory, &device()).to_state().unwrap();
    state.tensors.insert("trust".into(), HostTensor::new("trust", vec![1], vec![1.0 / 30.0]).unwrap());
    let first_loss = |frozen: bool, remembered: bool| {
        let part = Part::from_state("memory", &state, &Registry::default(), &device()).unwrap();
        let part = if frozen { part.frozen() } else { part };
        let linear = Linear::init(&LinearConfig::new(DIM, DIM), &device()).unwrap();
        let linear = Part::new("task", linear).unwrap();
        let parts = if remembered { vec![part, linear] } else { vec![linear] };
        let sequence = Sequence::new(parts).unwrap();
        let (_, curve) = trainer(false).train(sequence, &items, &task.train, &Stop::After(1)).unwrap();
        curve.points[0].loss
    };
    assert_eq!(first_loss(true, true), first_loss(false, true));
    // Nearly all is what a query finds of itself here: without it, the memory says next to nothing.
    let (with, without) = (first_loss(true, true), first_loss(true, false));
    assert!((with - without).abs() < 0.2 * without, "{with} {without}");
}
