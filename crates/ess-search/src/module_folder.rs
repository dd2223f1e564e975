//! A searching module in a folder: `module.json` beside `weights-CHECKSUM.safetensors`.

use std::{collections::BTreeMap, path::Path};

use ess_files::{Checksum, write_atomically};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use crate::{Error, HostTensor, ModuleDescription, ModuleState};

const MANIFEST: &str = "module.json";
const FORMAT: &str = "ess-search-module";
const VERSION: u32 = 1;
/// No manifest is larger: one of a thousand members has some hundred kilobytes, offsets of 10⁷ items 80 megabytes.
const MAX_MANIFEST_BYTES: u64 = 1 << 27;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    version: u32,
    module: ModuleDescription,
    weights: Weights,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    file: String,
    checksum: String,
}

impl Manifest {
    /// For people to read, where it is not long.
    fn to_text(&self, folder: &Path) -> Result<Vec<u8>, Error> {
        const MAX_PRETTY: usize = 1 << 20;
        let path = folder.join(MANIFEST);
        let no_json =
            |error: serde_json::Error| format_error(&path, "a config that is JSON", &error.to_string());
        let mut text = serde_json::to_vec_pretty(self).map_err(no_json)?;
        if text.len() > MAX_PRETTY {
            text = serde_json::to_vec(self).map_err(no_json)?;
        }
        text.push(b'\n');
        if text.len() as u64 > MAX_MANIFEST_BYTES {
            let found = text.len().to_string();
            return Err(format_error(&path, &format!("at most {MAX_MANIFEST_BYTES} bytes"), &found));
        }
        Ok(text)
    }
}

impl ModuleState {
    /// Writes the module into a folder, which is made if need be.
    ///
    /// The weights are written under a name of their own before the manifest is replaced, so a module that was
    /// there before stays whole until the new one is.
    ///
    /// # Errors
    /// [`Error::Files`] when the folder cannot be written; [`Error::Format`] for a description that is too large to be
    /// read again.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        let bytes = self.weights_bytes()?;
        let checksum = Checksum::of(&bytes).to_string();
        let file = format!("weights-{}.safetensors", checksum.trim_start_matches("xxh3-64:"));
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            module: self.description.clone(),
            weights: Weights { file: file.clone(), checksum },
        };
        let text = manifest.to_text(folder)?;
        write_atomically(&folder.join(&file), |out| out.write_all(&bytes))?;
        write_atomically(&folder.join(MANIFEST), |out| out.write_all(&text))?;
        remove_old_weights(folder, &file);
        Ok(())
    }

    /// Reads a module from a folder and checks it.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that is missing or cannot be read; [`Error::Format`] for one that is torn, altered,
    /// of another format or of a later version; [`Error::NonFiniteTensor`] for a NaN or an infinity.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(MANIFEST);
        let manifest = read_manifest(&path)?;
        let plain = Path::new(&manifest.weights.file).file_name() == Some(manifest.weights.file.as_ref());
        if !plain {
            return Err(format_error(&path, "a file name for the weights", &manifest.weights.file));
        }
        let path = folder.join(&manifest.weights.file);
        let bytes = std::fs::read(&path).map_err(|cause| Error::Io { path: path.clone(), cause })?;
        let found = Checksum::of(&bytes).to_string();
        if found != manifest.weights.checksum {
            return Err(format_error(&path, &format!("checksum {}", manifest.weights.checksum), &found));
        }
        Ok(Self { description: manifest.module, tensors: read_tensors(&path, &bytes)? })
    }

    fn weights_bytes(&self) -> Result<Vec<u8>, Error> {
        let bytes: Vec<(&String, &[usize], Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, tensor)| {
                (name, tensor.shape(), tensor.values().iter().flat_map(|x| x.to_le_bytes()).collect())
            })
            .collect();
        let failed = |error: safetensors::SafeTensorError| Error::Device { message: error.to_string() };
        let views = bytes
            .iter()
            .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.to_vec(), bytes)?)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        safetensors::serialize(views, None).map_err(failed)
    }
}

fn format_error(path: &Path, expected: &str, found: &str) -> Error {
    Error::Format { path: path.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}

fn read_manifest(path: &Path) -> Result<Manifest, Error> {
    let io = |cause| Error::Io { path: path.to_owned(), cause };
    let bytes = std::fs::metadata(path).map_err(io)?.len();
    if bytes > MAX_MANIFEST_BYTES {
        return Err(format_error(path, &format!("at most {MAX_MANIFEST_BYTES} bytes"), &bytes.to_string()));
    }
    let text = std::fs::read_to_string(path).map_err(io)?;
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let syntax = |error: serde_json::Error| {
        format_error(path, "the manifest of a searching module", &error.to_string())
    };
    // The head first: a later version may have other fields, and its number says more than a field that is odd.
    let head: Head = serde_json::from_str(&text).map_err(syntax)?;
    if head.format != FORMAT {
        return Err(format_error(path, &format!("format {FORMAT:?}"), &head.format));
    }
    if head.version != VERSION {
        return Err(format_error(path, &format!("format version {VERSION}"), &head.version.to_string()));
    }
    serde_json::from_str(&text).map_err(syntax)
}

fn read_tensors(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, HostTensor>, Error> {
    let tensors = SafeTensors::deserialize(bytes)
        .map_err(|error| format_error(path, "a safetensors file", &error.to_string()))?;
    let mut read = BTreeMap::new();
    for (name, view) in tensors.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(format_error(
                path,
                &format!("f32 in tensor {name:?}"),
                &format!("{:?}", view.dtype()),
            ));
        }
        let values =
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let tensor = HostTensor::new(&name, view.shape().to_vec(), values)?;
        read.insert(name, tensor);
    }
    Ok(read)
}

/// Weights that no manifest names any more. Failing to remove them harms nothing, so it is only logged.
fn remove_old_weights(folder: &Path, keep: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if is_weights(&path)
            && path.file_name() != Some(keep.as_ref())
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::warn!(path = %path.display(), %error, "old weights stay");
        }
    }
}

/// Whether this crate gave the file its name: another's files in the folder are left alone.
fn is_weights(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let digits = name.strip_prefix("weights-").and_then(|name| name.strip_suffix(".safetensors"));
    digits.is_some_and(|digits| {
        digits.len() == 16 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}
