//! Runs that nothing tells apart.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
};

use burn::tensor::Device;
use ess_core::Encoding;
use ess_search::{DeviceEncoding, ModuleState, OnDevice, PersistentModule, TrainableModule};
use serde_json::Value;

use super::{definition::Recipe, runs};
use crate::{data::query_set::definition::QuerySet, error::Error, trainer::definition::Trainer};

/// Refuses outcomes of which two are the same.
pub(crate) fn refuse(outcomes: &[Option<String>]) -> Result<(), Error> {
    for (second, outcome) in outcomes.iter().enumerate() {
        let Some(outcome) = outcome else { continue };
        if let Some(first) = outcomes[..second].iter().position(|other| other.as_ref() == Some(outcome)) {
            return Err(Error::EqualMembers { kind: name(outcome).to_owned(), first, second });
        }
    }
    Ok(())
}

/// Whether another seed would make the same of these queries, bit for bit; false where that is not known.
pub(crate) fn is_deterministic<E: Encoding>(
    recipe: &dyn Recipe<E>,
    trainer: &Trainer,
    queries: &QuerySet<E>,
) -> Result<bool, Error> {
    let Some(outcome) = recipe.outcome(trainer, queries)? else { return Ok(false) };
    let of_another_seed = recipe.outcome(&trainer.with_seed(runs::apart(!trainer.start_seed())), queries)?;
    let deterministic = of_another_seed.as_ref() == Some(&outcome);
    if deterministic && trainer.config().seed != 0 {
        let (seed, recipe) = (trainer.config().seed, name(&outcome));
        tracing::warn!(seed, recipe, "nothing is drawn: every seed gives the same module");
    }
    Ok(deterministic)
}

/// The kind at the beginning of an outcome.
fn name(outcome: &str) -> &str {
    outcome.split(" {").next().and_then(|kind| kind.split(" of ").next()).unwrap_or(outcome).trim_end()
}

/// What a module becomes in training, as text, by what it starts from; `None` where more is drawn as it is trained.
pub(super) fn outcome<M: TrainableModule>(
    module: M,
    trainer: &Trainer,
    queries: &QuerySet<M::Encoding>,
) -> Result<Option<String>, Error> {
    if trainer.draws(queries) {
        return Ok(None);
    }
    start(module, &queries.encodings().select_rows(&[0])?)
}

/// The module's kind, settings and parameters as text, without its seeds; `None` where its training steps draw. `query` is any
/// one query.
pub(crate) fn start<M: TrainableModule>(module: M, query: &M::Encoding) -> Result<Option<String>, Error> {
    let device = Device::flex();
    module.check_encodings(query)?;
    let state = OnDevice::new(module.clone(), &device).to_state()?;
    let module = module.fork(&device).train();
    let draws = || module.noises().into_iter().map(ess_search::Noise::draws).sum::<u64>();
    let before = draws();
    let _ = module.forward(query.to_tensors(&device.autodiff()));
    Ok((draws() == before).then(|| text(state)))
}

fn text(state: ModuleState) -> String {
    let ModuleState { mut description, tensors } = state;
    remove_seeds(&mut description.config);
    let mut hasher = DefaultHasher::new();
    for (name, tensor) in tensors {
        name.hash(&mut hasher);
        tensor.values().iter().for_each(|value| value.to_bits().hash(&mut hasher));
    }
    format!("{} {} {:016x}", description.kind, description.config, hasher.finish())
}

/// A seed says nothing of what did not draw from it, and what did shows in the parameters.
fn remove_seeds(config: &mut Value) {
    match config {
        Value::Object(fields) => {
            fields.remove("seed");
            fields.values_mut().for_each(remove_seeds);
        }
        Value::Array(values) => values.iter_mut().for_each(remove_seeds),
        _ => {}
    }
}
