//! The tokens of a tokenizer and their ids.

use tokenizers::ModelWrapper;

use super::{config::TokenizerConfig, text_tokenizer::TextTokenizer};
use crate::{error::Error, model::folder::ModelFolder};

impl TextTokenizer {
    /// The token of each id, from 0 to the largest; some ids may have none.
    pub(crate) fn tokens(&self) -> Vec<Option<String>> {
        let vocabulary = self.tokenizer.get_vocab(true);
        let mut tokens = vec![None; vocabulary.values().max().map_or(0, |&largest| largest as usize + 1)];
        vocabulary.into_iter().for_each(|(token, id)| tokens[id as usize] = Some(token));
        tokens
    }

    /// The id of a token, where the vocabulary has it.
    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// The id of the token that stands for a hidden word: the one that tokenizer_config.json names, or BERT's or RoBERTa's.
    pub(crate) fn mask(&self, folder: &ModelFolder) -> Result<Option<u32>, Error> {
        let named = TokenizerConfig::read(folder)?.mask();
        let id = match named {
            Some(named) => self.id(&named),
            None => ["[MASK]", "<mask>"].into_iter().find_map(|name| self.id(name)),
        };
        Ok(id)
    }

    /// The id of the token for unknown words, where there is one.
    pub(crate) fn unknown(&self) -> Option<u32> {
        let name = match self.tokenizer.get_model() {
            ModelWrapper::WordPiece(model) => Some(&model.unk_token),
            ModelWrapper::WordLevel(model) => Some(&model.unk_token),
            ModelWrapper::BPE(model) => model.unk_token.as_ref(),
            // A unigram model keeps the id, and keeps it to itself.
            ModelWrapper::Unigram(model) => {
                let saved = serde_json::to_value(model).ok()?;
                return saved.get("unk_id")?.as_u64().map(|id| id as u32);
            }
        };
        self.tokenizer.token_to_id(name?)
    }
}
