//! A module, a loss and a measure that ESS does not have, called by name wherever its own are.

use ess_downstream::{PairRotation, Pull, RotatedTask, register};
use ess_kit::{
    metrics::NamedMeasure,
    prelude::*,
    train::{LossKind, WeightedSum},
};
use serde::{Deserialize, Serialize};

const DIM: usize = 8;

/// What a file of settings has.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    module: RecipeConfig,
    trainer: TrainerConfig,
}

fn settings() -> Settings {
    register().expect("names of their own");
    serde_json::from_str(include_str!("../recipes/rotation.json")).expect("settings")
}

#[test]
fn one_file_of_settings_trains_all_three() {
    let Settings { module, trainer } = settings();
    let task = RotatedTask::generate(300, DIM, 0.1, 0).unwrap();
    let items = Items::new(&task.items, &Device::flex());
    let trainer = Trainer::new(trainer).unwrap().with_progress(Progress::Silent);
    let recipe = module.build(DIM, DIM, 0).unwrap();
    let fitted = trainer.fit(&*recipe, &items, &task.train, &task.dev).unwrap();
    let guard = &fitted.report.guard;
    assert_eq!(
        (guard.returned, guard.measure.as_str()),
        (Returned::Trained, "first_two@10"),
        "{}",
        guard.reason
    );
    assert!(guard.trained > 0.9, "{}", guard.reason);

    // Saved, and loaded by a registry that was told nothing.
    let folder = tempfile::tempdir().unwrap();
    fitted.module.to_state().unwrap().save(folder.path()).unwrap();
    let loaded = Registry::default().load(folder.path(), &Device::flex()).unwrap();
    let test = task.test.encodings();
    assert_eq!(loaded.apply(test).unwrap(), fitted.module.apply(test).unwrap());

    // Without dev queries too, as automatic choice trains it.
    recipe.train_without_dev(&trainer, &items, &task.train).unwrap();
}

#[test]
fn settings_are_written_and_read_and_checked_as_others_are() {
    let before = settings();
    let json = serde_json::to_string(&before).unwrap();
    let after: Settings = serde_json::from_str(&json).unwrap();
    assert_eq!((after.module, &after.trainer), (before.module, &before.trainer));
    let sum = after.trainer.loss.settings::<WeightedSum>().unwrap().clone();
    assert_eq!(sum.terms[1].loss.settings::<Pull>(), Some(&Pull { strength: 2.0 }));

    assert!(RecipeConfig::kinds().contains(&PairRotation::KIND) && LossConfig::kinds().contains(&Pull::KIND));
    assert_eq!(RecipeConfig::named("pair_rotation").unwrap().kind(), "pair_rotation");
    assert_eq!("first_two".parse::<NamedMeasure>().unwrap().to_string(), "first_two");
    for odd in [r#"{"kind": "pair_rotation", "dmi": 4}"#, r#"{"kind": "pair_rotations"}"#] {
        assert!(serde_json::from_str::<RecipeConfig>(odd).is_err(), "{odd}");
    }
    let uneven: RecipeConfig = serde_json::from_str(r#"{"kind": "pair_rotation", "dim": 3}"#).unwrap();
    assert!(uneven.build(3, 3, 0).is_err());
    let negative: LossConfig = serde_json::from_str(r#"{"kind": "pull", "strength": -1.0}"#).unwrap();
    assert!(negative.build().is_err());
}
