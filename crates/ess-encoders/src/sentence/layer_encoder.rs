//! More than one vector's worth of a text: poolings of several layers.

use std::sync::Arc;

use ess_core::{Embeddings, Error as CoreError, ItemEncoder, QueryEncoder};

use super::{encoder::SentenceEncoder, side::Side};
use crate::error::Error;

/// The sentence embedding followed by the poolings of chosen layers: something for f_search to select from.
///
/// The first `d` components are the sentence embedding; each layer adds its pooled states as they are, before dense
/// layers and normalisation.
///
/// ```no_run
/// use std::sync::Arc;
/// use ess_core::QueryEncoder;
/// use ess_encoders::{LayerEncoder, SentenceEncoder};
///
/// let encoder = Arc::new(SentenceEncoder::load("all-MiniLM-L6-v2")?);
/// let rich = LayerEncoder::new(encoder, vec![3, 5])?;
/// assert_eq!(rich.encode_queries(&["Where is the cat?"])?.dim(), 3 * 384);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LayerEncoder {
    encoder: Arc<SentenceEncoder>,
    layers: Vec<usize>,
}

impl LayerEncoder {
    /// Adds the poolings of `layers`, each from 0 (what goes into the first layer) to the number of layers.
    ///
    /// # Errors
    /// [`CoreError::InvalidParameter`] for a layer that the encoder has not.
    pub fn new(encoder: Arc<SentenceEncoder>, layers: Vec<usize>) -> Result<Self, CoreError> {
        check_layers(&encoder, &layers)?;
        Ok(Self { encoder, layers })
    }

    /// The encoder whose layers they are.
    pub fn encoder(&self) -> &SentenceEncoder {
        &self.encoder
    }

    /// The dimension of the encodings.
    pub fn dim(&self) -> usize {
        QueryEncoder::dim(&self.encoder) + self.layers.len() * self.encoder.pooled_dim()
    }

    fn encode(&self, texts: &[&str], side: Side) -> Result<Embeddings, Error> {
        let mut layers = self.layers.clone();
        layers.push(self.encoder.layers());
        let poolings = self.encoder.run(texts, side, &layers, |states, skipped| {
            let pooled: Vec<_> = states.iter().map(|layer| self.encoder.pool(layer, skipped)).collect();
            pooled
        })?;
        let last: Vec<_> = poolings.iter().map(|layers| &layers[self.layers.len()]).collect();
        let embeddings = self.encoder.embed(&last)?;
        let mut rows = Vec::with_capacity(texts.len() * self.dim());
        for (embedding, layers) in embeddings.rows().zip(&poolings) {
            rows.extend_from_slice(embedding);
            layers[..self.layers.len()].iter().for_each(|layer| rows.extend_from_slice(layer));
        }
        Ok(Embeddings::from_vec(rows, self.dim())?)
    }
}

pub(super) fn check_layers(encoder: &SentenceEncoder, layers: &[usize]) -> Result<(), CoreError> {
    match layers.iter().find(|layer| **layer > encoder.layers()) {
        None => Ok(()),
        Some(layer) => Err(CoreError::InvalidParameter {
            name: "layer",
            expected: "0 to the number of layers",
            found: format!("{layer} of {}", encoder.layers()),
        }),
    }
}

impl QueryEncoder for LayerEncoder {
    type Query = str;
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.dim()
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<Embeddings, CoreError> {
        Ok(self.encode(queries, Side::Query)?)
    }
}

impl ItemEncoder for LayerEncoder {
    type Item = str;

    fn dim(&self) -> usize {
        self.dim()
    }

    fn encode_items(&self, items: &[&str]) -> Result<Embeddings, CoreError> {
        Ok(self.encode(items, Side::Item)?)
    }
}
