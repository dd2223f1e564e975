//! The table of token vectors in a folder of Model2Vec, or of sentence-transformers.

use crate::{error::Error, model::folder::ModelFolder, weights::Weights};

/// What the table is called among the tensors of a folder.
pub(super) const TABLE: &str = "embeddings";
/// The same as sentence-transformers saves it.
const MODULE_TABLE: &str = "embedding.weight";
const TOKEN_WEIGHTS: &str = "weights";
const MAPPING: &str = "mapping";
const FILE: &str = "model.safetensors";

/// The table of the tokens' vectors, weighted where there are weights, and its columns.
pub(super) fn read_table(folder: &ModelFolder) -> Result<(Vec<f32>, usize), Error> {
    weighted(folder, &Weights::open(folder)?)
}

/// The table of a StaticEmbedding: under its own name, else as Model2Vec names it.
pub(super) fn read_module_table(folder: &ModelFolder) -> Result<(Vec<f32>, usize), Error> {
    let weights = Weights::open(folder)?;
    if weights.has(MODULE_TABLE) {
        weights.expect_only(&[MODULE_TABLE])?;
        return plain(folder, &weights, MODULE_TABLE);
    }
    weighted(folder, &weights)
}

fn weighted(folder: &ModelFolder, weights: &Weights) -> Result<(Vec<f32>, usize), Error> {
    if weights.has(MAPPING) {
        let (expected, found) = ("a row for each token", "rows that several tokens share");
        return Err(Error::config(&folder.file(FILE), MAPPING, expected, found));
    }
    let (mut table, dim) = plain(folder, weights, TABLE)?;
    if weights.has(TOKEN_WEIGHTS) {
        let token_weights = weights.read(TOKEN_WEIGHTS, &[table.len() / dim])?;
        for (row, weight) in table.chunks_exact_mut(dim).zip(token_weights) {
            row.iter_mut().for_each(|value| *value *= weight);
        }
    }
    Ok((table, dim))
}

fn plain(folder: &ModelFolder, weights: &Weights, name: &'static str) -> Result<(Vec<f32>, usize), Error> {
    match weights.shape(name)?[..] {
        [vocabulary, dim] if vocabulary > 0 && dim > 0 => Ok((weights.read(name, &[vocabulary, dim])?, dim)),
        ref other => {
            let found = format!("shape {other:?}");
            Err(Error::config(&folder.file(FILE), name, "rows and columns", found))
        }
    }
}
