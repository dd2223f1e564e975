//! The file of `--settings`: settings of training for all models, or by model.

use std::{collections::BTreeMap, fmt::Display, path::Path};

use anyhow::{Context, Result, bail, ensure};
use ess_relations::{Error, RelationTraining, relation_models};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::search::none_twice;
use crate::settings::written::{from_object, written_text};

/// What a file says.
pub(super) enum SettingsFile {
    /// What all candidates of all models have, but for those settings that are tried.
    ForAll(RelationTraining),
    /// What the candidates of each model have.
    ByModel(BTreeMap<String, ModelSettings>),
}

/// What a file says of one model.
#[derive(Debug, Default)]
pub(super) struct ModelSettings {
    /// Weights of N3 that are tried; none where the file says nothing of them, as of each list.
    pub(super) n3: Vec<f32>,
    pub(super) learning_rate: Vec<f32>,
    pub(super) dim: Vec<usize>,
    pub(super) partitions: Vec<usize>,
    /// None where the file says nothing of them.
    pub(super) epochs: Option<usize>,
    /// All else, at its default where the file says nothing of it.
    pub(super) training: RelationTraining,
}

impl SettingsFile {
    /// Reads one.
    ///
    /// # Errors
    /// With its path, for a file that cannot be read, for a model or a setting that there is not, with those that there are, and for
    /// settings of all models outside their ranges.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = written_text(path).with_context(|| path.display().to_string())?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Self> {
        let error = match from_object::<RelationTraining>(text) {
            Ok(training) => {
                training.check()?;
                return Ok(Self::ForAll(training));
            }
            Err(error) => error,
        };
        let models = relation_models();
        match serde_json::from_str(text) {
            Ok(Value::Object(all)) if models.iter().any(|model| all.contains_key(*model)) => {
                Ok(Self::ByModel(by_model(all)?))
            }
            _ => {
                let models = models.join(", ");
                Err(error).with_context(|| format!("settings of relation training, or by model ({models})"))
            }
        }
    }
}

fn by_model(all: Map<String, Value>) -> Result<BTreeMap<String, ModelSettings>> {
    let models = relation_models();
    let of = |(name, said): (String, Value)| {
        if !models.contains(&name.as_str()) {
            return Err(Error::UnknownModel { name, known: models.join(", ") }.into());
        }
        let settings = ModelSettings::parse(&name, said).with_context(|| format!("settings of {name}"))?;
        Ok((name, settings))
    };
    all.into_iter().map(of).collect()
}

impl ModelSettings {
    fn parse(model: &str, said: Value) -> Result<Self> {
        let Value::Object(mut said) = said else { bail!("expected an object, found {said}") };
        ensure!(!said.contains_key("seed"), "seed: the seeds are those of --seed and --seeds");
        let [n3, learning_rate] = [taken(&mut said, "n3")?, taken(&mut said, "learning_rate")?];
        let (mut dim, mut partitions) = (Vec::new(), Vec::new());
        if let Value::Object(of_model) = said.entry("model").or_insert_with(|| Map::new().into()) {
            dim = taken(of_model, "dim")?;
            partitions = taken(of_model, "partitions")?;
            let name = of_model.insert("name".to_owned(), model.into()).unwrap_or_else(|| model.into());
            ensure!(name == model, "model.name: expected {model:?} or nothing, found {name}");
        }
        let says_epochs = said.contains_key("epochs");
        let training: RelationTraining = serde_json::from_value(Value::Object(said))?;
        let epochs = says_epochs.then_some(training.epochs);
        Ok(Self { n3, learning_rate, dim, partitions, epochs, training })
    }
}

/// Takes a value, or a list of values that are tried; nothing where neither is there.
fn taken<T: DeserializeOwned + PartialEq + Display>(
    said: &mut Map<String, Value>,
    key: &str,
) -> Result<Vec<T>> {
    let all = match said.remove(key) {
        None => return Ok(Vec::new()),
        Some(Value::Array(all)) => all,
        Some(one) => vec![one],
    };
    ensure!(!all.is_empty(), "{key}: expected a value or several, found an empty list");
    let values: Result<Vec<T>, _> = all.into_iter().map(serde_json::from_value).collect();
    let values = values.with_context(|| key.to_owned())?;
    none_twice(key, &values)?;
    Ok(values)
}

#[cfg(test)]
mod tests;
