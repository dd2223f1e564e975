//! A StaticEmbedding of sentence-transformers as a static encoder.

use super::{encoder::StaticEncoder, table::read_module_table};
use crate::{
    error::Error,
    model::{folder::ModelFolder, tokenizer::text_tokenizer::TextTokenizer},
};

impl StaticEncoder {
    /// Reads the folder of a StaticEmbedding. Unlike in Model2Vec, unknown tokens count as others do, and texts are cut only
    /// where tokenizer.json says so.
    pub(crate) fn of_module(folder: &ModelFolder) -> Result<Self, Error> {
        let (table, dim) = read_module_table(folder)?;
        let tokenizer = TextTokenizer::load_as_saved(folder, table.len() / dim)?;
        Ok(Self { tokenizer, table, dim, normalize: false, unknown: None, similarity: None })
    }
}
