//! What distilling reads of a sentence encoder: its tokens, each by itself.

use ess_core::Embeddings;

use super::{encoder::SentenceEncoder, head::HeadStep};
use crate::{
    error::Error,
    model::tokenizer::{text_tokenizer::TextTokenizer, token_ids::TokenIds},
};

impl SentenceEncoder {
    pub(crate) fn tokenizer(&self) -> &TextTokenizer {
        &self.tokenizer
    }

    /// The number of tokens that the model knows.
    pub(crate) fn vocabulary(&self) -> usize {
        self.config.vocabulary
    }

    /// The vector of each token of the vocabulary by itself between the special tokens of a text, through the dense
    /// layers, before it is scaled to unit norm.
    pub(crate) fn encode_vocabulary(&self) -> Result<Embeddings, Error> {
        let mut around = self.tokenizer.encode(vec![""], true)?;
        let TokenIds { ids, types } = around.remove(0);
        let middle = ids.len() / 2;
        let of_type = types.first().copied().unwrap_or(0);
        let text = |id: u32| {
            let (mut ids, mut types) = (ids.clone(), types.clone());
            ids.insert(middle, id);
            types.insert(middle, of_type);
            TokenIds { ids, types }
        };
        let texts: Vec<_> = (0..self.config.vocabulary as u32).map(text).collect();
        let layers = [self.config.layers];
        let pooled = self.engine.run(&texts, &layers, |_, states| self.pool(states[0], 0))?;
        let head = match self.head.as_slice() {
            [head @ .., HeadStep::Normalize] => head,
            head => head,
        };
        self.through(head, &pooled)
    }
}
