//! How much memory does a training step take, and for how long, when the batch or the corpus is large?
//!
//! One step of the linear module with softmax, forward, backward and AdamW, in a process of its own for each case, since the
//! peak of a process never falls. The cases are 65 536 queries against the batch's own 65 536 items, and 1024 queries against all of a
//! million items. `items` says how much of the peak the frozen embeddings are.
//!
//! ```text
//! RAYON_NUM_THREADS=1 cargo bench -p ess-benches --bench training_memory
//! ```

#![allow(clippy::print_stdout, reason = "a bench reports on the terminal")]

use std::process::Command;

use burn::tensor::Device;
use cpu_time::ProcessTime;
use ess_benches::uniform;
use ess_search::{Linear, LinearConfig, TrainableModule};
use ess_train::{
    Candidates, Items, Judgement, LossConfig, Progress, QuerySet, Softmax, Stop, Trainer, TrainerConfig,
};

const DIM: usize = 384;

/// Names a case to the process that is to run it.
const CASE: &str = "ESS_TRAINING_MEMORY_CASE";

/// Queries, items, and which of them compete.
const CASES: [(usize, usize, Candidates); 2] =
    [(65_536, 65_536, Candidates::InBatch), (1024, 1_000_000, Candidates::AllItems)];

fn main() {
    match std::env::var(CASE).ok().and_then(|case| case.parse::<usize>().ok()) {
        Some(case) => run(CASES[case]),
        None => (0..CASES.len()).for_each(in_own_process),
    }
}

fn in_own_process(case: usize) {
    let program = std::env::current_exe().expect("this program");
    let status = Command::new(program).env(CASE, case.to_string()).status().expect("a process");
    assert!(status.success(), "case {case} failed");
}

fn run((queries, items, candidates): (usize, usize, Candidates)) {
    let embeddings = uniform(items, DIM, 1);
    let relevant = |query: usize| vec![Judgement { item: query * (items / queries), grade: 1 }];
    let set = QuerySet::new(uniform(queries, DIM, 2), (0..queries).map(relevant).collect()).expect("queries");
    let loss = LossConfig::of(Softmax { candidates, ..Softmax::default() });
    let config = TrainerConfig { loss, batch_size: queries, ..TrainerConfig::default() };
    let trainer = Trainer::new(config).expect("settings").with_progress(Progress::Silent);
    let device = Device::flex();
    let frozen = Items::new(&embeddings, &device);
    let module = Linear::init(&LinearConfig::new(DIM, DIM), &device).expect("module");
    let (before, start) = (peak_megabytes(), ProcessTime::now());
    trainer.train(module, &frozen, &set, &Stop::After(1)).expect("training");
    let (seconds, peak) = (start.elapsed().as_secs_f64(), peak_megabytes());
    let of_items = items * DIM * size_of::<f32>() / 1_000_000;
    println!(
        "{queries} queries × {items} items, {candidates:?}: {seconds:.1} CPU-s a step; \
         peak {peak} MB, of which items {of_items} MB; {before} MB before the step"
    );
}

/// The maximum memory that the process has had, as Linux counts it; 0 elsewhere.
fn peak_megabytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024 / 1_000_000
}
