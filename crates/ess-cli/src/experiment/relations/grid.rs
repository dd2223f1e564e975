//! Which settings each model is tried with.

use std::{fmt::Display, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_relations::{Error, ModelConfig, RelationTraining};

use crate::{arguments::paths, settings::relation_training};

/// Weights of N3 where no flag says otherwise.
const N3: [f32; 5] = [0.0, 0.003, 0.01, 0.03, 0.1];
/// Learning rates, likewise.
const LEARNING_RATES: [f32; 3] = [0.003, 0.01, 0.03];
/// Partitions of models that have some, where neither a flag nor the settings say otherwise: in one of all components the core
/// would have their cube.
const PARTITIONS: usize = 4;

/// The candidates, and what they have in common.
#[derive(Args, Default)]
pub(super) struct GridArguments {
    /// Weights of N3 that are tried, with commas between them [default: 0,0.003,0.01,0.03,0.1].
    #[arg(long, value_delimiter = ',')]
    n3: Vec<f32>,
    /// Step sizes of training that are tried, with commas between them [default: 0.003,0.01,0.03].
    #[arg(long, value_delimiter = ',')]
    learning_rate: Vec<f32>,
    /// Components of an entity's encoding that are tried, with commas between them [default: those of the settings, 200 without].
    #[arg(long, value_delimiter = ',')]
    dim: Vec<usize>,
    /// Partitions that are tried, with commas between them, of models that have some: mei and meim [default: those of the settings where
    /// these have several, else 4].
    #[arg(long, value_delimiter = ',')]
    partitions: Vec<usize>,
    /// At most so many passes over the training triples [default: those of the settings, 200 without].
    #[arg(long)]
    epochs: Option<usize>,
    /// Settings of training as JSON, which all candidates of all models have but for those that are tried and the seed. What a model does not
    /// take of partitions, orthogonality and settings of its own is left out for it.
    #[arg(long, value_name = "FILE", value_parser = paths::RELATION_SETTINGS.read())]
    settings: Option<PathBuf>,
}

/// A model, and the settings that it is tried with.
pub(super) struct Plan<'a> {
    pub(super) model: &'a str,
    /// At least one.
    pub(super) candidates: Vec<RelationTraining>,
}

impl Plan<'_> {
    /// A candidate, for what all have in common.
    pub(super) fn common(&self) -> Option<&RelationTraining> {
        self.candidates.first()
    }
}

impl GridArguments {
    /// What each of these models is tried with.
    ///
    /// # Errors
    /// For settings that a model cannot be trained with; nothing was trained then.
    pub(super) fn plans<'a>(&self, models: &[&'a str]) -> Result<Vec<Plan<'a>>> {
        none_twice("--n3", &self.n3)?;
        none_twice("--learning-rate", &self.learning_rate)?;
        none_twice("--dim", &self.dim)?;
        none_twice("--partitions", &self.partitions)?;
        for found in &self.partitions {
            let most = ModelConfig::MAX;
            ensure!((1..=most).contains(found), "--partitions: expected 1 to {most}, found {found}");
        }
        let base = self.base()?;
        let plan = |&model: &&'a str| Ok(Plan { model, candidates: self.candidates(model, &base)? });
        models.iter().map(plan).collect()
    }

    /// The settings that candidates have in common.
    fn base(&self) -> Result<RelationTraining> {
        let mut base = RelationTraining::default();
        if let Some(path) = &self.settings {
            base = relation_training::read(path)?;
            base.check().with_context(|| path.display().to_string())?;
        }
        base.epochs = self.epochs.unwrap_or(base.epochs);
        Ok(base)
    }

    /// Every combination for one model.
    fn candidates(&self, model: &str, base: &RelationTraining) -> Result<Vec<RelationTraining>> {
        let mut all = Vec::new();
        for model in self.sizes(model, &base.model) {
            for &n3 in or(&self.n3, &N3) {
                for &learning_rate in or(&self.learning_rate, &LEARNING_RATES) {
                    let model = model.clone();
                    let candidate = RelationTraining { model, n3, learning_rate, ..base.clone() };
                    candidate.check().with_context(|| format!("a candidate of {}", candidate.model.name))?;
                    all.push(candidate);
                }
            }
        }
        Ok(all)
    }

    /// A model in every size; sizes that it does not tell apart come once.
    fn sizes(&self, name: &str, base: &ModelConfig) -> Vec<ModelConfig> {
        let usual = [if base.partitions > 1 { base.partitions } else { PARTITIONS }];
        let mut all = Vec::new();
        for &dim in or(&self.dim, &[base.dim]) {
            for &partitions in or(&self.partitions, &usual) {
                let name = name.to_owned();
                let model = without_refused(ModelConfig { name, dim, partitions, ..base.clone() });
                if !all.contains(&model) {
                    all.push(model);
                }
            }
        }
        all
    }
}

/// Leaves out what only other models take. What is still refused without a setting is no matter of that setting, and stays as it is for
/// the error.
fn without_refused(mut model: ModelConfig) -> ModelConfig {
    while let Err(Error::Config { name, .. }) = model.build() {
        let mut less = model.clone();
        match name {
            "partitions" => less.partitions = 1,
            "orthogonality" => less.orthogonality = 0.0,
            "settings" => less.settings.clear(),
            _ => break,
        }
        if matches!(less.build(), Err(Error::Config { name: again, .. }) if again == name) {
            break;
        }
        model = less;
    }
    model
}

fn or<'a, T>(given: &'a [T], otherwise: &'a [T]) -> &'a [T] {
    if given.is_empty() { otherwise } else { given }
}

fn none_twice<T: PartialEq + Display>(flag: &str, values: &[T]) -> Result<()> {
    for (at, value) in values.iter().enumerate() {
        ensure!(!values[..at].contains(value), "{flag}: {value} is given twice");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
