//! Reading named tensors from safetensors files.

mod file;

use std::{collections::HashMap, path::Path};

use serde::Deserialize;

use crate::{error::Error, model::folder::ModelFolder};
use file::WeightFile;

/// The tensors of one model, in one file or several.
pub(crate) struct Weights {
    files: Vec<WeightFile>,
    // Which file has a tensor.
    places: HashMap<String, usize>,
    folder: std::path::PathBuf,
}

#[derive(Deserialize)]
struct ShardIndex {
    weight_map: HashMap<String, String>,
}

const WHOLE: &str = "model.safetensors";
const SHARDS: &str = "model.safetensors.index.json";

impl Weights {
    /// Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names.
    pub(crate) fn open(folder: &ModelFolder) -> Result<Self, Error> {
        if folder.has(WHOLE) {
            return Self::from_files(folder.path(), vec![WeightFile::open(&folder.file(WHOLE))?]);
        }
        if folder.has(SHARDS) {
            let index: ShardIndex = folder.json(SHARDS)?;
            let mut names: Vec<_> = index.weight_map.into_values().collect();
            names.sort();
            names.dedup();
            let files = names.iter().map(|name| WeightFile::open(&folder.inner_file(SHARDS, name)?));
            return Self::from_files(folder.path(), files.collect::<Result<_, _>>()?);
        }
        let advice = if folder.has("pytorch_model.bin") {
            "there is only pytorch_model.bin: load the model in Python and save it with \
             `model.save_pretrained(folder, safe_serialization=True)`"
        } else {
            "weights are read from model.safetensors, or from the files that model.safetensors.index.json names"
        };
        Err(folder.missing(WHOLE, advice))
    }

    fn from_files(folder: &Path, files: Vec<WeightFile>) -> Result<Self, Error> {
        let places = files
            .iter()
            .enumerate()
            .flat_map(|(at, file)| file.names().map(move |name| (name, at)))
            .collect();
        Ok(Self { files, places, folder: folder.to_owned() })
    }

    /// Whether there is a tensor of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Refuses a tensor of any other name: what it is for, the configuration does not say.
    pub(crate) fn expect_only(&self, names: &[&str]) -> Result<(), Error> {
        match self.places.keys().filter(|name| !names.contains(&name.as_str())).min() {
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
        self.file(name)?.read(name, shape)
    }

    fn file(&self, name: &str) -> Result<&WeightFile, Error> {
        let place = self
            .places
            .get(name)
            .ok_or_else(|| Error::MissingTensor { path: self.folder.clone(), name: name.to_owned() })?;
        Ok(&self.files[*place])
    }
}
