//! An encoder that gives the states of a text's tokens.

use std::sync::Arc;

use ess_core::{Error as CoreError, QueryEncoder, TokenStates};

use super::{encoder::SentenceEncoder, layer_encoder::check_layers, side::Side};
use crate::error::Error;

/// Gives the states of a query's tokens at one layer, for late interaction and attention in f_search.
///
/// ```no_run
/// use std::sync::Arc;
/// use ess_core::QueryEncoder;
/// use ess_encoders::{SentenceEncoder, TokenEncoder};
///
/// let encoder = Arc::new(SentenceEncoder::load("all-MiniLM-L6-v2")?);
/// let tokens = TokenEncoder::new(encoder.clone(), encoder.layers())?;
/// let states = tokens.encode_queries(&["Where is the cat?"])?;
/// assert_eq!((states.tokens(0), states.token_dim()), (7, 384));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TokenEncoder {
    encoder: Arc<SentenceEncoder>,
    layer: usize,
}

impl TokenEncoder {
    /// Gives the states at `layer`, from 0 (what goes into the first layer) to the number of layers.
    ///
    /// # Errors
    /// [`CoreError::InvalidParameter`] for a layer that the encoder has not.
    pub fn new(encoder: Arc<SentenceEncoder>, layer: usize) -> Result<Self, CoreError> {
        check_layers(&encoder, &[layer])?;
        Ok(Self { encoder, layer })
    }

    /// The sentence encoder that it is made of.
    pub fn encoder(&self) -> &SentenceEncoder {
        &self.encoder
    }

    /// Encodes `n` items as queries are, with the model's prompt for items.
    ///
    /// # Errors
    /// As [`QueryEncoder::encode_queries`].
    pub fn encode_items(&self, items: &[&str]) -> Result<TokenStates, CoreError> {
        Ok(self.encode(items, Side::Item)?)
    }

    fn encode(&self, texts: &[&str], side: Side) -> Result<TokenStates, Error> {
        let layers = [self.layer, self.encoder.layers()];
        let encoded = self.encoder.run(texts, side, &layers, |states, skipped| {
            (states[0].to_vec(), self.encoder.pool(states[1], skipped), skipped)
        })?;
        // The prompt, and so what is left out, is the same for all texts.
        let skipped = encoded.first().map_or(0, |(_, _, skipped)| *skipped);
        let (states, pooled): (Vec<_>, Vec<_>) =
            encoded.into_iter().map(|(states, pooled, _)| (states, pooled)).unzip();
        let embeddings = self.encoder.embed(&pooled)?;
        let states = TokenStates::from_texts(embeddings, self.encoder.token_dim(), &states)?;
        Ok(states.with_prompt_tokens(skipped))
    }
}

impl QueryEncoder for TokenEncoder {
    type Query = str;
    type Encoding = TokenStates;

    /// The dimension of a token's state.
    fn dim(&self) -> usize {
        self.encoder.token_dim()
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<TokenStates, CoreError> {
        Ok(self.encode(queries, Side::Query)?)
    }
}
