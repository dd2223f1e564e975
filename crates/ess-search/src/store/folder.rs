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

/// How often a folder is read again that is replaced while it is read.
const TRIES: usize = 20;

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
