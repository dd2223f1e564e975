//! A module that learned from some of the training queries, and its points on the curve.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::experiment::{
    compared::Compared,
    over_seeds::{OverSeeds, mean},
    task::Trained,
};

/// One run.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Learned {
    /// The kind of searching module, or the way of automatic choice.
    pub(super) module: String,
    pub(super) queries: usize,
    /// Whether each query had the judgements of another one.
    pub(super) shuffled: bool,
    #[serde(flatten)]
    pub(super) trained: Trained,
}

/// The runs of all seeds with as many queries.
pub(super) struct Point {
    pub(super) queries: usize,
    /// What was learned beside the frozen encoder.
    pub(super) trained: Compared,
    /// What was learned beside what shuffled judgements of the same queries teach.
    pub(super) over_shuffled: Option<Compared>,
    /// The standard deviation of their means over seeds.
    pub(super) spread: Option<f64>,
    /// The mean of what is deployed, after the guard where there is one.
    pub(super) deployed: f64,
    /// Of how many runs, in how many the guard let the module through.
    pub(super) through: [u64; 2],
    pub(super) cpu_seconds: f64,
}

impl Point {
    /// A point for each number of queries among the runs, which have others with shuffled judgements beside them.
    pub(super) fn of_all(runs: &[&Learned], shuffled: &[&Learned], frozen: &[f64]) -> Result<Vec<Self>> {
        let of_number = |runs: &[&Learned]| {
            let shuffled = shuffled.iter().copied().filter(|run| run.queries == runs[0].queries);
            Self::of(runs, &shuffled.collect::<Vec<_>>(), frozen)
        };
        runs.chunk_by(|one, other| one.queries == other.queries).map(of_number).collect()
    }

    fn of(runs: &[&Learned], shuffled: &[&Learned], frozen: &[f64]) -> Result<Self> {
        let over_seeds = |runs: &[&Learned]| OverSeeds::of(runs.iter().map(|run| &*run.trained.trained));
        let (trained, shuffled) = (over_seeds(runs), over_seeds(shuffled));
        let deployed = OverSeeds::of(runs.iter().map(|run| run.trained.deployed(frozen)));
        let through = runs.iter().filter(|run| run.trained.returned).count();
        Ok(Self {
            queries: runs[0].queries,
            trained: Compared::of(frozen, &trained.per_query)?.context("no test query")?,
            over_shuffled: Compared::of(&shuffled.per_query, &trained.per_query)?,
            spread: trained.spread,
            deployed: mean(&deployed.per_query),
            through: [through as u64, runs.len() as u64],
            cpu_seconds: runs.iter().map(|run| run.trained.cpu_seconds).sum::<f64>() / runs.len() as f64,
        })
    }
}
