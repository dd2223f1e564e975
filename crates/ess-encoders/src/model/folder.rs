//! A model's folder.

use std::path::{Component, Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::Error;

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

    /// Reads a JSON file that the model needs.
    pub(crate) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        if !self.has(name) {
            return Err(self.missing(name, "is this a sentence-transformers folder, and all of it?"));
        }
        let path = self.file(name);
        let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
        serde_json::from_slice(&bytes).map_err(|cause| Error::Json { path, cause })
    }

    /// Reads a JSON file that the model may lack; its default then.
    pub(crate) fn optional_json<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T, Error> {
        if self.has(name) { self.json(name) } else { Ok(T::default()) }
    }

    pub(crate) fn missing(&self, file: &str, advice: &'static str) -> Error {
        Error::MissingFile { folder: self.path.clone(), file: file.to_owned(), advice }
    }
}
