//! Every combination of the settings that a model is tried with.

use std::fmt::Display;

use anyhow::{Context, Result, ensure};
use ess_relations::{Error, ModelConfig, RelationTraining};

/// What a model is tried with: each list has at least one value.
pub(super) struct Search {
    pub(super) n3: Vec<f32>,
    pub(super) learning_rate: Vec<f32>,
    pub(super) dim: Vec<usize>,
    pub(super) partitions: Vec<usize>,
    /// What all candidates have besides.
    pub(super) base: RelationTraining,
    /// Settings that are left out for a model that does not take them.
    pub(super) optional: &'static [&'static str],
}

impl Search {
    /// Every combination for one model.
    ///
    /// # Errors
    /// For settings that the model cannot be trained with.
    pub(super) fn candidates(&self, model: &str) -> Result<Vec<RelationTraining>> {
        let mut all = Vec::new();
        for model in self.sizes(model) {
            for &n3 in &self.n3 {
                for &learning_rate in &self.learning_rate {
                    let model = model.clone();
                    let candidate = RelationTraining { model, n3, learning_rate, ..self.base.clone() };
                    candidate.check().with_context(|| format!("a candidate of {}", candidate.model.name))?;
                    all.push(candidate);
                }
            }
        }
        Ok(all)
    }

    /// A model in every size; sizes that it does not tell apart come once.
    fn sizes(&self, name: &str) -> Vec<ModelConfig> {
        let mut all = Vec::new();
        for &dim in &self.dim {
            for &partitions in &self.partitions {
                let name = name.to_owned();
                let model = ModelConfig { name, dim, partitions, ..self.base.model.clone() };
                let model = self.without_refused(model);
                if !all.contains(&model) {
                    all.push(model);
                }
            }
        }
        all
    }

    /// Leaves out what only other models take. What is still refused without a setting is no matter of that setting, and stays as it
    /// is for the error.
    fn without_refused(&self, mut model: ModelConfig) -> ModelConfig {
        while let Err(Error::Config { name, .. }) = model.build() {
            let mut less = model.clone();
            match name {
                _ if !self.optional.contains(&name) => break,
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
}

/// Refuses a value that a list has twice.
pub(super) fn none_twice<T: PartialEq + Display>(list: &str, values: &[T]) -> Result<()> {
    for (at, value) in values.iter().enumerate() {
        ensure!(!values[..at].contains(value), "{list}: {value} is given twice");
    }
    Ok(())
}
