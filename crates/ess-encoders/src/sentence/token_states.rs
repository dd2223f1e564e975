//! The states of a text's tokens, beside its sentence embedding.

use std::sync::Arc;

use ess_core::{Embeddings, Encoding, Error as CoreError, QueryEncoder};
use ndarray::{Array2, Array3};

use super::{SentenceEncoder, encoder::Side, layer_encoder::check_layers};
use crate::Error;

/// A batch of texts as the states of their tokens at one layer, and their sentence embeddings.
///
/// Texts have different numbers of tokens; the states are kept without padding. [`TokenStates::padded`] gives them
/// with padding and mask.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenStates {
    embeddings: Embeddings,
    dim: usize,
    // Where each text's tokens start, and where the last one's end: n + 1 numbers.
    starts: Vec<usize>,
    states: Vec<f32>,
    // How many tokens at the start of each text the model's pooling leaves out.
    skipped: usize,
}

impl TokenStates {
    fn new(embeddings: Embeddings, dim: usize, skipped: usize, texts: &[impl AsRef<[f32]>]) -> Self {
        let mut starts = vec![0];
        let mut states = Vec::new();
        for text in texts {
            states.extend_from_slice(text.as_ref());
            starts.push(states.len() / dim);
        }
        Self { embeddings, dim, starts, states, skipped }
    }

    /// The sentence embeddings, `n × d`.
    pub fn embeddings(&self) -> &Embeddings {
        &self.embeddings
    }

    /// The dimension of a token's state.
    pub fn token_dim(&self) -> usize {
        self.dim
    }

    /// The states of one text's tokens, `T × token_dim`, row-major.
    ///
    /// # Panics
    /// When `row ≥ n`, as slices do.
    pub fn states(&self, row: usize) -> &[f32] {
        &self.states[self.starts[row] * self.dim..self.starts[row + 1] * self.dim]
    }

    /// The number of tokens of one text.
    ///
    /// # Panics
    /// When `row ≥ n`, as slices do.
    pub fn tokens(&self, row: usize) -> usize {
        self.starts[row + 1] - self.starts[row]
    }

    /// All states one after another, `T × token_dim`.
    pub(super) fn packed(&self) -> &[f32] {
        &self.states
    }

    /// How many tokens at the start of each text the model's pooling leaves out.
    pub(super) fn skipped(&self) -> usize {
        self.skipped
    }

    /// All states, `n × longest × token_dim`, zeros behind a text's end, and which of them are tokens, `n × longest`.
    pub fn padded(&self) -> (Array3<f32>, Array2<bool>) {
        let longest = (0..self.rows()).map(|row| self.tokens(row)).max().unwrap_or(0);
        let token = |row: usize, at: usize| at < self.tokens(row);
        let states = Array3::from_shape_fn((self.rows(), longest, self.dim), |(row, at, column)| {
            if token(row, at) { self.states(row)[at * self.dim + column] } else { 0.0 }
        });
        let mask = Array2::from_shape_fn((self.rows(), longest), |(row, at)| token(row, at));
        (states, mask)
    }
}

impl Encoding for TokenStates {
    fn rows(&self) -> usize {
        self.embeddings.len()
    }

    fn select_rows(&self, rows: &[usize]) -> Result<Self, CoreError> {
        let embeddings = self.embeddings.select(rows)?;
        let texts: Vec<_> = rows.iter().map(|&row| self.states(row)).collect();
        Ok(Self::new(embeddings, self.dim, self.skipped, &texts))
    }
}

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
        Ok(TokenStates::new(embeddings, self.encoder.token_dim(), skipped, &states))
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
