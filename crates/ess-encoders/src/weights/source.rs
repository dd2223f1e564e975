//! A file of weights, whatever its format.

use std::path::Path;

use super::{file::WeightFile, torch::TorchFile};
use crate::error::Error;

/// One file, of either format.
pub(super) enum Source {
    Safetensors(WeightFile),
    Torch(TorchFile),
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        match path.extension().is_some_and(|extension| extension == "safetensors") {
            true => WeightFile::open(path).map(Self::Safetensors),
            false => TorchFile::open(path).map(Self::Torch),
        }
    }

    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Safetensors(file) => file.names().collect(),
            Self::Torch(file) => file.names().collect(),
        }
    }

    pub(super) fn shape(&self, name: &str) -> Result<Vec<usize>, Error> {
        match self {
            Self::Safetensors(file) => file.shape(name),
            Self::Torch(file) => file.shape(name),
        }
    }

    pub(super) fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        match self {
            Self::Safetensors(file) => file.read(name, shape),
            Self::Torch(file) => file.read(name, shape),
        }
    }
}
