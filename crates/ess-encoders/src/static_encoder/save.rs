//! Writing a static encoder as Model2Vec does.

use std::path::Path;

use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;

use super::{StaticEncoder, TABLE};
use crate::Error;

impl StaticEncoder {
    /// Writes the encoder as a folder that Model2Vec and [`StaticEncoder::load`] read: tokenizer.json,
    /// model.safetensors and config.json, the last one last.
    ///
    /// # Errors
    /// [`Error::Files`] with the file that cannot be written, [`Error::Tokenizer`].
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        let folder = folder.as_ref();
        let write = |name: &str, bytes: &[u8]| {
            ess_files::write_atomically(&folder.join(name), |file| file.write_all(bytes))
        };
        write("tokenizer.json", self.tokenizer.to_json()?.as_bytes())?;
        write("model.safetensors", &self.weights(&folder.join("model.safetensors"))?)?;
        let config = json!({
            "model_type": "model2vec",
            "architectures": ["StaticModel"],
            "hidden_dim": self.dim,
            "normalize": self.normalize,
            "max_length": self.tokenizer.longest(),
        });
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
