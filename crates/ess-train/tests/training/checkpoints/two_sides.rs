//! Training of two sides.

use std::path::Path;

use burn::tensor::Device;
use ess_search::{Mlp, MlpConfig, ModuleState};
use ess_train::{
    Curve, Error, FitReport, GuardDecision, Items, ModuleRecipe, SidesConfig, Trainer, TrainerConfig,
};

use crate::checkpoints::{DIM, EndAt, STEPS, Task, config, set_up, trainer};

/// The module, its runs and the decision.
type SidesOutcome = (ModuleState, Vec<Curve>, GuardDecision);

/// Two sides, each with draws of its own, on dev and again on train and dev together.
fn run_sides(trainer: &Trainer, task: &Task, sides: &str) -> Result<SidesOutcome, Error> {
    let mlp = MlpConfig { dropout: 0.3, hidden: vec![7], ..MlpConfig::new(DIM, DIM) };
    let items = Items::new(&task.items, &Device::flex());
    let sides: SidesConfig = serde_json::from_str(sides).unwrap();
    let fitted = trainer.fit_sides(&sides, &ModuleRecipe::<Mlp>::new(mlp), &items, &task.train, &task.dev)?;
    let FitReport { curves, refit, guard, .. } = fitted.report;
    let curves = curves.into_iter().chain(refit).map(|curve| Curve { seconds: 0.0, ..curve });
    Ok((fitted.trained.to_state().unwrap(), curves.collect(), guard))
}

#[test]
fn two_sides_killed_at_any_step_go_on_to_the_same_bits() {
    let task = Task::new();
    let map = r#""items": {"kind": "map", "module": {"kind": "mlp", "hidden": [5], "dropout": 0.2}}"#;
    let shared = r#""items": {"kind": "shared"}"#;
    for (order, items, runs) in [
        ("item", map, &[(0, 9)][..]),
        ("both", map, &[(0, 6), (0, STEPS), (1, 3)][..]),
        ("both", shared, &[(0, 11)][..]),
        // The second run of both goes on with the moments that the first one kept.
        ("query_then_both", map, &[(0, 9), (0, STEPS), (1, 1), (1, 10), (2, 2)][..]),
    ] {
        let sides = format!(r#"{{"order": "{order}", {items}}}"#);
        // So little confidence that the sides are trained again on train and dev.
        let config = TrainerConfig {
            refit: true,
            confidence: 0.01,
            learning_rate: 0.05,
            weight_decay: 0.0,
            ..config(3)
        };
        let with = |folder: Option<(&Path, usize)>, end| set_up(config.clone(), folder, end);
        let whole = run_sides(&with(None, None), &task, &sides).unwrap();
        for &(run, step) in runs {
            let folder = tempfile::tempdir().unwrap();
            let kept = Some((folder.path(), 4));
            let killed = run_sides(&with(kept, Some(EndAt { run, step, dies: true })), &task, &sides);
            assert!(matches!(killed, Err(Error::Observer(_))), "{sides}: run {run}, step {step}");
            let again = run_sides(&with(kept, None), &task, &sides).unwrap();
            assert_eq!(again, whole, "{sides}: killed in run {run} at {step}");
        }
    }
}

#[test]
fn checkpoints_of_two_sides_that_are_damaged_or_of_others_are_refused() {
    let task = Task::new();
    let sides = |kind: &str| {
        let map = format!(r#"{{"kind": "map", "module": {{"kind": "{kind}"}}}}"#);
        format!(r#"{{"order": "query_then_both", "items": {map}}}"#)
    };
    let folder = tempfile::tempdir().unwrap();
    let trainer = || trainer(3, Some((folder.path(), 5)), None);
    run_sides(&trainer(), &task, &sides("linear")).unwrap();
    let found = run_sides(&trainer(), &task, &sides("diagonal"));
    assert!(matches!(found, Err(Error::CheckpointOfAnotherRun { part, .. }) if part == "module"));
    for run in ["run-0.checkpoint", "run-1.checkpoint"] {
        let path = folder.path().join(run);
        let whole = std::fs::read(&path).unwrap();
        // Cut within the optimisers' states, with the checksum made right again.
        for at in [whole.len() - 40, whole.len() - 400] {
            let mut body = whole[..whole.len() - 24].to_vec();
            body.truncate(at);
            let checksum = ess_files::Checksum::of(&body).to_string();
            std::fs::write(&path, [&body, checksum.as_bytes()].concat()).unwrap();
            let found = run_sides(&trainer(), &task, &sides("linear"));
            assert!(matches!(found, Err(Error::CheckpointDamaged { .. })), "{run} cut to {at}");
        }
        std::fs::write(&path, whole).unwrap();
    }
    assert!(run_sides(&trainer(), &task, &sides("linear")).is_ok());
}
