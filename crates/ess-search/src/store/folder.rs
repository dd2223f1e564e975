//! A searching module in a folder: `module.json` beside `weights-CHECKSUM.safetensors`.

use std::path::Path;

use ess_files::{Checksum, FolderLock, write_atomically};

use super::{
    attachments::{Attachments, MANIFEST},
    manifest::{Manifest, Weights, read_text},
    regular_file, replaced,
    state::ModuleState,
    weights,
};
use crate::error::Error;

/// How often a folder is read again when it was replaced during the read.
const TRIES: usize = 20;

impl ModuleState {
    /// Writes the module into a folder, which is made where needed.
    ///
    /// The weights are written to a file of a new name before the manifest is replaced. A module that was in the
    /// folder stays whole until the new one is. Then the files that the replaced manifest named are removed, and no
    /// others.
    ///
    /// # Errors
    /// [`Error::Files`] when the folder cannot be written, or another writer holds it; [`Error::Format`] for a
    /// description that is too large to be read again.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        self.save_in(&mut FolderLock::acquire(folder)?)
    }

    /// As [`ModuleState::save`], into a folder whose lock the caller holds. The caller may write more files of the
    /// module under the same lock. Such a file has a name of the form `NAME-CHECKSUM.json`, with 16 hexadecimal
    /// digits, is named in the config, and is announced to the lock before it is written. It is removed together with
    /// the weights when a manifest that does not name it replaces this one.
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

    /// As [`ModuleState::save_in`], with documents that belong to the module. A reader finds either this module with
    /// these documents, or the previous module with its own.
    ///
    /// # Errors
    /// Those of [`ModuleState::save`]. When the copy of a document cannot be written at the end, the module is saved
    /// nevertheless, contains the document, and a warning is logged.
    pub fn save_with(&self, attached: &Attachments, lock: &mut FolderLock) -> Result<(), Error> {
        let folder = lock.folder().to_owned();
        let bytes = weights::to_bytes(&self.tensors)?;
        let manifest = Manifest::new(self.description.clone(), Weights::of(&bytes), attached.clone());
        let text = manifest.to_text(&folder)?;
        let before = replaced::named_by(&folder.join(MANIFEST));
        lock.announce(&[&manifest.weights.file])?;
        lock.announce(&before.files)?;
        let write = || {
            write_atomically(&folder.join(&manifest.weights.file), |out| out.write_all(&bytes))?;
            before.attachments.remove_copies(&folder)?;
            attached.remove_copies(&folder)?;
            write_atomically(&folder.join(MANIFEST), |out| out.write_all(text.as_bytes()))?;
            Ok(())
        };
        if let Err(error) = write() {
            replaced::remove(&folder, lock.announced(), &before.files);
            before.attachments.write_copies(&folder).unwrap_or_else(|error| {
                tracing::warn!(%error, "a document of the module that stays is in its manifest alone");
            });
            return Err(error);
        }
        let now = replaced::named_by(&folder.join(MANIFEST));
        replaced::remove(&folder, lock.announced(), &now.files);
        attached.write_copies(&folder).unwrap_or_else(|error| {
            tracing::warn!(%error, "a document of the module that was saved is in its manifest alone");
        });
        Ok(())
    }

    /// Reads a module from a folder and checks it and its documents. If another writer replaces the module meanwhile,
    /// the result is the old module or the new one.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that is missing or cannot be read; [`Error::Format`] for a file that is truncated,
    /// altered, of another format or of a later version; [`Error::NonFiniteTensor`] for a NaN or an infinity.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        read_folder(folder, |manifest| Self::load_weights(folder, manifest))
    }

    fn load_weights(folder: &Path, manifest: Manifest) -> Result<Self, Error> {
        let plain = Path::new(&manifest.weights.file).file_name() == Some(manifest.weights.file.as_ref());
        if !plain {
            let path = folder.join(MANIFEST);
            return Err(Error::format(&path, "a file name for the weights", manifest.weights.file));
        }
        let path = folder.join(&manifest.weights.file);
        let bytes = regular_file::read(&path, u64::MAX)?;
        let found = Checksum::of(&bytes).to_string();
        if found != manifest.weights.checksum {
            return Err(Error::format(&path, &format!("checksum {}", manifest.weights.checksum), found));
        }
        Ok(Self { description: manifest.module, tensors: weights::from_bytes(&path, &bytes)? })
    }
}

impl Attachments {
    /// Reads and checks the documents of the module in a folder. There are none where an earlier version of ESS wrote
    /// it.
    ///
    /// # Errors
    /// Those of [`ModuleState::load`], except errors of the weights.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        read_folder(folder, |manifest| Ok(manifest.attachments))
    }
}

/// Reads a folder, and reads it again when it was replaced during the read.
fn read_folder<T>(folder: &Path, read: impl Fn(Manifest) -> Result<T, Error>) -> Result<T, Error> {
    let path = folder.join(MANIFEST);
    let read_as = |text: &str| {
        let manifest = Manifest::parse(&path, text)?;
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
