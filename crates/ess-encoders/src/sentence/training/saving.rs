//! Writing encoders as sentence-transformers does.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use ess_files::{remove_file, write_atomically};
use safetensors::{Dtype, tensor::TensorView};

use super::encoder_parts::EncoderParts;
use crate::{
    error::Error,
    model::folder::ModelFolder,
    sentence::{loading::TEXT_CONFIGS, modules::listed_folders},
    weights::Weights,
};

const WEIGHTS: &str = "model.safetensors";
const LIST: &str = "modules.json";
const CONFIG: &str = "config.json";
// What the folders of a model and of its parts have beside weights, by name: whatever else is there, such as a README, is no part
// of the model, and may be another's where the encoder goes.
const SETTINGS: [&str; 13] = [
    LIST,
    CONFIG,
    "config_sentence_transformers.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
];

/// A file inside a model's folder, and its bytes.
type SettingsFile = (PathBuf, Vec<u8>);

/// Writes the folders of encoders that belong together, each with its values in the place of the model's. While any weights change,
/// no folder has what it is loaded by, so that what a killed process leaves is the old encoders, the new ones, or none. The caller
/// keeps the folders for itself.
pub(super) fn save_encoders(parts: &EncoderParts, towers: &[(PathBuf, &[f32])]) -> Result<(), Error> {
    let inner = parts.transformer.strip_prefix(&parts.folder).unwrap_or(Path::new(""));
    // All is read before anything goes: the model may be trained in its own folder.
    let (marks, files) = (marks(inner), settings_files(&ModelFolder::new(&parts.folder)?)?);
    let weights = towers.iter().map(|(_, values)| weights(parts, values));
    let weights: Vec<Vec<u8>> = weights.collect::<Result<_, _>>()?;
    for (folder, _) in towers {
        marks.iter().rev().try_for_each(|mark| remove_file(&folder.join(mark)).map(drop))?;
    }
    for ((folder, _), weights) in towers.iter().zip(&weights) {
        write(folder, &inner.join(WEIGHTS), weights)?;
        for (file, bytes) in files.iter().filter(|(file, _)| !marks.contains(file)) {
            write(folder, file, bytes)?;
        }
    }
    for (folder, _) in towers {
        for (file, bytes) in marks.iter().filter_map(|mark| files.iter().find(|(file, _)| file == mark)) {
            write(folder, file, bytes)?;
        }
    }
    Ok(())
}

/// What a folder is loaded by, in the order in which it comes; it goes in the opposite one. The last is the transformer's config,
/// which every encoder has: one without modules.json would be loaded as a transformer that is pooled by the mean.
fn marks(inner: &Path) -> Vec<PathBuf> {
    let mut marks = vec![PathBuf::from(LIST), PathBuf::from(CONFIG), inner.join(CONFIG)];
    marks.dedup();
    marks
}

fn write(folder: &Path, file: &Path, bytes: &[u8]) -> Result<(), Error> {
    Ok(write_atomically(&folder.join(file), |out| out.write_all(bytes))?)
}

/// The files of a model beside its weights.
fn settings_files(model: &ModelFolder) -> Result<Vec<SettingsFile>, Error> {
    let mut folders = listed_folders(model)?;
    folders.push(PathBuf::new());
    folders.sort();
    folders.dedup();
    let names = || SETTINGS.into_iter().chain(TEXT_CONFIGS);
    let files = folders.iter().flat_map(|folder| names().map(move |name| folder.join(name)));
    let read = |file: PathBuf| {
        let from = model.path().join(&file);
        std::fs::read(&from).map(|bytes| (file, bytes)).map_err(Error::io(&from))
    };
    files.filter(|file| model.path().join(file).is_file()).map(read).collect()
}

/// The bytes of model.safetensors: the trained tensors, and beside them those of the model's file that no vector depends on.
fn weights(parts: &EncoderParts, values: &[f32]) -> Result<Vec<u8>, Error> {
    let own: HashSet<&str> = parts.layout.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    let before = Weights::open(&ModelFolder::new(&parts.transformer)?)?;
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    for tensor in &parts.layout.tensors {
        tensors.push((tensor.name.clone(), tensor.shape.clone(), bytes(&values[tensor.range.clone()])));
    }
    for name in before.names().filter(|name| !own.contains(name)) {
        let shape = before.shape(name)?;
        // Buffers of whole numbers are made anew when the model is loaded.
        match before.read(name, &shape) {
            Ok(values) => tensors.push((name.to_owned(), shape, bytes(&values))),
            Err(Error::TensorType { .. }) => tracing::debug!(name, "left out: no tensor of floats"),
            Err(error) => return Err(error),
        }
    }
    let path = parts.transformer.join(WEIGHTS);
    let malformed = |error: safetensors::SafeTensorError| Error::MalformedWeights {
        path: path.clone(),
        reason: error.to_string(),
    };
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(malformed)?;
        Ok((name.as_str(), view))
    });
    let views: Vec<_> = views.collect::<Result<_, Error>>()?;
    let about = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(about)).map_err(malformed)
}
