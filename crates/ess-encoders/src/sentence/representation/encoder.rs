//! An encoder that gives one representation of texts, or several beside each other.

use std::sync::Arc;

use ess_core::{Embeddings, Error as CoreError, ItemEncoder, QueryEncoder};

use super::{
    block::{Block, RepresentedBlock},
    kind::TextStates,
    pass::{batches, vectors},
    settings::Representation,
};
use crate::{
    error::Error,
    sentence::{encoder::SentenceEncoder, side::Side},
};

/// Gives chosen representations of texts by one frozen encoder, concatenated: what f_search may select from, or another vector
/// than the model's own.
///
/// All that several of them read in common goes through the model once: a pooling or a layer more costs no pass. Where the
/// model's vectors are compared by their cosine, each representation has unit norm, so that the inner product of two rows is
/// the sum of the cosines.
///
/// ```no_run
/// use std::sync::Arc;
/// use ess_core::QueryEncoder;
/// use ess_encoders::{RepresentationEncoder, SentenceEncoder};
///
/// let model = Arc::new(SentenceEncoder::load("all-MiniLM-L6-v2")?);
/// let wanted = ["pooled", "layer=at:4", "layer=at:6,pooling:max"].map(str::parse).into_iter();
/// let encoder = RepresentationEncoder::new(model, wanted.collect::<Result<_, _>>()?)?;
/// assert_eq!(encoder.encode_queries(&["Where is the cat?"])?.dim(), 3 * 384);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RepresentationEncoder {
    model: Arc<SentenceEncoder>,
    // At least one.
    blocks: Vec<Block>,
}

impl RepresentationEncoder {
    /// Gives these representations, in this order.
    ///
    /// # Errors
    /// [`CoreError::Empty`] for none; [`CoreError::InvalidParameter`] for a name, a layer or a prompt that is not there (it says
    /// which are), a prefix that is longer than the vector, and a setting that the representation does not read.
    pub fn new(model: Arc<SentenceEncoder>, representations: Vec<Representation>) -> Result<Self, Error> {
        if representations.is_empty() {
            return Err(CoreError::Empty { what: "representations" }.into());
        }
        let blocks = representations.into_iter().map(|settings| Block::new(&model, settings));
        let blocks = blocks.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { model, blocks })
    }

    /// The encoder that gives them.
    pub fn encoder(&self) -> &SentenceEncoder {
        &self.model
    }

    /// What stands in a row, in order.
    pub fn blocks(&self) -> Vec<RepresentedBlock> {
        self.blocks.iter().map(Block::described).collect()
    }

    /// The dimension of a row: the sum over all representations.
    pub fn dim(&self) -> usize {
        self.blocks.iter().map(Block::dim).sum()
    }

    /// Whether each representation is brought to unit norm. Of a text without tokens it stays zero.
    pub fn has_unit_norm(&self) -> bool {
        self.blocks.iter().all(Block::has_unit_norm)
    }

    fn encode(&self, texts: &[&str], side: Side) -> Result<Embeddings, Error> {
        if texts.is_empty() {
            return Err(CoreError::Empty { what: "texts to encode" }.into());
        }
        let mut rows = Vec::with_capacity(texts.len() * self.dim());
        for batch in batches(texts) {
            let all = vectors(&self.model, &self.blocks, batch, side, &by_kind)?;
            let blocks = self.blocks.iter().zip(&all);
            let blocks = blocks.map(|(block, texts)| Ok((block.dim(), block.rows(texts)?)));
            let blocks = blocks.collect::<Result<Vec<_>, Error>>()?;
            for text in 0..batch.len() {
                for (dim, values) in &blocks {
                    rows.extend_from_slice(&values[text * dim..(text + 1) * dim]);
                }
            }
        }
        Ok(Embeddings::from_vec(rows, self.dim())?)
    }
}

fn by_kind(block: &Block, _: usize, states: &TextStates<'_>) -> Vec<Vec<f32>> {
    block.kind.get().vectors(&block.settings, states)
}

impl QueryEncoder for RepresentationEncoder {
    type Query = str;
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.dim()
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<Embeddings, CoreError> {
        Ok(self.encode(queries, Side::Query)?)
    }
}

impl ItemEncoder for RepresentationEncoder {
    type Item = str;

    fn dim(&self) -> usize {
        self.dim()
    }

    fn encode_items(&self, items: &[&str]) -> Result<Embeddings, CoreError> {
        Ok(self.encode(items, Side::Item)?)
    }
}
