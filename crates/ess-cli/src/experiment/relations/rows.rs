//! What the page shows of each model.

use anyhow::{Context, Result};
use ess_metrics::Bootstrap;
use ess_relations::RelationTraining;

use crate::{
    experiment::{
        compared::Compared,
        over_seeds::{OverSeeds, mean},
    },
    output::{mean_interval::mean_interval, together::Together},
};

use super::{
    results::{OfGraph, OfModel, Results},
    tested::Tested,
};

/// A model on one graph, over its seeds.
pub(super) struct Row<'a> {
    pub(super) model: &'a str,
    pub(super) chosen: &'a RelationTraining,
    /// Of the chosen candidate.
    pub(super) valid_mrr: f64,
    pub(super) parameters: usize,
    /// The passes that were kept, seed by seed.
    pub(super) epochs: Vec<usize>,
    pub(super) mrr: f64,
    /// Of the MRR, at 95 %, over test triples.
    pub(super) interval: Option<[f64; 2]>,
    /// The standard deviation of a seed's MRR.
    pub(super) spread: Option<f64>,
    /// Hits@1, 3 and 10.
    pub(super) hits: [f64; 3],
    /// With the model that the others are compared with; none for itself.
    pub(super) compared: Option<Compared>,
    /// Of one training.
    pub(super) cpu_seconds: f64,
}

/// The models of one graph.
pub(super) struct Block<'a> {
    pub(super) graph: &'a OfGraph,
    pub(super) rows: Vec<Row<'a>>,
}

/// All of them, whose differences are judged together.
pub(super) struct Rows<'a> {
    pub(super) blocks: Vec<Block<'a>>,
    pub(super) together: Together,
}

impl<'a> Rows<'a> {
    pub(super) fn of(results: &'a Results) -> Result<Self> {
        let block = |graph| Block::of(graph, &results.against);
        let blocks: Vec<Block<'_>> = results.graphs.iter().map(block).collect::<Result<_>>()?;
        let compared = blocks.iter().flat_map(|block| &block.rows).filter_map(|row| row.compared.as_ref());
        let together = Together::new(compared.map(|compared| Some(compared.p)));
        Ok(Self { blocks, together })
    }
}

impl<'a> Block<'a> {
    fn of(graph: &'a OfGraph, against: &str) -> Result<Self> {
        let baseline = graph.models.iter().find(|of| of.model == against);
        let baseline = over_seeds(baseline.context("the model to compare with was not measured")?);
        let row = |of: &'a OfModel| Row::of(of, (of.model != against).then_some(&*baseline.per_query));
        Ok(Self { graph, rows: graph.models.iter().map(row).collect::<Result<_>>()? })
    }

    /// The row of a model.
    pub(super) fn row(&self, model: &str) -> Option<&Row<'a>> {
        self.rows.iter().find(|row| row.model == model)
    }
}

impl<'a> Row<'a> {
    fn of(of: &'a OfModel, baseline: Option<&[f64]>) -> Result<Self> {
        let OverSeeds { per_query: values, spread } = over_seeds(of);
        let compared = baseline.map(|baseline| Compared::of(baseline, &values)).transpose()?.flatten();
        let runs = || of.tested.iter().map(|kept| &kept.found);
        let over_runs = |value: &dyn Fn(&Tested) -> f64| mean(&runs().map(value).collect::<Vec<_>>());
        Ok(Self {
            model: &of.model,
            chosen: &of.chosen,
            valid_mrr: of.chosen_valid_mrr,
            parameters: runs().map(|run| run.parameters).next().unwrap_or(0),
            epochs: runs().map(|run| run.best_epoch).collect(),
            mrr: mean(&values),
            interval: mean_interval(&Bootstrap::default(), &values)?,
            spread,
            hits: [0, 1, 2].map(|at| over_runs(&|run| run.hits()[at])),
            compared,
            cpu_seconds: over_runs(&|run| run.cpu_seconds),
        })
    }
}

/// The reciprocal rank of each test triple.
fn over_seeds(of: &OfModel) -> OverSeeds {
    let runs: Vec<Vec<f64>> = of.tested.iter().map(|kept| kept.found.reciprocal_ranks()).collect();
    OverSeeds::of(runs.iter().map(Vec::as_slice))
}
