//! Runs that are killed, and what comes of the same command again.

use std::{
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::program::{command, read_json, run};

use super::{ALL, Folder, model};

/// Many more than there are between two checkpoints, so that the kill comes before the end.
const STEPS: usize = 100;

/// Runs it until this file is there, and kills it then.
fn killed_at(folder: &Folder, out: &str, more: &[&str], file: &str) -> ExitStatus {
    let mut program = command("train-rocketqa");
    program.args(folder.arguments(out, more)).stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = program.spawn().unwrap();
    let (file, started) = (folder.at(out).join(file), Instant::now());
    while !file.exists()
        && program.try_wait().unwrap().is_none()
        && started.elapsed() < Duration::from_secs(120)
    {
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = program.kill();
    program.wait().unwrap()
}

#[test]
fn a_run_that_is_killed_goes_on_and_ends_with_the_same_bits() {
    let folder = Folder::new();
    folder.run("whole", ALL).succeeded();
    let whole = folder.bits("whole");
    // In parts, step by step.
    for step in ALL.split(',') {
        folder.run("parts", step).succeeded();
        assert_eq!(folder.ran()[0], [step]);
    }
    assert!(folder.bits("parts") == whole);
    let cross = model("cross-encoder");
    let more = ["--cross-encoder", cross.to_str().unwrap(), "--steps", ALL];
    for begun in ["two-towers", "denoised", "augmented"] {
        let out = format!("killed-in-{begun}");
        // It may have ended by itself.
        killed_at(&folder, &out, &more, &format!("{begun}/step.json"));
        folder.run(&out, ALL).succeeded();
        assert!(folder.bits(&out) == whole, "{begun}");
    }
}

#[test]
fn a_training_that_is_killed_goes_on_from_its_checkpoint_to_the_same_bits() {
    let folder = Folder::new();
    folder.settings(|settings| {
        settings["two_towers"] =
            json!({"max_steps": STEPS, "patience": STEPS, "learning_rate": 0.001, "warmup_steps": 0});
    });
    let more = ["--steps", "two-towers"];
    let again = |out: &str| run("train-rocketqa", folder.arguments(out, &more));
    again("whole").succeeded();

    let checkpoint = "two-towers/checkpoint/encoder.checkpoint";
    let status = killed_at(&folder, "killed", &more, checkpoint);
    let killed = if cfg!(unix) { status.code().is_none() } else { !status.success() };
    assert!(killed, "ended by itself before it was killed: {status}");
    let record = read_json(&folder.at("killed/two-towers/step.json"));
    assert!(record["found"].is_null() && record["wrote"].as_object().unwrap().is_empty(), "{record}");
    assert!(!folder.at("killed/two-towers/training.json").exists());

    // It is read, and not begun anew.
    let path = folder.at("killed").join(checkpoint);
    let whole = std::fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    std::fs::write(&path, damaged).unwrap();
    again("killed").failed_with(&["step `two-towers`", "encoder.checkpoint"]);
    std::fs::write(&path, whole).unwrap();

    again("killed").succeeded();
    assert_eq!(folder.ran()[0], ["two-towers"]);
    for tower in ["query", "item"] {
        let weights = |out: &str| {
            std::fs::read(folder.at(out).join("two-towers").join(tower).join("model.safetensors"))
        };
        assert!(weights("killed").unwrap() == weights("whole").unwrap(), "{tower}");
    }
    let points = |out: &str| read_json(&folder.at(out).join("two-towers/training.json"))["points"].clone();
    assert_eq!(points("whole").as_array().unwrap().len(), STEPS);
    assert_eq!(points("killed"), points("whole"));
    assert!(!path.exists());
}
