//! The table of token vectors in a folder of Model2Vec.

use crate::{error::Error, model::folder::ModelFolder, weights::Weights};

/// What the table is called among the tensors of a folder.
pub(super) const TABLE: &str = "embeddings";
const TOKEN_WEIGHTS: &str = "weights";
const MAPPING: &str = "mapping";

/// The table of the tokens' vectors, weighted where there are weights, and its columns.
pub(super) fn read_table(folder: &ModelFolder) -> Result<(Vec<f32>, usize), Error> {
    let weights = Weights::open(folder)?;
    let refuse = |name, expected: &str, found: String| {
        Err(Error::config(&folder.file("model.safetensors"), name, expected, found))
    };
    if weights.has(MAPPING) {
        return refuse("mapping", "a row for each token", "rows that several tokens share".to_owned());
    }
    let (vocabulary, dim) = match weights.shape(TABLE)?[..] {
        [vocabulary, dim] if vocabulary > 0 && dim > 0 => (vocabulary, dim),
        ref other => return refuse(TABLE, "rows and columns", format!("shape {other:?}")),
    };
    let mut table = weights.read(TABLE, &[vocabulary, dim])?;
    if weights.has(TOKEN_WEIGHTS) {
        let token_weights = weights.read(TOKEN_WEIGHTS, &[vocabulary])?;
        for (row, weight) in table.chunks_exact_mut(dim).zip(token_weights) {
            row.iter_mut().for_each(|value| *value *= weight);
        }
    }
    Ok((table, dim))
}
