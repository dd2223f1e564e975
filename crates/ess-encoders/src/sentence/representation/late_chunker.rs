//! Passages of items that know what stands around them.

use std::{ops::Range, sync::Arc};

use ess_core::{Embeddings, Error as CoreError};

use super::{
    block::Block,
    chunks::chunk_vectors,
    kind::TextStates,
    pass::{batches, vectors},
    settings::Representation,
};
use crate::{
    error::Error,
    sentence::{encoder::SentenceEncoder, side::Side},
};

/// Embeds the passages of items from the token states of the whole item, instead of each passage by itself (Günther et al. 2024,
/// "Late chunking"); they lie in the space of the model's own vectors.
///
/// ```no_run
/// use std::sync::Arc;
/// use ess_encoders::{LateChunker, PassageSplitter, SentenceEncoder};
///
/// let chunker = LateChunker::new(Arc::new(SentenceEncoder::load("all-MiniLM-L6-v2")?), None)?;
/// let text = "The cat sat on the mat, where it was warm. It slept there for most of the day.";
/// let passages = PassageSplitter { max_words: 10, ..PassageSplitter::default() }.ranges(text);
/// assert_eq!(chunker.encode_items(&[text], &[passages])?[0].len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LateChunker {
    block: Block,
}

impl LateChunker {
    /// Reads texts longer than the model's length in windows that have `overlap` tokens in common; by default a quarter of
    /// that length.
    ///
    /// # Errors
    /// [`CoreError::InvalidParameter`] for an overlap of half of the model's length or more, and for a model whose vector is the
    /// state of one token.
    pub fn new(model: Arc<SentenceEncoder>, overlap: Option<usize>) -> Result<Self, Error> {
        let settings = Representation { overlap, ..Representation::named("late_chunks") };
        Ok(Self { block: Block::new(&model, settings)? })
    }

    /// The encoder whose token states are pooled.
    pub fn encoder(&self) -> &SentenceEncoder {
        &self.block.model
    }

    /// The representation with its settings, as [`Representation`] writes it.
    pub fn name(&self) -> String {
        self.block.settings.to_string()
    }

    /// Whether rows are brought to unit norm. Those of passages without tokens stay zero.
    pub fn has_unit_norm(&self) -> bool {
        self.block.has_unit_norm()
    }

    /// The embeddings of each item's passages (`p × d`), which are given by where they are in it, in bytes, in order and without
    /// overlap. What stands between two passages belongs to the first of them. An item without passages, or with a single one,
    /// gives its own vector.
    ///
    /// # Errors
    /// [`CoreError::Empty`] for no items; [`CoreError::LengthMismatch`] unless there are as many lists of passages;
    /// [`CoreError::InvalidParameter`] for passages that overlap, are out of order or beyond the text; [`Error::Tokenizer`].
    pub fn encode_items(
        &self,
        items: &[&str],
        passages: &[Vec<Range<usize>>],
    ) -> Result<Vec<Embeddings>, Error> {
        if items.is_empty() {
            return Err(CoreError::Empty { what: "texts to encode" }.into());
        }
        if items.len() != passages.len() {
            let (expected, found) = (items.len(), passages.len());
            return Err(CoreError::LengthMismatch { what: "texts in passages", expected, found }.into());
        }
        items.iter().zip(passages).try_for_each(|(text, passages)| check_passages(text, passages))?;
        let (mut all, mut done) = (Vec::with_capacity(items.len()), 0);
        for batch in batches(items) {
            let passages = &passages[done..done + batch.len()];
            done += batch.len();
            all.append(&mut self.encode_batch(batch, passages)?);
        }
        Ok(all)
    }

    fn encode_batch(&self, texts: &[&str], passages: &[Vec<Range<usize>>]) -> Result<Vec<Embeddings>, Error> {
        let block = std::slice::from_ref(&self.block);
        let zero = || vec![0.0; self.block.model.pooled_dim()];
        let reduce = |_: &Block, text: usize, states: &TextStates<'_>| {
            let vectors = chunk_vectors(states, &passages[text]).into_iter();
            vectors.map(|vector| vector.unwrap_or_else(zero)).collect()
        };
        let vectors = vectors(&self.block.model, block, texts, Side::Item, &reduce)?;
        let texts = vectors.into_iter().next().unwrap_or_default();
        let (dim, finished, mut next) = (self.block.dim(), self.block.finished(&texts)?, 0);
        let of_text = |text: &Vec<Vec<f32>>| {
            let start = next;
            next += text.len() * dim;
            Ok(Embeddings::from_vec(finished[start..next].to_vec(), dim)?)
        };
        texts.iter().map(of_text).collect()
    }
}

fn check_passages(text: &str, passages: &[Range<usize>]) -> Result<(), CoreError> {
    let mut last = 0;
    for passage in passages {
        if passage.start < last || passage.end < passage.start || passage.end > text.len() {
            let found = format!("{passage:?} behind {last}, in {} bytes", text.len());
            let expected = "ranges in order within the text, without overlap";
            return Err(CoreError::InvalidParameter { name: "passages", expected, found });
        }
        last = passage.end;
    }
    Ok(())
}
