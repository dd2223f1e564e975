//! Which settings each model is tried with.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_relations::{ModelConfig, RelationTraining};

use crate::arguments::paths;

use super::{
    search::{Search, none_twice},
    settings_file::{ModelSettings, SettingsFile},
};

/// Weights of N3 where no flag says otherwise.
const N3: [f32; 5] = [0.0, 0.003, 0.01, 0.03, 0.1];
/// Learning rates, likewise.
const LEARNING_RATES: [f32; 3] = [0.003, 0.01, 0.03];
/// Partitions of models that have some, where neither a flag nor the settings say otherwise: in one of all components the core
/// would have their cube.
const PARTITIONS: usize = 4;
/// Settings of all models that are left out for a model that does not take them.
const OPTIONAL: &[&str] = &["partitions", "orthogonality", "settings"];

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
    /// The maximum number of passes over the training triples [default: those of the settings, 200 without].
    #[arg(long)]
    epochs: Option<usize>,
    /// Settings as JSON: of training, which all candidates of all models have but for those that are tried and the seed; or by model, such as
    /// {"meim": {"batch_norm": true, "n3": 0, "learning_rate": [0.001, 0.003]}}, before which the flags above step back.
    ///
    /// Of settings for all models, what a model does not take of partitions, orthogonality and settings of its own is left out for it.
    /// By model, n3, learning_rate, model.dim and model.partitions may be lists, of which each value is tried. What is absent is as the
    /// flags above say. A model that the file does not name is tried as without it.
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
    /// The candidate, if it is the only one.
    pub(super) fn only(&self) -> Option<&RelationTraining> {
        self.candidates.first().filter(|_| self.candidates.len() == 1)
    }

    /// The candidates that are trained to choose one of them: none where there is one alone.
    pub(super) fn to_choose_from(&self) -> &[RelationTraining] {
        if self.only().is_some() { &[] } else { &self.candidates }
    }
}

/// All that is tried.
pub(super) struct Plans<'a> {
    /// What candidates have where nothing is said of their model alone.
    pub(super) common: RelationTraining,
    pub(super) of_models: Vec<Plan<'a>>,
}

impl GridArguments {
    /// What each of these models is tried with.
    ///
    /// # Errors
    /// For settings that a model cannot be trained with, one that the file names and nobody asks for among them; nothing was trained
    /// then.
    pub(super) fn plans<'a>(&self, models: &[&'a str]) -> Result<Plans<'a>> {
        self.check()?;
        let file = self.settings.as_deref().map(SettingsFile::read).transpose()?;
        let (mut common, by_model) = match file {
            None => (RelationTraining::default(), None),
            Some(SettingsFile::ForAll(training)) => (training, None),
            Some(SettingsFile::ByModel(by_model)) => (RelationTraining::default(), Some(by_model)),
        };
        common.epochs = self.epochs.unwrap_or(common.epochs);
        for (model, said) in by_model.iter().flatten() {
            self.of_model(said, &common).candidates(model).with_context(|| self.path())?;
        }
        let plan = |&model: &&'a str| {
            let search = match by_model.as_ref().and_then(|by_model| by_model.get(model)) {
                Some(said) => self.of_model(said, &common),
                None => self.of_all(&common),
            };
            Ok(Plan { model, candidates: search.candidates(model)? })
        };
        let of_models = models.iter().map(plan).collect::<Result<_>>()?;
        Ok(Plans { common, of_models })
    }

    fn check(&self) -> Result<()> {
        none_twice("--n3", &self.n3)?;
        none_twice("--learning-rate", &self.learning_rate)?;
        none_twice("--dim", &self.dim)?;
        none_twice("--partitions", &self.partitions)?;
        for found in &self.partitions {
            let most = ModelConfig::MAX;
            ensure!((1..=most).contains(found), "--partitions: expected 1 to {most}, found {found}");
        }
        Ok(())
    }

    fn path(&self) -> String {
        self.settings.as_deref().map(|path| path.display().to_string()).unwrap_or_default()
    }

    /// What a model is tried with of which a file says nothing alone.
    fn of_all(&self, common: &RelationTraining) -> Search {
        let said = ModelSettings { training: common.clone(), ..ModelSettings::default() };
        Search { optional: OPTIONAL, ..self.of_model(&said, common) }
    }

    /// What a model is tried with of which a file says this: what it leaves out is as flags say, or else as without any.
    fn of_model(&self, said: &ModelSettings, common: &RelationTraining) -> Search {
        let base = RelationTraining { epochs: said.epochs.unwrap_or(common.epochs), ..said.training.clone() };
        let usual = [if base.model.partitions > 1 { base.model.partitions } else { PARTITIONS }];
        let partitions = first_given([&said.partitions, &self.partitions, &usual]);
        // In one partition where the model has no others and the file does not ask for them.
        let optional: &[&str] = if said.partitions.is_empty() { &OPTIONAL[..1] } else { &[] };
        Search {
            n3: first_given([&said.n3, &self.n3, &N3]),
            learning_rate: first_given([&said.learning_rate, &self.learning_rate, &LEARNING_RATES]),
            dim: first_given([&said.dim, &self.dim, &[base.model.dim]]),
            partitions,
            base,
            optional,
        }
    }
}

/// The first of these lists that has a value.
fn first_given<T: Clone>(lists: [&[T]; 3]) -> Vec<T> {
    lists.into_iter().find(|list| !list.is_empty()).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests;
