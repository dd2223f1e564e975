//! Checkpoints and reports of earlier versions stay readable.

use std::path::{Path, PathBuf};

use ess_train::{FitReport, Returned};

use crate::checkpoints::{EndAt, STEPS, Task, fit, run, trainer};

/// The step after which the run of the golden checkpoint was killed; it keeps one every 6 steps.
const KILLED_AT: usize = 13;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

#[test]
fn a_run_goes_on_from_a_checkpoint_of_version_1() {
    let (task, folder) = (Task::new(), tempfile::tempdir().unwrap());
    let checkpoint = std::fs::read(golden("version-1.checkpoint")).unwrap();
    assert_eq!(checkpoint[..12], *b"ESSTRAIN\x01\0\0\0");
    std::fs::write(folder.path().join("run-0.checkpoint"), checkpoint).unwrap();
    let (module, curve) = run(&trainer(3, Some((folder.path(), 6)), None), &task, true).unwrap();
    // A run from the start ends at the same module, but for the last bits on another instruction set.
    let (whole, expected) = run(&trainer(3, None, None), &task, true).unwrap();
    assert_eq!((curve.points.len(), expected.points.len()), (STEPS, STEPS));
    for (name, tensor) in &whole.tensors {
        let found = module.tensors[name].values().iter().zip(tensor.values());
        let apart = found.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 1e-3, "{name}: {apart}");
    }
}

#[test]
fn a_report_of_before_the_guard_had_its_name_is_read() {
    let report = std::fs::read_to_string(golden("floor.training.json")).unwrap();
    assert!(report.contains("\"floor\"") && !report.contains("\"guard\""));
    let report: FitReport = serde_json::from_str(&report).unwrap();
    assert_eq!((report.train_queries, report.dev_queries, report.items), (50, 30, 80));
    assert_eq!((report.guard.returned, report.guard.measure.as_str()), (Returned::Identity, "ndcg@10"));
    assert_eq!((report.guard.p_unseen_losses, report.deterministic), (None, false));
    assert_eq!(report.curves[0].points.len(), STEPS);
}

/// `cargo test -p ess-train --test training golden -- --ignored` writes the files anew.
#[test]
#[ignore = "writes golden files"]
fn write_golden_files() {
    let (task, folder) = (Task::new(), tempfile::tempdir().unwrap());
    let killer = EndAt { run: 0, step: KILLED_AT, dies: true };
    assert!(run(&trainer(3, Some((folder.path(), 6)), Some(killer)), &task, true).is_err());
    std::fs::copy(folder.path().join("run-0.checkpoint"), golden("version-1.checkpoint")).unwrap();

    let report = FitReport { seconds: 0.5, ..fit(&trainer(3, None, None), &task).unwrap() };
    let mut report = serde_json::to_value(report).unwrap();
    let members = report.as_object_mut().unwrap();
    members.remove("deterministic");
    let mut guard = members.remove("guard").unwrap();
    guard.as_object_mut().unwrap().remove("p_unseen_losses");
    members.insert("floor".to_owned(), guard);
    std::fs::write(golden("floor.training.json"), serde_json::to_string(&report).unwrap() + "\n").unwrap();
}
