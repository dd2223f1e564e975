//! Writing an encoder as sentence-transformers does.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use ess_files::{FolderLock, remove_file, write_atomically};
use safetensors::{Dtype, tensor::TensorView};

use super::encoder_parts::EncoderParts;
use crate::{error::Error, model::folder::ModelFolder, weights::Weights};

const WEIGHTS: &str = "model.safetensors";
// Forms of the weights, which would be those of before.
const OTHER_WEIGHTS: [&str; 9] =
    ["safetensors", "bin", "onnx", "h5", "ot", "msgpack", "pt", "ckpt", "onnx_data"];
const OTHER_FORMS: [&str; 3] = ["onnx", "openvino", "checkpoints"];
// Settings are small; what is larger is no part of a model's settings.
const MAX_FILE: u64 = 256 << 20;
const DEEPEST: usize = 4;

/// Writes the folder of an encoder with other values. `modules.json` is removed first and written last, so that a folder that a
/// killed process leaves is no model.
pub(super) fn save_encoder(parts: &EncoderParts, values: &[f32], folder: &Path) -> Result<(), Error> {
    let lock = FolderLock::acquire(folder)?;
    let list = lock.folder().join("modules.json");
    let weights = weights(parts, values)?;
    let mut files = Vec::new();
    settings_files(&parts.folder, PathBuf::new(), DEEPEST, &mut files)?;
    remove_file(&list)?;
    let inner = parts.transformer.strip_prefix(&parts.folder).unwrap_or(Path::new(""));
    write_atomically(&lock.folder().join(inner).join(WEIGHTS), |file| file.write_all(&weights))?;
    files.sort_by_key(|file| file.as_os_str() == "modules.json");
    for file in files {
        let from = parts.folder.join(&file);
        let bytes = std::fs::read(&from).map_err(Error::io(&from))?;
        write_atomically(&lock.folder().join(&file), |out| out.write_all(&bytes))?;
    }
    Ok(())
}

/// The files of a model beside its weights, as paths inside its folder.
fn settings_files(
    root: &Path,
    inner: PathBuf,
    deepest: usize,
    files: &mut Vec<PathBuf>,
) -> Result<(), Error> {
    let folder = root.join(&inner);
    let io = |cause| Error::Io { path: folder.clone(), cause };
    for entry in std::fs::read_dir(&folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let (name, about) = (entry.file_name(), std::fs::metadata(entry.path()).map_err(io)?);
        let text = name.to_string_lossy();
        let extension = Path::new(&name).extension().unwrap_or_default().to_string_lossy().into_owned();
        let is_weights = OTHER_WEIGHTS.contains(&extension.as_str()) || text.ends_with(".index.json");
        if text.starts_with('.') || is_weights || about.len() > MAX_FILE {
            continue;
        }
        if about.is_file() {
            files.push(inner.join(&name));
        } else if about.is_dir() && deepest > 0 && !OTHER_FORMS.contains(&&*text) {
            settings_files(root, inner.join(&name), deepest - 1, files)?;
        }
    }
    Ok(())
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
