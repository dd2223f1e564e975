//! All that is measured, as data.

use anyhow::{Context, Result, bail};
use ess_relations::{InverseLeakage, Part, RelationTraining};
use serde::Serialize;
use serde_json::json;

use crate::experiment::{
    cells::Cells,
    folder_of::FolderOf,
    kept::{Kept, Wanted},
    subject::Subject as _,
};

use super::{
    candidate::Candidate,
    choice::best,
    graph::Graph,
    grid::Plan,
    outcome::{Diverged, Outcome},
    tested::Tested,
};

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
    /// In the order of the grid; none where there is one alone, which needs no training to be chosen.
    pub(super) candidates: Vec<Kept<Candidate, FolderOf>>,
    /// The settings of the best, with the first seed; none where training diverged with every candidate.
    pub(super) chosen: Option<RelationTraining>,
    /// Of the chosen settings with the first seed; none where training diverged with it.
    pub(super) chosen_valid_mrr: Option<f64>,
    /// These settings with each seed that training ended with.
    pub(super) tested: Vec<Kept<Tested, FolderOf>>,
    /// These settings with each seed that training diverged with.
    pub(super) diverged: Vec<Kept<Diverged, FolderOf>>,
}

impl Results {
    /// Fails where nothing was measured at all, for there is no page of nothing.
    pub(super) fn check(&self) -> Result<()> {
        let mut failures = Vec::new();
        for graph in &self.graphs {
            for of in &graph.models {
                match of.failure() {
                    Some(failure) => failures.push(format!("{}: {failure}", graph.name)),
                    None => return Ok(()),
                }
            }
        }
        bail!("{}", failures.join("\n"))
    }
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
        for candidate in plan.to_choose_from() {
            let training = RelationTraining { seed: first, ..candidate.clone() };
            let wanted = wanted(graph, format!("{} valid", words(candidate)), &training);
            candidates.push(cells.measure(&wanted, || Candidate::measure(&graph.triples, &training))?);
        }
        let valid = |at: usize| candidates.get(at).and_then(|kept| kept.found.valid_mrr);
        let best = best((0..candidates.len()).map(valid));
        let chosen_valid_mrr = best.and_then(valid);
        let chosen = plan.only().or(best.and_then(|at| plan.candidates.get(at)));
        let chosen = chosen.map(|chosen| RelationTraining { seed: first, ..chosen.clone() });
        let model = plan.model.to_owned();
        let (tested, diverged) = (Vec::new(), Vec::new());
        let mut of = Self { model, candidates, chosen, chosen_valid_mrr, tested, diverged };
        of.test(graph, seeds, cells)?;
        let of_first = of.tested.iter().find(|kept| kept.seed == first).map(|kept| kept.found.valid_mrr);
        of.chosen_valid_mrr = of.chosen_valid_mrr.or(of_first);
        if let Some(failure) = of.failure() {
            cells.note(&format!("{}: {failure}", graph.name()));
        }
        Ok(of)
    }

    /// Trains the chosen settings with each seed, and measures on test where training ends.
    fn test(&mut self, graph: &Graph, seeds: &[u64], cells: &Cells) -> Result<()> {
        let Some(chosen) = &self.chosen else { return Ok(()) };
        for &seed in seeds {
            let training = RelationTraining { seed, ..chosen.clone() };
            let wanted = wanted(graph, format!("{} test", self.model), &training);
            let kept = cells.measure(&wanted, || Outcome::measure(&graph.triples, &training))?;
            let Kept { data, what, seed, files, settings, found } = kept;
            match found {
                Outcome::Ended(found) => {
                    self.tested.push(Kept { data, what, seed, files, settings, found });
                }
                Outcome::Diverged(found) => {
                    let (graph, model) = (graph.name(), &self.model);
                    cells.note(&format!("{graph}: {model}, seed {seed}: {}", found.error));
                    self.diverged.push(Kept { data, what, seed, files, settings, found });
                }
            }
        }
        Ok(())
    }

    /// Why nothing was measured on test triples; none where something was.
    pub(super) fn failure(&self) -> Option<String> {
        let model = &self.model;
        if !self.tested.is_empty() {
            return None;
        }
        let (what, epoch) = match self.diverged.first() {
            Some(kept) => ("every seed of the chosen settings", kept.found.epoch),
            None => ("every candidate", self.candidates.first().map_or(0, |kept| kept.found.epochs)),
        };
        Some(format!(
            "training of {model} diverged with {what}, with the first in epoch {epoch}; a lower --learning-rate helps"
        ))
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
