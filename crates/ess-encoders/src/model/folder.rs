//! A model's folder.

use std::path::{Component, Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::settings::file_settings::FileSettings;
use crate::error::Error;

// Ten times the largest tokenizer.json that is published; other JSON files are far smaller.
const MAX_JSON_BYTES: u64 = 256 << 20;

/// A folder with a model's files.
#[derive(Clone, Debug)]
pub(crate) struct ModelFolder {
    path: PathBuf,
}

impl ModelFolder {
    pub(crate) fn new(path: &Path) -> Result<Self, Error> {
        if path.is_dir() {
            Ok(Self { path: path.to_owned() })
        } else {
            let cause = std::io::Error::new(std::io::ErrorKind::NotADirectory, "no such model folder");
            Err(Error::io(path)(cause))
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.file(name).is_file()
    }

    /// A path that `listed_in` names, which must stay inside the folder.
    pub(crate) fn inner_file(&self, listed_in: &str, name: &str) -> Result<PathBuf, Error> {
        let inner = Path::new(name);
        if inner.components().all(|part| matches!(part, Component::Normal(_))) {
            Ok(self.path.join(inner))
        } else {
            let expected = "a path inside the model folder";
            Err(Error::config(&self.file(listed_in), "path", expected, name))
        }
    }

    /// The folder of one module, as modules.json names it; an empty name is this folder.
    pub(crate) fn inner_folder(&self, listed_in: &str, name: &str) -> Result<Self, Error> {
        Self::new(&self.inner_file(listed_in, name)?)
    }

    /// Reads a JSON object that the model needs, all of whose settings are in `known`.
    pub(crate) fn settings<T: DeserializeOwned>(&self, name: &str, known: &FileSettings) -> Result<T, Error> {
        let path = self.file(name);
        let bytes = self.json_bytes(name)?;
        let malformed = |cause| Error::Json { path: path.clone(), cause };
        if let Value::Object(settings) = serde_json::from_slice(&bytes).map_err(malformed)? {
            known.check(&path, &settings)?;
        }
        serde_json::from_slice(&bytes).map_err(malformed)
    }

    /// Reads settings that the model may lack; the default then.
    pub(crate) fn optional_settings<T: DeserializeOwned + Default>(
        &self,
        name: &str,
        known: &FileSettings,
    ) -> Result<T, Error> {
        if self.has(name) { self.settings(name, known) } else { Ok(T::default()) }
    }

    /// Reads a JSON file that the model needs.
    pub(crate) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        let path = self.file(name);
        serde_json::from_slice(&self.json_bytes(name)?).map_err(|cause| Error::Json { path, cause })
    }

    /// The content of a JSON file that the model needs.
    pub(crate) fn json_bytes(&self, name: &str) -> Result<Vec<u8>, Error> {
        if !self.has(name) {
            return Err(self.missing(name, "is this a sentence-transformers folder, and all of it?"));
        }
        let path = self.file(name);
        let length = std::fs::metadata(&path).map_err(Error::io(&path))?.len();
        if length > MAX_JSON_BYTES {
            return Err(Error::config(&path, "size", format!("at most {MAX_JSON_BYTES} bytes"), length));
        }
        std::fs::read(&path).map_err(Error::io(&path))
    }

    /// Refuses a dimension in `config.json` that is not the one of what comes before.
    pub(crate) fn check_dim(&self, field: &'static str, expected: usize, found: usize) -> Result<(), Error> {
        match expected == found {
            true => Ok(()),
            false => Err(Error::config(&self.file("config.json"), field, expected.to_string(), found)),
        }
    }

    /// Refuses a folder with an adapter, which changes the weights and is not applied here.
    pub(crate) fn refuse_adapter(&self) -> Result<(), Error> {
        const FILES: [&str; 3] = ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"];
        match FILES.into_iter().find(|file| self.has(file)) {
            None => Ok(()),
            Some(file) => Err(Error::Adapter { path: self.file(file) }),
        }
    }

    pub(crate) fn missing(&self, file: &str, advice: &'static str) -> Error {
        Error::MissingFile { folder: self.path.clone(), file: file.to_owned(), advice }
    }
}
