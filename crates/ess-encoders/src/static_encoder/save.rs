//! Writing a static encoder as Model2Vec does.

use std::path::Path;

use ess_files::{FolderLock, remove_file, write_atomically};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;

use super::{encoder::StaticEncoder, table::TABLE};
use crate::error::Error;

impl StaticEncoder {
    /// Writes the encoder as a folder that Model2Vec and [`StaticEncoder::load`] read: tokenizer.json,
    /// model.safetensors and config.json. The last one is removed first and written last, so a folder that a killed process
    /// leaves is the old encoder, or the new one, or refused as no encoder.
    ///
    /// # Errors
    /// [`Error::Files`] with the file that cannot be written, or when another writes the folder; [`Error::Tokenizer`].
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        self.save_in(&mut FolderLock::acquire(folder.as_ref())?)
    }

    /// As [`StaticEncoder::save`], into a folder that the caller keeps for itself already.
    ///
    /// # Errors
    /// Those of [`StaticEncoder::save`].
    pub fn save_in(&self, lock: &mut FolderLock) -> Result<(), Error> {
        let folder = lock.folder();
        let write =
            |name: &str, bytes: &[u8]| write_atomically(&folder.join(name), |file| file.write_all(bytes));
        let (tokenizer, weights) =
            (self.tokenizer.to_json()?, self.weights(&folder.join("model.safetensors"))?);
        let config = json!({
            "model_type": "model2vec",
            "architectures": ["StaticModel"],
            "hidden_dim": self.dim,
            "normalize": self.normalize,
            "max_length": self.tokenizer.longest(),
        });
        remove_file(&folder.join("config.json"))?;
        write("tokenizer.json", tokenizer.as_bytes())?;
        write("model.safetensors", &weights)?;
        write("config.json", format!("{config:#}\n").as_bytes())?;
        Ok(())
    }

    fn weights(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let malformed = |error: safetensors::SafeTensorError| Error::MalformedWeights {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let bytes: Vec<u8> = self.table.iter().flat_map(|value| value.to_le_bytes()).collect();
        let shape = vec![self.table.len() / self.dim, self.dim];
        let table = TensorView::new(Dtype::F32, shape, &bytes).map_err(malformed)?;
        safetensors::serialize([(TABLE, table)], None).map_err(malformed)
    }
}
