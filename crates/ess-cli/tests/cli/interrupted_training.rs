//! `train --checkpoint`, killed in the middle and started again.

use std::{
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use ess_search::ModuleState;

use crate::program::{command, read_json, run, scifact};

fn arguments<'a>(qrels: &'a str, embeddings: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let own = ["--embeddings", embeddings, "--train", qrels, "--out", out, "--quiet", "--module", "mlp"];
    let steps = ["--max-steps", "40", "--batch-size", "64", "--schedule", "cosine", "--seed", "5"];
    own.into_iter().chain(steps).chain(more.iter().copied()).collect()
}

/// A process that does not outlive the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_killed_training_goes_on_to_the_same_module() {
    let folder = tempfile::tempdir().unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (embeddings, qrels) = (text(&scifact().join("minilm")), text(&scifact().join("qrels/train.tsv")));
    let [whole, resumed, kept] = ["whole", "resumed", "kept"].map(|name| text(&folder.path().join(name)));
    run("train", arguments(&qrels, &embeddings, &whole, &[])).succeeded();

    let with_checkpoints = arguments(&qrels, &embeddings, &resumed, &["--checkpoint", &kept]);
    let mut first = command("train");
    first.args(&with_checkpoints).stdout(Stdio::null()).stderr(Stdio::null());
    let mut first = Killed(first.spawn().unwrap());
    let (file, started) = (Path::new(&kept).join("run-0.checkpoint"), Instant::now());
    while !file.exists()
        && first.0.try_wait().unwrap().is_none()
        && started.elapsed() < Duration::from_secs(60)
    {
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(first);
    assert!(file.exists());

    run("train", &with_checkpoints).succeeded();
    let module = |folder: &str| ModuleState::load(Path::new(folder)).unwrap();
    assert_eq!(module(&resumed), module(&whole));
    let report = |folder: &str| read_json(&Path::new(folder).join("training.json"));
    let points = |folder: &str| report(folder)["curves"][0]["points"].clone();
    assert_eq!(points(&resumed), points(&whole));
    assert_eq!(report(&resumed)["guard"], report(&whole)["guard"]);
    assert_eq!(read_json(&Path::new(&whole).join("training.json"))["config"]["schedule"], "cosine");

    // The folder belongs to this run.
    let other = arguments(&qrels, &embeddings, &resumed, &["--checkpoint", &kept, "--learning-rate", "0.1"]);
    run("train", other).failed_with(&["run-0.checkpoint", "another run", "settings"]);
}
