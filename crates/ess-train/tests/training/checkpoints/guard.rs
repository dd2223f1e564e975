//! What dev was asked before the kill counts in the guard.

use ess_train::{Error, FitReport, TrainerConfig};

use crate::checkpoints::{EndAt, Task, config, fit, set_up, trainer};

#[test]
fn the_guard_pays_for_what_was_measured_before_the_kill() {
    let task = Task::new();
    let config = TrainerConfig { learning_rate: 0.1, weight_decay: 0.0, ..config(3) };
    let trainer = |folder, end| set_up(config.clone(), folder, end);
    // The start, six measurements on the way, and the identity: those that differ on enough queries count.
    let whole = fit(&trainer(None, None), &task).unwrap();
    assert!(whole.guard.candidates > Some(3), "{:?}", whole.guard);
    let folder = tempfile::tempdir().unwrap();
    let kept = Some((folder.path(), 5));
    assert!(fit(&trainer(kept, Some(EndAt { run: 0, step: 12, dies: true })), &task).is_err());
    // Gone on from step 10; and again when it had ended.
    for _ in 0..2 {
        let again = fit(&trainer(kept, None), &task).unwrap();
        assert_eq!(again.guard, whole.guard);
        assert_eq!(again.curves[0].points, whole.curves[0].points);
    }
}

#[test]
fn a_checkpoint_without_what_was_measured_is_refused_by_its_reason() {
    let task = Task::new();
    let folder = tempfile::tempdir().unwrap();
    let kept = Some((folder.path(), 6));
    fit(&trainer(3, kept, None), &task).unwrap();
    let path = folder.path().join("run-0.checkpoint");
    let whole = std::fs::read(&path).unwrap();
    let described = 20 + u64::from_le_bytes(whole[12..20].try_into().unwrap()) as usize;
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut state: serde_json::Value = serde_json::from_slice(&whole[20..described]).unwrap();
        change(&mut state);
        let state = serde_json::to_vec(&state).unwrap();
        let length = (state.len() as u64).to_le_bytes();
        let body = [&whole[..12], &length, &state, &whole[described..whole.len() - 24]].concat();
        let checksum = ess_files::Checksum::of(&body).to_string();
        std::fs::write(&path, [&body, checksum.as_bytes()].concat()).unwrap();
        fit(&trainer(3, kept, None), &task)
    };
    assert!(with(&|_| ()).is_ok());
    // As earlier versions wrote it.
    let found = with(&|state| drop(state.as_object_mut().unwrap().remove("looks").unwrap()));
    let earlier = |reason: &str| reason.contains("earlier version") && reason.contains("remove it");
    assert!(matches!(&found, Err(Error::CheckpointDamaged { reason, .. }) if earlier(reason)), "{found:?}");
    let changes: [fn(&mut Vec<serde_json::Value>); 4] = [
        |looks| drop(looks.pop()),
        |looks| drop(looks[1].as_array_mut().unwrap().pop()),
        |looks| looks[1][0] = f64::NAN.to_bits().into(),
        |looks| looks.swap(0, 5),
    ];
    for change in changes {
        let found = with(&|state| change(state["looks"].as_array_mut().unwrap()));
        let fits = |reason: &str| reason.contains("does not fit its curve");
        assert!(matches!(&found, Err(Error::CheckpointDamaged { reason, .. }) if fits(reason)), "{found:?}");
    }
}

#[test]
fn the_guard_pays_for_what_was_measured_where_an_observer_ended_the_run() {
    let task = Task::new();
    let config = TrainerConfig { learning_rate: 0.1, weight_decay: 0.0, ..config(3) };
    let trainer = |folder, end| set_up(config.clone(), folder, end);
    let whole = fit(&trainer(None, None), &task).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kept = Some((folder.path(), 5));
    // Step 10 is no step that is measured on the way, so ending there measures once more.
    let ended = fit(&trainer(kept, Some(EndAt { run: 0, step: 10, dies: false })), &task).unwrap();
    assert_eq!(ended.curves[0].points.len(), 10);
    assert!(ended.curves[0].points[9].dev.is_some());
    let looks = |report: &FitReport| report.guard.candidates.unwrap();
    for _ in 0..2 {
        let again = fit(&trainer(kept, None), &task).unwrap();
        assert_eq!(again.curves[0].points, whole.curves[0].points);
        assert_eq!(looks(&again), looks(&whole) + 1);
    }
}
