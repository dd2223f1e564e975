//! All that is measured, as data.

use anyhow::{Context, Result};
use ess_relations::{InverseLeakage, Part, RelationTraining};
use serde::Serialize;
use serde_json::json;

use crate::experiment::{
    cells::Cells,
    folder_of::FolderOf,
    kept::{Kept, Wanted},
    subject::Subject as _,
};

use super::{candidate::Candidate, choice::best, graph::Graph, grid::Plan, tested::Tested};

/// All that was measured.
#[derive(Serialize)]
pub(super) struct Results {
    pub(super) seed: u64,
    /// The model that the others are compared with.
    pub(super) against: String,
    pub(super) graphs: Vec<OfGraph>,
}

/// What was measured on one graph.
#[derive(Serialize)]
pub(super) struct OfGraph {
    pub(super) name: String,
    pub(super) entities: usize,
    pub(super) relations: usize,
    /// Of train, valid and test.
    pub(super) triples: [usize; 3],
    /// What training gives away of the test triples.
    pub(super) leakage: InverseLeakage,
    pub(super) models: Vec<OfModel>,
}

/// What was measured of one model on one graph.
#[derive(Serialize)]
pub(super) struct OfModel {
    pub(super) model: String,
    /// In the order of the grid.
    pub(super) candidates: Vec<Kept<Candidate, FolderOf>>,
    /// The settings of the best, with the first seed.
    pub(super) chosen: RelationTraining,
    pub(super) chosen_valid_mrr: f64,
    /// These settings with each seed.
    pub(super) tested: Vec<Kept<Tested, FolderOf>>,
}

impl OfGraph {
    /// Trains and measures all models with these seeds, of which there is at least one.
    pub(super) fn measure(graph: &Graph, plans: &[Plan<'_>], seeds: &[u64], cells: &Cells) -> Result<Self> {
        let triples = &graph.triples;
        Ok(Self {
            name: graph.name().to_owned(),
            entities: triples.entities().len(),
            relations: triples.relations().len(),
            triples: [Part::Train, Part::Valid, Part::Test].map(|part| triples.part(part).len()),
            leakage: InverseLeakage::of(triples, Part::Test),
            models: plans
                .iter()
                .map(|plan| OfModel::measure(graph, plan, seeds, cells))
                .collect::<Result<_>>()?,
        })
    }
}

impl OfModel {
    fn measure(graph: &Graph, plan: &Plan<'_>, seeds: &[u64], cells: &Cells) -> Result<Self> {
        let first = *seeds.first().context("no seed")?;
        let mut candidates = Vec::new();
        for candidate in &plan.candidates {
            let training = RelationTraining { seed: first, ..candidate.clone() };
            let wanted = wanted(graph, format!("{} valid", words(candidate)), &training);
            candidates.push(cells.measure(&wanted, || Candidate::measure(&graph.triples, &training))?);
        }
        let valid = |at: usize| candidates.get(at).and_then(|kept| kept.found.valid_mrr);
        let at = best((0..candidates.len()).map(valid));
        let (chosen, chosen_valid_mrr) =
            at.and_then(|at| Some((plan.candidates.get(at)?, valid(at)?))).with_context(|| {
                let (name, model) = (graph.name(), plan.model);
                format!(
                    "{name}: training of {model} diverged with every candidate; a lower --learning-rate helps"
                )
            })?;
        let chosen = RelationTraining { seed: first, ..chosen.clone() };
        let mut tested = Vec::new();
        for &seed in seeds {
            let training = RelationTraining { seed, ..chosen.clone() };
            let wanted = wanted(graph, format!("{} test", plan.model), &training);
            tested.push(cells.measure(&wanted, || Tested::measure(&graph.triples, &training))?);
        }
        Ok(Self { model: plan.model.to_owned(), candidates, chosen, chosen_valid_mrr, tested })
    }
}

/// A training, whose seed is that of its settings.
fn wanted<'a>(graph: &'a Graph, what: String, training: &RelationTraining) -> Wanted<'a, Graph> {
    Wanted { sources: vec![graph], what, seed: training.seed, settings: json!(training) }
}

/// What tells a candidate from the others, as a part of a file's name.
fn words(candidate: &RelationTraining) -> String {
    let RelationTraining { model, n3, learning_rate, .. } = candidate;
    let (name, dim, partitions) = (&model.name, model.dim, model.partitions);
    format!("{name} {dim} in {partitions} n3 {n3} rate {learning_rate}")
}
