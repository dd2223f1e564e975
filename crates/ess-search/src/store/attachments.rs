//! JSON documents that belong to a saved module.

use std::{collections::BTreeMap, path::Path};

use ess_files::{remove_file, write_atomically};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::regular_file;
use crate::error::Error;

/// The file name of the manifest. No document may have it.
pub(super) const MANIFEST: &str = "module.json";
/// The largest size of a document.
const MAX_BYTES: usize = 1 << 24;

/// JSON documents that belong to a saved module, by file name. The settings of the run that trained it are one.
///
/// The documents are members of the manifest, so one step replaces module and documents, and one checksum covers
/// both. Each document is also a file beside the manifest, for people and other programs. This copy is removed before
/// the manifest is replaced, and written afterwards. Whenever a writer stops, an existing copy is therefore a
/// document of the module in the folder. A folder with a copy that differs from its document is refused.
///
/// ```
/// use ess_core::Identity;
/// use ess_files::FolderLock;
/// use ess_search::{Attachments, ModuleState, PersistentModule};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// let settings = Attachments::default().with("config.json", &serde_json::json!({"seed": 3}))?;
/// Identity::new(2).to_state()?.save_with(&settings, &mut FolderLock::acquire(folder)?)?;
/// assert_eq!(Attachments::load(folder)?.get("config.json"), settings.get("config.json"));
///
/// std::fs::write(folder.join("config.json"), r#"{"seed": 4}"#).unwrap();
/// assert!(ModuleState::load(folder).is_err());
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attachments(BTreeMap<String, Value>);

impl Attachments {
    /// Adds a document, or replaces the document of this name. The name must be a plain file name that ends in
    /// `.json`, and not `module.json`.
    ///
    /// # Errors
    /// [`Error::Format`] for another name, a document that cannot be written as JSON, or one of more than 16 MiB.
    pub fn with(mut self, file: &str, document: &impl Serialize) -> Result<Self, Error> {
        check_name(Path::new(file), file)?;
        let no_json = |error: serde_json::Error| Error::format(Path::new(file), "a document in JSON", error);
        // Through its text, in which numbers have their shortest form.
        let text = serde_json::to_string(document).map_err(no_json)?;
        let document: Value = serde_json::from_str(&text).map_err(no_json)?;
        let bytes = format!("{document:#}").len();
        if bytes > MAX_BYTES {
            return Err(Error::format(Path::new(file), &format!("at most {MAX_BYTES} bytes"), bytes));
        }
        self.0.insert(file.to_owned(), document);
        Ok(self)
    }

    /// The document of this name.
    pub fn get(&self, file: &str) -> Option<&Value> {
        self.0.get(file)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses names that are not plain file names, and copies that differ from their document. A copy may be
    /// missing.
    pub(crate) fn check(&self, folder: &Path, manifest: &Path) -> Result<(), Error> {
        for (file, document) in &self.0 {
            check_name(manifest, file)?;
            let path = folder.join(file);
            match read(&path)? {
                Some(text) if serde_json::from_slice::<Value>(&text).ok().as_ref() != Some(document) => {
                    let expected = format!("what {} has under this name", manifest.display());
                    return Err(Error::format(&path, &expected, "something else"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes the copies. Call it before the manifest is replaced.
    pub(crate) fn remove_copies(&self, folder: &Path) -> Result<(), Error> {
        let own = self.0.keys().filter(|file| check_name(folder, file).is_ok());
        own.map(|file| folder.join(file)).try_for_each(|path| Ok(remove_file(&path).map(drop)?))
    }

    /// Writes the copies. Call it when the manifest contains the documents.
    pub(crate) fn write_copies(&self, folder: &Path) -> Result<(), Error> {
        for (file, document) in &self.0 {
            write_atomically(&folder.join(file), |out| writeln!(out, "{document:#}"))?;
        }
        Ok(())
    }
}

fn check_name(path: &Path, file: &str) -> Result<(), Error> {
    let plain = Path::new(file).file_name() == Some(file.as_ref());
    match plain && file.ends_with(".json") && file != MANIFEST {
        true => Ok(()),
        false => Err(Error::format(path, "a plain file name that ends in .json", format_args!("{file:?}"))),
    }
}

/// The bytes of a copy; `None` where there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match regular_file::read(path, 4 * MAX_BYTES as u64) {
        Err(Error::Io { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in
            ["", "..", "../config.json", "a/b.json", "/x.json", "config.txt", "module.json", "x.json/"]
        {
            let refused = Attachments::default().with(name, &1);
            assert!(matches!(refused, Err(Error::Format { .. })), "{name}");
        }
    }

    #[test]
    fn numbers_are_kept_as_they_are_written() {
        let attached = Attachments::default().with("a.json", &[0.001_f32]).unwrap();
        assert_eq!(attached.get("a.json").unwrap().to_string(), "[0.001]");
    }
}
