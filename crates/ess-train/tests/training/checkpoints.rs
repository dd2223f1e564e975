//! A run that was interrupted goes on to the same bits.

mod damage;
mod goes_on;
mod golden;
mod guard;
mod second_run;
mod two_sides;

use std::{path::Path, sync::Arc};

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{Mlp, MlpConfig, ModuleState, PersistentModule, TrainableModule};
use ess_train::{
    Checkpoints, Control, Curve, DevSet, Error, FitReport, Items, Judgement, ModuleRecipe, Observer,
    ObserverError, Progress, QuerySet, Stop, Trainer, TrainerConfig, TrainingStep,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DIM: usize = 6;
const STEPS: usize = 24;

fn noise(n: usize, seed: u64) -> Embeddings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n * DIM).map(|_| random.random_range(-1.0..1.0)).collect();
    Embeddings::from_vec(values, DIM).unwrap().normalized()
}

struct Task {
    items: Embeddings,
    train: QuerySet,
    dev: QuerySet,
}

impl Task {
    fn new() -> Self {
        let items = noise(80, 1);
        let set = |rows: std::ops::Range<usize>| {
            let query = |row: usize| items.row(row).iter().rev().copied().collect::<Vec<f32>>();
            let queries: Vec<Vec<f32>> = rows.clone().map(query).collect();
            let relevant = rows.map(|item| vec![Judgement { item, grade: 1 }]).collect();
            QuerySet::new(Embeddings::from_rows(&queries).unwrap(), relevant).unwrap()
        };
        let (train, dev) = (set(0..50), set(50..80));
        Self { items, train, dev }
    }
}

/// All that is drawn or remembered from step to step: order of small batches, dropout, mined negatives, moments, schedule.
fn config(seed: u64) -> TrainerConfig {
    let json = r#"{
        "loss": {"kind": "softmax", "candidates": "negatives"},
        "negatives": {"per_query": 6, "depth": 30, "sampling": "random", "refresh_every": 7},
        "learning_rate": 0.01, "schedule": "cosine", "batch_size": 16, "evaluate_every": 4, "patience": 50
    }"#;
    TrainerConfig { max_steps: STEPS, seed, ..serde_json::from_str(json).unwrap() }
}

fn module() -> Mlp {
    let config = MlpConfig { dropout: 0.3, hidden: vec![7, 5], ..MlpConfig::new(DIM, DIM) };
    Mlp::init(&config, &Device::flex()).unwrap()
}

/// Ends a training after a step, as a process that dies or one that is told to stop.
struct EndAt {
    run: usize,
    step: usize,
    dies: bool,
}

impl Observer for EndAt {
    fn on_step(&self, step: &TrainingStep<'_>) -> Result<Control, ObserverError> {
        match (step.run, step.step) == (self.run, self.step) {
            true if self.dies => Err("killed".into()),
            true => Ok(Control::Stop),
            false => Ok(Control::Continue),
        }
    }
}

fn trainer(seed: u64, folder: Option<(&Path, usize)>, end: Option<EndAt>) -> Trainer {
    set_up(config(seed), folder, end)
}

fn set_up(config: TrainerConfig, folder: Option<(&Path, usize)>, end: Option<EndAt>) -> Trainer {
    let mut trainer = Trainer::new(config).unwrap().with_progress(Progress::Silent);
    if let Some((folder, every)) = folder {
        trainer = trainer.with_checkpoints(Checkpoints::new(folder, every).unwrap());
    }
    match end {
        Some(end) => trainer.with_observer(Arc::new(end)),
        None => trainer,
    }
}

/// A run, with dev to choose by or without.
fn run(trainer: &Trainer, task: &Task, on_dev: bool) -> Result<(ModuleState, Curve), Error> {
    let items = Items::new(&task.items, &Device::flex());
    let dev = DevSet::new(&task.dev, &items, trainer.config().measure).unwrap();
    let stop = if on_dev { Stop::OnDev(&dev) } else { Stop::After(STEPS) };
    let (module, curve) = trainer.train(module(), &items, &task.train, &stop)?;
    Ok((module.to_state().unwrap(), Curve { seconds: 0.0, ..curve }))
}

/// A fit with all that a dev set is asked for, killed or not.
fn fit(trainer: &Trainer, task: &Task) -> Result<FitReport, Error> {
    let items = Items::new(&task.items, &Device::flex());
    let config = MlpConfig { dropout: 0.3, hidden: vec![7, 5], ..MlpConfig::new(DIM, DIM) };
    Ok(trainer.fit(&ModuleRecipe::<Mlp>::new(config), &items, &task.train, &task.dev)?.report)
}
