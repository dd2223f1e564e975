//! Checkpoints of earlier versions can be gone on from.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use ess_encoders::EncoderTrainer;
use ess_train::{Checkpoints, Control};

use crate::training::{config, trained, trainer};

/// The step after which the run of the golden checkpoint ended; dev was looked at after the one before.
const ENDED_AT: usize = 5;
const CHECKPOINT: &str = "encoder.checkpoint";

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/checkpoints/version-1.checkpoint")
}

fn trainer_in(folder: &Path) -> EncoderTrainer {
    trainer(config()).with_checkpoints(Checkpoints::new(folder, 3).unwrap())
}

#[test]
fn a_training_goes_on_from_a_checkpoint_of_version_1() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = std::fs::read(golden()).unwrap();
    assert_eq!(checkpoint[..12], *b"ESSTOWER\x01\0\0\0");
    std::fs::write(folder.path().join(CHECKPOINT), checkpoint).unwrap();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let steps = Arc::clone(&taken);
    let goes_on = trainer_in(folder.path()).with_observer(move |point| {
        steps.lock().unwrap().push(point.step);
        Control::Continue
    });
    let (losses, _) = trained(&goes_on);
    assert_eq!(*taken.lock().unwrap(), Vec::from_iter(ENDED_AT + 1..=config().max_steps));
    // A run from the start comes to the same losses, but for rounding on another instruction set.
    let (expected, _) = trained(&trainer(config()));
    assert_eq!(losses.len(), expected.len());
    assert!(losses.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-2), "{losses:?} and {expected:?}");
}

/// `cargo test -p ess-encoders --test encoders training::golden -- --ignored` writes the file anew.
#[test]
#[ignore = "writes a golden file"]
fn write_golden_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let ends = trainer_in(folder.path()).with_observer(|point| match point.step {
        ENDED_AT => Control::Stop,
        _ => Control::Continue,
    });
    assert_eq!(trained(&ends).0.len(), ENDED_AT);
    std::fs::copy(folder.path().join(CHECKPOINT), golden()).unwrap();
}
