//! The low-rank changes of an adapter, added to weights as they are read.

use std::{collections::HashMap, path::PathBuf};

use super::source::Source;
use crate::{
    error::Error,
    model::{adapter_config::AdapterConfig, folder::ModelFolder},
};

/// An adapter whose every module is one of the base's.
pub(super) struct Adapter {
    config: AdapterConfig,
    path: PathBuf,
    source: Source,
    /// By the name of the base's tensor.
    changes: HashMap<String, Change>,
}

/// `W + s B A` of a linear layer, `W + s (B A)ᵀ` of a table.
struct Change {
    /// The module as the adapter calls it.
    module: String,
    /// The names of A and B.
    factors: [String; 2],
    is_table: bool,
}

const OF_LAYERS: [&str; 2] = [".lora_A.weight", ".lora_B.weight"];
const OF_TABLES: [&str; 2] = [".lora_embedding_A", ".lora_embedding_B"];
/// What PEFT puts before a model's own names.
const WRAPPED: &str = "base_model.model.";

impl Adapter {
    /// The adapter of a folder, to tensors of `names`; `prefix` is what a model with a head has before its names.
    pub(super) fn open(
        folder: &ModelFolder,
        config: AdapterConfig,
        names: &[&String],
        prefix: &str,
    ) -> Result<Self, Error> {
        let path = config.weights(folder)?;
        let source = Source::open(&path)?;
        let inner = |name: &str| name.strip_prefix(prefix).unwrap_or(name).to_owned();
        let bases: HashMap<String, &String> =
            names.iter().filter_map(|name| Some((inner(name.strip_suffix(".weight")?), *name))).collect();
        let mut changes = HashMap::new();
        let held = source.names();
        for name in &held {
            let unexpected = || Error::UnexpectedTensor { path: path.clone(), name: name.clone() };
            let ends = [(OF_LAYERS, false), (OF_TABLES, true)].into_iter().find_map(|(ends, is_table)| {
                let at = ends.iter().position(|end| name.ends_with(end))?;
                Some((name.strip_suffix(ends[at])?, at, ends, is_table))
            });
            let (module, at, ends, is_table) = ends.ok_or_else(unexpected)?;
            let factors = ends.map(|end| format!("{module}{end}"));
            if !held.contains(&factors[1 - at]) {
                let name = factors[1 - at].clone();
                return Err(Error::MissingTensor { path: path.clone(), name });
            }
            let module = module.strip_prefix(WRAPPED).unwrap_or(module).to_owned();
            let base = bases.get(&inner(&module)).ok_or_else(unexpected)?;
            changes.insert((*base).clone(), Change { module, factors, is_table });
        }
        Ok(Self { config, path, source, changes })
    }

    /// Adds the change of a tensor that was read, if it has one.
    pub(super) fn change(&self, name: &str, shape: &[usize], values: &mut [f32]) -> Result<(), Error> {
        let Some(change) = self.changes.get(name) else { return Ok(()) };
        let [rows, columns] = *shape else {
            return Err(Error::UnexpectedTensor { path: self.path.clone(), name: change.factors[0].clone() });
        };
        let (rank, scale) = self.config.of_module(&change.module);
        let [outputs, inputs] = if change.is_table { [columns, rows] } else { [rows, columns] };
        let a = self.source.read(&change.factors[0], &[rank, inputs])?;
        let b = self.source.read(&change.factors[1], &[outputs, rank])?;
        if change.is_table {
            for (row, values) in values.chunks_exact_mut(columns).enumerate() {
                for (value, b) in values.iter_mut().zip(b.chunks_exact(rank)) {
                    let product: f32 = b.iter().enumerate().map(|(at, b)| b * a[at * rows + row]).sum();
                    *value += scale * product;
                }
            }
            return Ok(());
        }
        for (values, b) in values.chunks_exact_mut(columns).zip(b.chunks_exact(rank)) {
            for (b, a) in b.iter().zip(a.chunks_exact(columns)) {
                let weight = scale * b;
                values.iter_mut().zip(a).for_each(|(value, a)| *value += weight * a);
            }
        }
        Ok(())
    }
}
