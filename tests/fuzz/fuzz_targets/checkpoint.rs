#![no_main]
//! Checkpoints of training with a right checksum, from which a run goes on for one step.

use std::{path::Path, sync::Arc};

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_fuzz::{Folder, keep_seeds, let_panics_be_caught, uncaught, with_checksum};
use ess_search::{Mlp, MlpConfig, TrainableModule};
use ess_train::{
    Checkpoints, Control, Error, Items, Judgement, Observer, ObserverError, Progress, QuerySet, Stop,
    Trainer, TrainerConfig, TrainingStep,
};
use libfuzzer_sys::fuzz_target;

const DIM: usize = 2;
const STEPS: usize = 6;
const FILE: &str = "run-0.checkpoint";
/// Bytes of the checksum at the end of a checkpoint.
const CHECKSUM: usize = 24;

/// Ends a run at a step.
struct EndAt(usize);

impl Observer for EndAt {
    fn on_step(&self, step: &TrainingStep<'_>) -> Result<Control, ObserverError> {
        if step.step >= self.0 { Err("far enough".into()) } else { Ok(Control::Continue) }
    }
}

/// Trains in a folder, going on from what is there, up to a step.
fn train(folder: &Path, end: usize) -> Result<(), Error> {
    let rows: Vec<[f32; DIM]> = (0..8).map(|row| [row as f32 + 1.0, 8.0 - row as f32]).collect();
    let items = Embeddings::from_rows(&rows)?;
    let relevant = (0..4).map(|item| vec![Judgement { item, grade: 1 }]).collect();
    let queries = QuerySet::new(items.select(&[4, 5, 6, 7])?, relevant)?;
    let config = MlpConfig { hidden: vec![3], dropout: 0.3, ..MlpConfig::new(DIM, DIM) };
    let device = Device::flex();
    let module = Mlp::init(&config, &device).expect("a module");
    let config = TrainerConfig { max_steps: STEPS, batch_size: 2, ..TrainerConfig::default() };
    let trainer = Trainer::new(config)?
        .with_progress(Progress::Silent)
        .with_checkpoints(Checkpoints::new(folder, 2)?)
        .with_observer(Arc::new(EndAt(end)));
    trainer.train(module, &Items::new(&items, &device), &queries, &Stop::After(STEPS)).map(drop)
}

fn seeds() -> [(String, Vec<u8>); 1] {
    let folder = Folder::new();
    assert!(matches!(train(folder.path(), STEPS - 1), Err(Error::Observer(_))), "an interrupted run");
    let mut checkpoint = std::fs::read(folder.path().join(FILE)).expect("a checkpoint");
    checkpoint.truncate(checkpoint.len() - CHECKSUM);
    [("mlp".into(), checkpoint)]
}

fuzz_target!(init: { let_panics_be_caught(); keep_seeds("checkpoint", seeds()) }, |bytes: &[u8]| {
    let folder = Folder::new();
    folder.file(FILE, &with_checksum(bytes));
    uncaught(|| drop(train(folder.path(), 0)));
});
