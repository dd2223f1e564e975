//! The chosen settings with one seed, measured on test triples.

use anyhow::{Context, Result};
use ess_relations::{KnowledgeGraph, Part, RankSummary, TrainedRelations};
use serde::{Deserialize, Serialize};

/// What was trained with one seed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Tested {
    /// Of the pass that was kept, filtered by training and valid triples.
    pub(super) valid_mrr: f64,
    /// The pass that was kept.
    pub(super) best_epoch: usize,
    /// How many numbers the relations and the entities have.
    pub(super) parameters: usize,
    /// What training took.
    pub(super) cpu_seconds: f64,
    /// The filtered ranks of each test triple's head and tail.
    pub(super) ranks: Vec<[f64; 2]>,
}

impl Tested {
    /// Measures on test triples what training gave in so many CPU-seconds.
    pub(super) fn of(graph: &KnowledgeGraph, trained: &TrainedRelations, cpu_seconds: f64) -> Result<Self> {
        let TrainedRelations { relations, report } = trained;
        Ok(Self {
            valid_mrr: report.best().context("no valid triples were ranked")?.mrr,
            best_epoch: report.best_epoch,
            parameters: relations.parameters(),
            cpu_seconds,
            ranks: relations.ranks(graph, Part::Test)?,
        })
    }

    /// Of each triple the mean of its two reciprocal ranks.
    pub(super) fn reciprocal_ranks(&self) -> Vec<f64> {
        self.ranks.iter().map(|[head, tail]| (head.recip() + tail.recip()) / 2.0).collect()
    }

    /// Hits@1, 3 and 10 over heads and tails.
    pub(super) fn hits(&self) -> [f64; 3] {
        let summary = RankSummary::of(self.ranks.iter().flatten().copied());
        [summary.hits_at_1, summary.hits_at_3, summary.hits_at_10]
    }
}
