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

/// A model on one graph.
pub(super) struct Row<'a> {
    pub(super) of: &'a OfModel,
    /// Over the seeds that training ended with; none where there is none.
    pub(super) measured: Option<Measured>,
    /// Whether this is the model that the others are compared with.
    pub(super) is_baseline: bool,
}

/// What a model reaches, over the seeds that training ended with.
pub(super) struct Measured {
    pub(super) parameters: usize,
    /// The passes that were kept, seed by seed.
    pub(super) epochs: Vec<usize>,
    pub(super) mrr: f64,
    /// Of the MRR, at 95 %, over test triples.
    pub(super) interval: Option<[f64; 2]>,
    /// The standard deviation of a seed's MRR; none for fewer than two seeds.
    pub(super) spread: Option<f64>,
    /// Hits@1, 3 and 10.
    pub(super) hits: [f64; 3],
    /// With the model that the others are compared with; none for itself, and where it failed.
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
        let together = Together::new(blocks.iter().flat_map(|block| &block.rows).map(Row::p));
        Ok(Self { blocks, together })
    }

    /// How many of the differences that were to be judged there are not, since training diverged.
    pub(super) fn missing(&self) -> usize {
        let rows = self.blocks.iter().flat_map(|block| &block.rows);
        rows.filter(|row| !row.is_baseline && row.compared().is_none()).count()
    }

    /// Whether training diverged with some seed of what was chosen, or with every candidate of a model.
    pub(super) fn is_partial(&self) -> bool {
        let mut rows = self.blocks.iter().flat_map(|block| &block.rows);
        rows.any(|row| row.measured.is_none() || !row.of.diverged.is_empty())
    }
}

impl<'a> Block<'a> {
    fn of(graph: &'a OfGraph, against: &str) -> Result<Self> {
        let baseline = graph.models.iter().find(|of| of.model == against);
        let baseline = baseline.context("the model to compare with was not measured")?;
        let baseline = (!baseline.tested.is_empty()).then(|| over_seeds(baseline).per_query);
        let row = |of: &'a OfModel| Row::of(of, of.model == against, baseline.as_deref());
        Ok(Self { graph, rows: graph.models.iter().map(row).collect::<Result<_>>()? })
    }

    /// The row of a model.
    pub(super) fn row(&self, model: &str) -> Option<&Row<'a>> {
        self.rows.iter().find(|row| row.model() == model)
    }

    /// The rows of which something was measured.
    pub(super) fn measured(&self) -> impl Iterator<Item = (&Row<'a>, &Measured)> {
        self.rows.iter().filter_map(|row| Some((row, row.measured.as_ref()?)))
    }
}

impl<'a> Row<'a> {
    fn of(of: &'a OfModel, is_baseline: bool, baseline: Option<&[f64]>) -> Result<Self> {
        let baseline = baseline.filter(|_| !is_baseline);
        let measured = (!of.tested.is_empty()).then(|| Measured::of(of, baseline)).transpose()?;
        Ok(Self { of, measured, is_baseline })
    }

    pub(super) fn model(&self) -> &'a str {
        &self.of.model
    }

    /// The model, marked where training diverged: `cp (1 of 3 seeds)`.
    pub(super) fn marked(&self) -> String {
        let (model, ended) = (&self.of.model, self.of.tested.len());
        match self.of.diverged.len() {
            _ if ended == 0 => format!("{model} (failed)"),
            0 => model.clone(),
            diverged => format!("{model} ({ended} of {} seeds)", ended + diverged),
        }
    }

    /// The chosen settings.
    pub(super) fn chosen(&self) -> Option<&'a RelationTraining> {
        self.of.chosen.as_ref()
    }

    pub(super) fn compared(&self) -> Option<&Compared> {
        self.measured.as_ref()?.compared.as_ref()
    }

    /// Of the difference. One that was to be judged and is not there shows nothing, and counts in the correction as it would have.
    fn p(&self) -> Option<f64> {
        (!self.is_baseline).then(|| self.compared().map_or(1.0, |compared| compared.p))
    }
}

impl Measured {
    fn of(of: &OfModel, baseline: Option<&[f64]>) -> Result<Self> {
        let OverSeeds { per_query: values, spread } = over_seeds(of);
        let compared = baseline.map(|baseline| Compared::of(baseline, &values)).transpose()?.flatten();
        let runs = || of.tested.iter().map(|kept| &kept.found);
        let over_runs = |value: &dyn Fn(&Tested) -> f64| mean(&runs().map(value).collect::<Vec<_>>());
        Ok(Self {
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
