//! Texts as the weights of their terms: no transformer runs.

use crate::{
    error::Error,
    model::{folder::ModelFolder, settings::sparse, tokenizer::text_tokenizer::TextTokenizer},
    weights::Weights,
};

const TENSOR: &str = "weight";

/// A weight for each term of a vocabulary.
pub(super) struct TermWeights {
    pub(super) tokenizer: TextTokenizer,
    pub(super) weights: Vec<f32>,
}

impl TermWeights {
    /// Reads the folder of a SparseStaticEmbedding.
    pub(super) fn read(folder: &ModelFolder) -> Result<Self, Error> {
        let _: serde_json::Value = folder.optional_settings("config.json", &sparse::TERM_WEIGHTS)?;
        let file = Weights::open(folder)?;
        file.expect_only(&[TENSOR])?;
        let vocabulary = file.shape(TENSOR)?.iter().product();
        let weights = file.read(TENSOR, &[vocabulary])?;
        let longest = TextTokenizer::stated_length(folder)?;
        Ok(Self { tokenizer: TextTokenizer::load(folder, longest, vocabulary, 0)?, weights })
    }

    /// The terms that each text has, ascending, with their weights; one of weight 0 is left out.
    pub(super) fn encode(&self, texts: Vec<String>) -> Result<Vec<Vec<(u32, f32)>>, Error> {
        let tokens = self.tokenizer.encode(texts, false)?;
        let row = |mut ids: Vec<u32>| {
            ids.sort_unstable();
            ids.dedup();
            let weighted = ids.into_iter().map(|id| (id, self.weights[id as usize]));
            weighted.filter(|(_, weight)| *weight != 0.0).collect()
        };
        Ok(tokens.into_iter().map(|text| row(text.ids)).collect())
    }
}
