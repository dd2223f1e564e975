//! Writing models as sentence-transformers and transformers do.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use ess_files::{remove_file, write_atomically};
use safetensors::{Dtype, tensor::TensorView};

use super::layout::{Layout, Named};
use crate::{
    error::Error,
    model::folder::ModelFolder,
    sentence::{loading::TEXT_CONFIGS, modules::listed_folders},
    weights::Weights,
};

const WEIGHTS: &str = "model.safetensors";
const LIST: &str = "modules.json";
const CONFIG: &str = "config.json";
const MODEL: &str = "config_sentence_transformers.json";
// What the folders of a model and of its parts have beside weights, by name: whatever else is there, such as a README, is no part
// of the model, and may be another's where the model goes.
const TOKENIZER: [&str; 10] = [
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

/// What a model's folder has beside its weights, read before anything is written: the model may go into its own folder.
pub(crate) struct ModelFiles {
    /// Where the transformer is inside the folder.
    inner: PathBuf,
    files: Vec<SettingsFile>,
    /// What may be there of an earlier model, and would be read as this one's.
    absent: Vec<PathBuf>,
}

impl ModelFiles {
    /// The files of a model as they are; its transformer is in this folder inside its own.
    pub(crate) fn read(model: &ModelFolder, transformer: &Path) -> Result<Self, Error> {
        let inner = transformer.strip_prefix(model.path()).unwrap_or(Path::new("")).to_owned();
        let mut folders = listed_folders(model)?;
        folders.push(PathBuf::new());
        folders.sort();
        folders.dedup();
        let names = || [LIST, CONFIG, MODEL].into_iter().chain(TOKENIZER).chain(TEXT_CONFIGS);
        let files = folders.iter().flat_map(|folder| names().map(move |name| folder.join(name)));
        let files = present(model, files)?;
        let read_too = [Path::new(""), &inner].into_iter();
        let read_too = read_too.flat_map(|folder| names().map(move |name| folder.join(name)));
        let absent = read_too.filter(|file| files.iter().all(|(own, _)| own != file)).collect();
        Ok(Self { inner, files, absent })
    }

    /// The files of a model that is a transformer alone: its tokenizer's as they are, and this config.json.
    pub(crate) fn of_transformer(transformer: &ModelFolder, config: Vec<u8>) -> Result<Self, Error> {
        let mut files = present(transformer, TOKENIZER.into_iter().map(PathBuf::from))?;
        files.push((PathBuf::from(CONFIG), config));
        let absent = [LIST, MODEL].into_iter().chain(TEXT_CONFIGS).map(PathBuf::from).collect();
        Ok(Self { inner: PathBuf::new(), files, absent })
    }

    /// The settings and the tokenizer, in one.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let of = |(file, bytes): &SettingsFile| [file.to_string_lossy().as_bytes(), bytes].concat();
        self.files.iter().flat_map(of).collect()
    }

    /// Writes the folders of models that belong together, each with its weights. While any weights change, no folder has what it
    /// is loaded by, so that what a killed process leaves is the old models, the new ones, or none. The caller keeps the folders
    /// for itself.
    pub(crate) fn write(&self, models: &[(PathBuf, Vec<u8>)]) -> Result<(), Error> {
        let marks = marks(&self.inner);
        for (folder, _) in models {
            let gone = marks.iter().rev().chain(&self.absent);
            gone.map(|name| folder.join(name)).try_for_each(|path| remove_file(&path).map(drop))?;
        }
        for (folder, weights) in models {
            write(folder, &self.inner.join(WEIGHTS), weights)?;
            for (file, bytes) in self.files.iter().filter(|(file, _)| !marks.contains(file)) {
                write(folder, file, bytes)?;
            }
        }
        for (folder, _) in models {
            let files = marks.iter().filter_map(|mark| self.files.iter().find(|(file, _)| file == mark));
            for (file, bytes) in files {
                write(folder, file, bytes)?;
            }
        }
        Ok(())
    }
}

/// What a folder is loaded by, in the order in which it comes; it goes in the opposite one. The last is the transformer's config,
/// which every model has: an encoder without modules.json would be loaded as a transformer that is pooled by the mean.
fn marks(inner: &Path) -> Vec<PathBuf> {
    let mut marks = vec![PathBuf::from(LIST), PathBuf::from(CONFIG), inner.join(CONFIG)];
    marks.dedup();
    marks
}

fn write(folder: &Path, file: &Path, bytes: &[u8]) -> Result<(), Error> {
    Ok(write_atomically(&folder.join(file), |out| out.write_all(bytes))?)
}

/// Those of these files that are there.
fn present(model: &ModelFolder, files: impl Iterator<Item = PathBuf>) -> Result<Vec<SettingsFile>, Error> {
    let read = |file: PathBuf| {
        let from = model.path().join(&file);
        std::fs::read(&from).map(|bytes| (file, bytes)).map_err(Error::io(&from))
    };
    files.filter(|file| model.path().join(file).is_file()).map(read).collect()
}

/// A tensor by its name, with its shape and its numbers.
type Tensor = (String, Vec<usize>, Vec<u8>);

/// The bytes of model.safetensors: the trained tensors, and beside them those of the model's file that no result depends on.
pub(crate) fn weights_beside(transformer: &Path, layout: &Layout, values: &[f32]) -> Result<Vec<u8>, Error> {
    let own: HashSet<&str> = layout.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    let before = Weights::open(&ModelFolder::new(transformer)?)?;
    let mut tensors = trained(layout, values);
    for name in before.names().filter(|name| !own.contains(name)) {
        let shape = before.shape(name)?;
        // Buffers of whole numbers are made anew when the model is loaded.
        match before.read(name, &shape) {
            Ok(values) => tensors.push((name.to_owned(), shape, bytes_of(&values))),
            Err(Error::TensorType { .. }) => tracing::debug!(name, "left out: no tensor of floats"),
            Err(error) => return Err(error),
        }
    }
    serialized(transformer, &tensors)
}

/// The bytes of model.safetensors with the trained tensors alone.
pub(crate) fn weights_alone(transformer: &Path, layout: &Layout, values: &[f32]) -> Result<Vec<u8>, Error> {
    serialized(transformer, &trained(layout, values))
}

fn trained(layout: &Layout, values: &[f32]) -> Vec<Tensor> {
    let of =
        |tensor: &Named| (tensor.name.clone(), tensor.shape.clone(), bytes_of(&values[tensor.range.clone()]));
    layout.tensors.iter().map(of).collect()
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn serialized(transformer: &Path, tensors: &[Tensor]) -> Result<Vec<u8>, Error> {
    let path = transformer.join(WEIGHTS);
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
