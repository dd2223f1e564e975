//! A store file that has been read through and found good.

use std::{ops::Deref, path::Path};

use ess_core::{Embeddings, Ids, TokenStates};

use super::mapped::MappedStore;
use crate::{error::Error, file_bytes::FileBytes};

/// Ids and an `n × d` matrix from one file, memory-mapped, all of it checked.
///
/// While it is open the file must not be changed in place, as [`MappedStore`] says; [`EmbeddingStore::open_read`] does not mind.
///
/// It is a [`MappedStore`] with its ids: `len()`, `dim()`, `to_embeddings()`, `batches()` and the views without a
/// copy are that type's.
///
/// ```
/// use ess_core::{Embeddings, Ids};
/// use ess_data::{Dtype, EmbeddingStore, Provenance, write_store};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("queries.safetensors");
/// let ids = Ids::new(vec!["q1".into(), "q2".into()])?;
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.5, 0.25]])?;
/// write_store(&path, &ids, &embeddings, Dtype::F32, &Provenance::default())?;
///
/// let store = EmbeddingStore::open(&path)?;
/// assert_eq!(store.ids(), &ids);
/// assert_eq!(store.to_embeddings()?, embeddings);
/// assert_eq!(store.embeddings_of(&["q2"])?.row(0), &[0.5, 0.25]);
/// # Ok::<(), ess_data::Error>(())
/// ```
#[derive(Debug)]
pub struct EmbeddingStore {
    mapped: MappedStore,
    ids: Ids,
}

impl EmbeddingStore {
    /// Opens a file and reads it through once: header, checksums, distinct ids, finite components.
    ///
    /// # Errors
    /// Those of [`MappedStore::open`], [`MappedStore::verify`] and [`MappedStore::read_ids`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let mapped = MappedStore::open(path)?;
        mapped.verify()?;
        Self::trusting(mapped)
    }

    /// Opens a file without reading its components: header and distinct ids only.
    ///
    /// For files that were verified before, and too large to be read through at every start. Damage is then found
    /// only where it makes a row infinite or NaN; elsewhere it goes unnoticed.
    ///
    /// # Errors
    /// Those of [`MappedStore::open`] and [`MappedStore::read_ids`].
    pub fn open_unverified(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::trusting(MappedStore::open(path)?)
    }

    /// Reads a file into memory, and checks it as [`EmbeddingStore::open`] does. What becomes of the file afterwards changes
    /// nothing: for files that others may write to in place.
    ///
    /// # Errors
    /// As [`EmbeddingStore::open`].
    pub fn open_read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let store = MappedStore::with(path, FileBytes::read(path)?)?;
        store.verify()?;
        Self::trusting(store)
    }

    fn trusting(mapped: MappedStore) -> Result<Self, Error> {
        let ids = mapped.read_ids()?;
        Ok(Self { mapped, ids })
    }

    /// The ids, in row order.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// Copies the rows of some ids, in the order given.
    ///
    /// # Errors
    /// [`ess_core::Error::UnknownId`], [`ess_core::Error::Empty`] for no id at all.
    pub fn embeddings_of(&self, ids: &[&str]) -> Result<Embeddings, Error> {
        let rows = ids.iter().map(|id| self.ids.row(id)).collect::<Result<Vec<_>, _>>()?;
        self.mapped.select(&rows)
    }

    /// Copies the token states of some ids, in the order given.
    ///
    /// # Errors
    /// As [`EmbeddingStore::embeddings_of`]; [`Error::Format`] for a store without token states.
    pub fn token_states_of(&self, ids: &[&str]) -> Result<TokenStates, Error> {
        let rows = ids.iter().map(|id| self.ids.row(id)).collect::<Result<Vec<_>, _>>()?;
        self.mapped.select_token_states(&rows)
    }
}

impl Deref for EmbeddingStore {
    type Target = MappedStore;

    fn deref(&self) -> &MappedStore {
        &self.mapped
    }
}
