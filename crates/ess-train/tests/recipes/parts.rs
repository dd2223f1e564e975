//! Parts: transferred, frozen, taken out again.

use burn::tensor::Device;
use ess_search::{
    Linear, LinearConfig, Mlp, MlpConfig, ModuleState, Orthogonal, OrthogonalConfig, Part, PersistentModule,
    Registry, Sequence, TrainableModule,
};
use ess_train::{Error, Items, ModuleRecipe, RecipeConfig, Stop};

use crate::task::{DIM, Task, trainer};

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
