//! Items as the encoder has them before it is trained, for several trainings.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ess_core::Embeddings;
use ess_files::Checksum;

use super::{encoder_parts::EncoderParts, side_tokens::SideTokens};
use crate::error::Error;

/// The vectors of items by the encoder that trainings begin with, for trainings that share encoder and items: the first one
/// encodes the items, and the others take its vectors. Results are the same bits.
///
/// It holds `n × d` numbers of one encoder and its `n` items until it and its clones are dropped. Where a training has another
/// encoder, other items or another `max_tokens`, it encodes its own, which take their place.
///
/// ```no_run
/// use ess_encoders::{EncoderTrainer, FrozenItems, JudgedTexts, TextTrainingConfig};
/// use ess_train::Judgement;
///
/// let items = ["The cat sat on the mat.", "Stocks fell on Monday."];
/// let relevant = |item| vec![Judgement { item, grade: 1 }];
/// let train = JudgedTexts::new(vec!["where is the cat"], vec![relevant(0)])?;
/// let dev = JudgedTexts::new(vec!["what fell"], vec![relevant(1)])?;
/// let frozen = FrozenItems::default();
/// for seed in [0, 1] {
///     let config = TextTrainingConfig { seed, ..TextTrainingConfig::default() };
///     let trainer = EncoderTrainer::new("all-MiniLM-L6-v2", config)?.with_frozen_items(&frozen);
///     trainer.fit(&items, &train, &dev)?.save(format!("seed-{seed}"))?;
/// }
/// # Ok::<(), ess_encoders::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct FrozenItems(Arc<Mutex<Option<Known>>>);

#[derive(Debug)]
struct Known {
    of: Checksum,
    vectors: Arc<Embeddings>,
}

impl FrozenItems {
    /// The vectors of these items by this encoder: those that are known, or else those that `encode` gives.
    pub(super) fn vectors(
        &self,
        parts: &EncoderParts,
        items: &SideTokens,
        encode: impl FnOnce() -> Result<Embeddings, Error>,
    ) -> Result<Arc<Embeddings>, Error> {
        let of = identity(parts, items);
        let known = self.known().as_ref().filter(|known| known.of == of).map(|known| known.vectors.clone());
        if let Some(vectors) = known {
            return Ok(vectors);
        }
        // Others go before there are new ones: two are never held at once.
        *self.known() = None;
        let vectors = Arc::new(encode()?);
        *self.known() = Some(Known { of, vectors: vectors.clone() });
        Ok(vectors)
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        // It is whole whenever the lock is free.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that decides the vectors: the shape and the parameters of the encoder, and the tokens of the items.
fn identity(parts: &EncoderParts, items: &SideTokens) -> Checksum {
    let shape = format!("{:?} {}", parts.shape, items.skipped);
    let values: Vec<u8> = parts.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut tokens = Vec::new();
    for text in &items.texts {
        tokens.extend_from_slice(&(text.ids.len() as u64).to_le_bytes());
        tokens.extend(text.ids.iter().chain(&text.types).flat_map(|number| number.to_le_bytes()));
    }
    Checksum::of_parts([shape.as_bytes(), &values, &tokens])
}
