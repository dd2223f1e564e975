//! Reading named tensors from the files of a model.

mod adapter;
mod file;
mod source;
mod torch;
mod values;

use std::{collections::HashMap, path::Path};

use serde::Deserialize;

use crate::{
    error::Error,
    model::{adapter_config::AdapterConfig, folder::ModelFolder},
};
use adapter::Adapter;
use source::Source;

/// The tensors of one model, in one file or several.
pub(crate) struct Weights {
    files: Vec<Source>,
    // Which file has a tensor.
    file_of: HashMap<String, usize>,
    folder: std::path::PathBuf,
    adapter: Option<Adapter>,
}

#[derive(Deserialize)]
struct ShardIndex {
    weight_map: HashMap<String, String>,
}

// A whole file and the list of its parts, in the order in which they are looked for.
const FILES: [[&str; 2]; 2] = [
    ["model.safetensors", "model.safetensors.index.json"],
    ["pytorch_model.bin", "pytorch_model.bin.index.json"],
];

impl Weights {
    /// Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names; where there is neither, the same
    /// of `pytorch_model.bin`.
    pub(crate) fn open(folder: &ModelFolder) -> Result<Self, Error> {
        for [whole, shards] in FILES {
            if folder.has(whole) {
                return Self::from_files(folder.path(), vec![Source::open(&folder.file(whole))?]);
            }
            if folder.has(shards) {
                let index: ShardIndex = folder.json(shards)?;
                let mut names: Vec<_> = index.weight_map.into_values().collect();
                names.sort();
                names.dedup();
                let files = names.iter().map(|name| Source::open(&folder.inner_file(shards, name)?));
                return Self::from_files(folder.path(), files.collect::<Result<_, _>>()?);
            }
        }
        let advice = "weights are read from model.safetensors or pytorch_model.bin, or from the files that \
                      model.safetensors.index.json or pytorch_model.bin.index.json names";
        Err(folder.missing(FILES[0][0], advice))
    }

    fn from_files(folder: &Path, files: Vec<Source>) -> Result<Self, Error> {
        let file_of = files
            .iter()
            .enumerate()
            .flat_map(|(at, file)| file.names().into_iter().map(move |name| (name, at)))
            .collect();
        Ok(Self { files, file_of, folder: folder.to_owned(), adapter: None })
    }

    /// The same with the adapter of a folder added; `prefix` is what a model with a head has before its names.
    pub(crate) fn adapted(
        self,
        folder: &ModelFolder,
        config: AdapterConfig,
        prefix: &str,
    ) -> Result<Self, Error> {
        let names: Vec<_> = self.file_of.keys().collect();
        let adapter = Some(Adapter::open(folder, config, &names, prefix)?);
        Ok(Self { adapter, ..self })
    }

    /// The names of all tensors, in alphabetical order.
    #[cfg(feature = "train")]
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<&str> = self.file_of.keys().map(String::as_str).collect();
        names.sort_unstable();
        names.into_iter()
    }

    /// Whether there is a tensor of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.file_of.contains_key(name)
    }

    /// Refuses a tensor of any other name: what it is for, the configuration does not say.
    pub(crate) fn expect_only(&self, names: &[&str]) -> Result<(), Error> {
        match self.file_of.keys().filter(|name| !names.contains(&name.as_str())).min() {
            None => Ok(()),
            Some(name) => Err(Error::UnexpectedTensor { path: self.folder.clone(), name: name.clone() }),
        }
    }

    /// The shape of a tensor.
    pub(crate) fn shape(&self, name: &str) -> Result<Vec<usize>, Error> {
        self.file(name)?.shape(name)
    }

    /// Reads a tensor of the expected shape as f32, row-major.
    pub(crate) fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        let mut values = self.file(name)?.read(name, shape)?;
        if let Some(adapter) = &self.adapter {
            adapter.change(name, shape, &mut values)?;
        }
        Ok(values)
    }

    fn file(&self, name: &str) -> Result<&Source, Error> {
        let file = self
            .file_of
            .get(name)
            .ok_or_else(|| Error::MissingTensor { path: self.folder.clone(), name: name.to_owned() })?;
        Ok(&self.files[*file])
    }
}
