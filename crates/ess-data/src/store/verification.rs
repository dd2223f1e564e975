//! A store file read through: whether anything in it is damaged.

use ess_files::Checksum;

use super::{
    layout::{BLOCK_BYTES, CHECKSUM_BYTES},
    mapped::MappedStore,
};
use crate::error::Error;

impl MappedStore {
    /// Reads the whole file once: the checksums match, and all components are finite.
    ///
    /// # Errors
    /// [`Error::Damaged`] with the bytes, [`Error::NonFinite`] with the row and the column.
    pub fn verify(&self) -> Result<(), Error> {
        self.verify_checksums()?;
        self.batches(self.rows_of_a_block()).try_for_each(|batch| batch.map(drop))?;
        self.verify_tokens()
    }

    fn verify_checksums(&self) -> Result<(), Error> {
        let covered = &self.file[..self.layout.checksums.start];
        let written = self.file[self.layout.checksums.clone()].chunks_exact(CHECKSUM_BYTES);
        for (i, (block, written)) in covered.chunks(BLOCK_BYTES).zip(written).enumerate() {
            let found = Checksum::of(block).to_string();
            if found.as_bytes() != written {
                return Err(Error::Damaged {
                    path: self.path.clone(),
                    first: i * BLOCK_BYTES,
                    last: i * BLOCK_BYTES + block.len() - 1,
                    expected: written.escape_ascii().to_string(),
                    found,
                });
            }
            self.file.give_back(i * BLOCK_BYTES..i * BLOCK_BYTES + block.len());
        }
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use ess_core::{Embeddings, Ids};

    use super::*;
    use crate::{
        dtype::Dtype, file_bytes::resident_bytes, provenance::Provenance, store::write::write_store,
    };

    #[test]
    fn reading_all_of_a_store_leaves_little_of_it_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items.safetensors");
        let (rows, dim) = (40_000, 64);
        let ids = Ids::new((0..rows).map(|row| row.to_string()).collect()).unwrap();
        let values = (0..rows * dim).map(|i| i as f32).collect();
        let embeddings = Embeddings::from_vec(values, dim).unwrap();
        write_store(&path, &ids, &embeddings, Dtype::F32, &Provenance::default()).unwrap();
        let store = MappedStore::open(&path).unwrap();
        let most = 1 << 20;
        store.verify().unwrap();
        assert!(resident_bytes(&path) < most, "{} of {} bytes", resident_bytes(&path), store.file.len());
        assert_eq!(store.to_embeddings().unwrap(), embeddings);
        assert!(resident_bytes(&path) < most, "{} of {} bytes", resident_bytes(&path), store.file.len());
    }
}
