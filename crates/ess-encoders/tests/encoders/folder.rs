//! Copies of the golden folders, to be changed.

use std::path::{Path, PathBuf};

use ess_encoders::{Error, SentenceEncoder};
use ess_testing::Scratch;
use serde_json::Value;

pub(crate) fn tiny(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny").join(name)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A copy of a good folder, to be damaged.
pub(crate) struct Folder(Scratch);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        Self::of(&tiny(name))
    }

    pub(crate) fn of(source: &Path) -> Self {
        let folder = Scratch::new();
        copy(source, folder.path());
        Self(folder)
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub(crate) fn remove(self, file: &str) -> Self {
        std::fs::remove_file(self.path(file)).unwrap();
        self
    }

    pub(crate) fn write(self, file: &str, bytes: &[u8]) -> Self {
        let path = self.path(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// Replaces the first occurrence of a text, which must be there.
    pub(crate) fn replace(self, file: &str, old: &str, new: &str) -> Self {
        let text = std::fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(old), "{file} has no {old}: {text}");
        self.write(file, text.replacen(old, new, 1).as_bytes())
    }

    pub(crate) fn change_bytes(self, file: &str, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut bytes = std::fs::read(self.path(file)).unwrap();
        change(&mut bytes);
        self.write(file, &bytes)
    }

    /// Changes a JSON file, which is made where it is not there.
    pub(crate) fn edit(self, file: &str, change: impl FnOnce(&mut Value)) -> Self {
        let mut json = std::fs::read(self.path(file))
            .map_or_else(|_| serde_json::json!({}), |bytes| serde_json::from_slice(&bytes).unwrap());
        change(&mut json);
        self.write(file, json.to_string().as_bytes())
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn load(&self) -> Result<SentenceEncoder, Error> {
        SentenceEncoder::load(self.root())
    }

    pub(crate) fn error(self) -> Error {
        match self.load() {
            Err(error) => error,
            Ok(_) => panic!("a bad folder was loaded"),
        }
    }
}
