//! How much memory a graph of as many entities as WN18RR takes: no matrix of questions by entities.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_relations::{KnowledgeGraph, ModelConfig, Progress, RelationTraining};

const ENTITIES: usize = 40_943;
const TRAIN: usize = 3000;
const VALID: usize = 1500;

/// The maximum memory that this process ever took, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
}

/// A graph whose every entity is known, most of them by test triples alone.
fn graph() -> KnowledgeGraph {
    let names: Vec<String> = (0..ENTITIES).map(|entity| format!("e{entity}")).collect();
    // Heads differ, and so do pairs of head and relation.
    let triple = |at: usize, step: usize| {
        [&*names[at * 13 % ENTITIES], ["r", "s"][at % 2], &*names[(at * 13 + step) % ENTITIES]]
    };
    let train: Vec<[&str; 3]> = (0..TRAIN).map(|at| triple(at, 7)).collect();
    let valid: Vec<[&str; 3]> = (0..VALID).map(|at| triple(at, 11)).collect();
    let test: Vec<[&str; 3]> = (0..ENTITIES).map(|at| [&*names[at], "r", &*names[0]]).collect();
    KnowledgeGraph::from_triples(&train, &valid, &test).unwrap()
}

/// One test, since all threads of the process are counted. One step has all 6000 pairs, whose logits are 983 MB together; the scores of
/// the valid triples are 491 MB.
#[test]
fn training_and_ranking_take_no_memory_for_questions_times_entities() {
    let graph = graph();
    let model = ModelConfig { name: "dist_mult".to_owned(), dim: 8, ..ModelConfig::default() };
    let training =
        RelationTraining { model, epochs: 1, batch_size: 2 * TRAIN, check_every: 1, ..Default::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let before = peak();
    let report = pool.install(|| training.train(&graph, Progress::Silent)).unwrap().report;
    let taken = (peak() - before) >> 20;
    assert_eq!((graph.entities().len(), report.valid.len()), (ENTITIES, 1));
    // 64 MiB of logits, 10 MiB of scores a thread, and copies of 1.3 MiB of parameters.
    assert!(taken < 160, "{taken} MiB");
}
