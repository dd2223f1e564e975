//! A searching module in a folder: `module.json` beside `weights-CHECKSUM.safetensors`.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use ess_files::{Checksum, FolderLock, seal_json, unseal_json, write_atomically};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::{
    attachments::Attachments,
    state::{HostTensor, ModuleDescription, ModuleState},
};
use crate::error::Error;

mod replaced;

pub(crate) const MANIFEST: &str = "module.json";
const FORMAT: &str = "ess-search-module";
/// Manifests of version 1 have no checksum.
const UNSEALED_VERSION: u32 = 1;
/// That of manifests with nothing attached.
const VERSION: u32 = 2;
/// That of manifests with documents in them.
const ATTACHING_VERSION: u32 = 3;
/// No manifest is larger: one of a thousand members has some hundred kilobytes, offsets of 10⁷ items 80 megabytes.
const MAX_MANIFEST_BYTES: u64 = 1 << 27;
/// How often a folder is read again that is replaced while it is read.
const TRIES: usize = 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    version: u32,
    module: ModuleDescription,
    weights: Weights,
    #[serde(default, skip_serializing_if = "Attachments::is_empty")]
    attachments: Attachments,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    file: String,
    checksum: String,
}

impl Manifest {
    /// For people to read, where it is not long.
    fn to_text(&self, folder: &Path) -> Result<String, Error> {
        const MAX_PRETTY: usize = 1 << 20;
        let path = folder.join(MANIFEST);
        let no_json =
            |error: serde_json::Error| format_error(&path, "a config that is JSON", &error.to_string());
        let mut text = serde_json::to_string_pretty(self).map_err(no_json)?;
        if text.len() > MAX_PRETTY {
            text = serde_json::to_string(self).map_err(no_json)?;
        }
        let text = seal_json(&text);
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
    /// The weights are written under a name of their own before the manifest is replaced, so a module that was there
    /// before stays whole until the new one is. Then what the replaced manifest named is removed, and nothing else.
    ///
    /// # Errors
    /// [`Error::Files`] when the folder cannot be written, or another writes it at the moment; [`Error::Format`] for a
    /// description that is too large to be read again.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        self.save_in(&mut FolderLock::acquire(folder)?)
    }

    /// As [`ModuleState::save`], into a folder that the caller keeps for itself already: for more files beside the module
    /// that belong to it. Files that the config names by `NAME-CHECKSUM.json`, with 16 hexadecimal digits, and that were
    /// announced before they were written, go with the weights when a manifest without them replaces this one.
    ///
    /// ```
    /// use ess_core::Identity;
    /// use ess_files::FolderLock;
    /// use ess_search::{ModuleState, PersistentModule};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// let state = Identity::new(3).to_state()?;
    /// let mut lock = FolderLock::acquire(folder)?;
    /// assert!(state.save(folder).is_err());
    /// state.save_in(&mut lock)?;
    /// assert_eq!(ModuleState::load(folder)?, state);
    /// # Ok::<(), ess_search::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`ModuleState::save`].
    pub fn save_in(&self, lock: &mut FolderLock) -> Result<(), Error> {
        self.save_with(&Attachments::default(), lock)
    }

    /// As [`ModuleState::save_in`], with documents that belong to the module: a reader finds this module with these, or
    /// what was there before with its own.
    ///
    /// # Errors
    /// Those of [`ModuleState::save`]. When a document's own file cannot be written at the end, the module is saved all
    /// the same, and has the document.
    pub fn save_with(&self, attached: &Attachments, lock: &mut FolderLock) -> Result<(), Error> {
        let folder = lock.folder().to_owned();
        let bytes = self.weights_bytes()?;
        let checksum = Checksum::of(&bytes).to_string();
        let file = format!("weights-{}.safetensors", checksum.trim_start_matches("xxh3-64:"));
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            version: if attached.is_empty() { VERSION } else { ATTACHING_VERSION },
            module: self.description.clone(),
            weights: Weights { file: file.clone(), checksum },
            attachments: attached.clone(),
        };
        let text = manifest.to_text(&folder)?;
        let before = replaced::named_by(&folder.join(MANIFEST));
        lock.announce(&[&file])?;
        lock.announce(&before.files)?;
        let written = write_atomically(&folder.join(&file), |out| out.write_all(&bytes))
            .map_err(Error::from)
            .and_then(|()| before.attachments.remove_copies(&folder))
            .and_then(|()| attached.remove_copies(&folder))
            .and_then(|()| {
                Ok(write_atomically(&folder.join(MANIFEST), |out| out.write_all(text.as_bytes()))?)
            });
        if let Err(error) = written {
            replaced::remove(&folder, lock.announced(), &before.files);
            before.attachments.write_copies(&folder).unwrap_or_else(|error| {
                tracing::warn!(%error, "a document of the module that stays is in its manifest alone");
            });
            return Err(error);
        }
        let now = replaced::named_by(&folder.join(MANIFEST));
        replaced::remove(&folder, lock.announced(), &now.files);
        attached.write_copies(&folder)
    }

    /// Reads a module from a folder and checks it, with what is attached to it. A folder that is replaced meanwhile gives
    /// the old module or the new one.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that is missing or cannot be read; [`Error::Format`] for one that is torn, altered,
    /// of another format or of a later version; [`Error::NonFiniteTensor`] for a NaN or an infinity.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        read_folder(folder, |manifest| Self::load_weights(folder, manifest))
    }

    fn load_weights(folder: &Path, manifest: Manifest) -> Result<Self, Error> {
        let plain = Path::new(&manifest.weights.file).file_name() == Some(manifest.weights.file.as_ref());
        if !plain {
            let path = folder.join(MANIFEST);
            return Err(format_error(&path, "a file name for the weights", &manifest.weights.file));
        }
        let path = folder.join(&manifest.weights.file);
        let bytes = read_bytes(&path, u64::MAX)?;
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

impl Attachments {
    /// Reads and checks what is attached to the module in a folder; nothing, where an earlier version wrote it.
    ///
    /// # Errors
    /// Those of [`ModuleState::load`], less those of the weights.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        read_folder(folder, |manifest| Ok(manifest.attachments))
    }
}

/// Reads what a folder has, again where it is replaced meanwhile.
fn read_folder<T>(folder: &Path, read: impl Fn(Manifest) -> Result<T, Error>) -> Result<T, Error> {
    let path = folder.join(MANIFEST);
    let read_as = |text: &str| {
        let manifest = parse_manifest(&path, text)?;
        manifest.attachments.check(folder, &path)?;
        read(manifest)
    };
    let mut text = read_text(&path)?;
    for _ in 0..TRIES {
        match read_as(&text) {
            Err(error) => {
                let newer = read_text(&path)?;
                if newer == text {
                    return Err(error);
                }
                text = newer;
            }
            found => return found,
        }
    }
    read_as(&text)
}

fn format_error(path: &Path, expected: &str, found: &str) -> Error {
    Error::Format { path: path.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}

fn read_text(path: &Path) -> Result<String, Error> {
    String::from_utf8(read_bytes(path, MAX_MANIFEST_BYTES)?)
        .map_err(|error| format_error(path, "a text in UTF-8", &error.utf8_error().to_string()))
}

/// The bytes of a regular file: a pipe would be waited for, and a device may have no end.
fn read_bytes(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let io = |cause| Error::Io { path: path.to_owned(), cause };
    let metadata = std::fs::metadata(path).map_err(io)?;
    if !metadata.is_file() {
        return Err(format_error(path, "a regular file", &format!("{:?}", metadata.file_type())));
    }
    if metadata.len() > most {
        return Err(format_error(path, &format!("at most {most} bytes"), &metadata.len().to_string()));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(io)?;
    Ok(bytes)
}

fn parse_manifest(path: &Path, text: &str) -> Result<Manifest, Error> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let syntax = |error: serde_json::Error| {
        format_error(path, "the manifest of a searching module", &error.to_string())
    };
    // The head first: a later version may have other fields, and its number says more than a field that is odd.
    let head: Head = serde_json::from_str(text).map_err(syntax)?;
    if head.format != FORMAT {
        return Err(format_error(path, &format!("format {FORMAT:?}"), &head.format));
    }
    match head.version {
        UNSEALED_VERSION => serde_json::from_str(text).map_err(syntax),
        VERSION | ATTACHING_VERSION => match unseal_json(text) {
            Ok(Some(text)) => serde_json::from_str(&text).map_err(syntax),
            Ok(None) => Err(format_error(path, "a checksum as the last member", "none")),
            Err(error) => Err(format_error(path, "a manifest as it was written", &error.to_string())),
        },
        other => {
            let expected = format!("format version {UNSEALED_VERSION} to {ATTACHING_VERSION}");
            Err(format_error(path, &expected, &other.to_string()))
        }
    }
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
