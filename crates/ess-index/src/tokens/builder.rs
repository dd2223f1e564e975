//! Compressing the vectors of tokens.

use ess_core::{Encoding, Error as CoreError, TokenStates};
use rand::{SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{
    codec::Codec,
    compressed::CompressedTokens,
    unit::{extend_with_units, has_direction},
};
use crate::{error::Error, progress::Progress};

/// The settings with which [`CompressedTokens`] are made.
///
/// ```
/// use ess_core::{Embeddings, TokenStates};
/// use ess_index::{CompressedTokensBuilder, Progress};
///
/// let part = |step: f32| {
///     let texts: Vec<Vec<f32>> = (0..20).map(|i| (0..40).map(|j| ((i * 40 + j) as f32 * step).sin()).collect()).collect();
///     TokenStates::from_texts(Embeddings::from_rows(&[[0.0]; 20])?, 8, &texts)
/// };
/// // Centroids and buckets are learnt from some items, and others are added part by part.
/// let builder = CompressedTokensBuilder { bits: 4, centroids: Some(16), ..CompressedTokensBuilder::default() };
/// let mut tokens = builder.build(&part(0.7)?, Progress::Silent)?;
/// tokens.append(&part(0.3)?)?;
/// assert_eq!((tokens.items(), tokens.tokens(), tokens.bits()), (40, 200, 4));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompressedTokensBuilder {
    /// The bits of a component of a residual: 1, 2 or 4. Default: 2.
    pub bits: usize,
    /// The number of centroids, at most the number of tokens that they are learnt from. Default: the power of two at or below
    /// `4 √T` for `T` tokens, a quarter of PLAID's number.
    pub centroids: Option<usize>,
    /// The largest number of tokens that centroids and buckets are learnt from, drawn at random; there are no more centroids than
    /// that. Default: 32 for each centroid, at least 16 384.
    pub training_tokens: Option<usize>,
    /// The number of iterations of k-means. Default: 4.
    pub iterations: usize,
    /// Whether the vectors are kept in f16 too, and items compared by them: exact to 11 bits, at `2 · dim` bytes for each token
    /// more. Default: no.
    pub keep_vectors: bool,
    /// The seed of random choices. Default: 0.
    pub seed: u64,
}

impl Default for CompressedTokensBuilder {
    fn default() -> Self {
        Self { bits: 2, centroids: None, training_tokens: None, iterations: 4, keep_vectors: false, seed: 0 }
    }
}

impl CompressedTokensBuilder {
    /// Compresses the tokens of items, without those of the encoder's prompt and those of zeros. It runs in rayon's current thread pool; the same
    /// items, settings and seed give the same codes in any number of threads.
    ///
    /// # Errors
    /// Those of [`CompressedTokensBuilder::train`].
    pub fn build(&self, items: &TokenStates, progress: Progress) -> Result<CompressedTokens, Error> {
        let tokens = (0..items.rows()).map(|row| items.own_states(row).len() / items.token_dim()).sum();
        let mut compressed = self.train(items, tokens, progress)?;
        compressed.append(items)?;
        Ok(compressed)
    }

    /// Learns centroids and buckets from the tokens of some items, for about `tokens` tokens in all. It has no items yet:
    /// [`CompressedTokens::append`] adds them.
    ///
    /// # Errors
    /// [`Error::Core`] with `InvalidParameter` for a setting out of range, and with `Empty` for items without a token that is not
    /// zeros.
    pub fn train(
        &self,
        items: &TokenStates,
        tokens: usize,
        progress: Progress,
    ) -> Result<CompressedTokens, Error> {
        self.check()?;
        let dim = items.token_dim();
        let all = (0..items.rows()).flat_map(|row| items.own_states(row).chunks_exact(dim));
        let all = all.filter(|token| has_direction(token));
        let count = all.clone().count();
        if count == 0 {
            return Err(CoreError::Empty { what: "tokens to learn centroids from" }.into());
        }
        let most = self.training_tokens.unwrap_or(count);
        let centroids = self.centroids_for(tokens.max(1)).min(count).min(most);
        let wanted = self.training_tokens.unwrap_or(centroids.saturating_mul(32).max(16_384));
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut chosen = sample(&mut random, count, wanted.min(count)).into_vec();
        chosen.sort_unstable();
        let mut chosen = chosen.into_iter().peekable();
        let mut units = Vec::with_capacity(wanted.min(count) * dim);
        for (token, state) in all.enumerate() {
            if chosen.next_if_eq(&token).is_some() {
                extend_with_units(&mut units, state, dim);
            }
        }
        let bar = progress.start(self.iterations, "finding centroids");
        let codec =
            Codec::train(&units, dim, self.bits, centroids, self.iterations, self.seed, || bar.inc(1));
        bar.finish_and_clear();
        Ok(CompressedTokens::empty(codec, self.keep_vectors))
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Core`] with `InvalidParameter` naming the first setting that is not.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |name, expected, found: usize| {
            Err(CoreError::InvalidParameter { name, expected, found: found.to_string() }.into())
        };
        match (self.bits, self.centroids, self.training_tokens) {
            (1 | 2 | 4, None | Some(1..=MAX_CENTROIDS), None | Some(1..)) => Ok(()),
            (1 | 2 | 4, Some(centroids), _) if !(1..=MAX_CENTROIDS).contains(&centroids) => {
                wrong("centroids", "between 1 and 16777216", centroids)
            }
            (1 | 2 | 4, ..) => wrong("training_tokens", "at least 1", 0),
            (bits, ..) => wrong("bits", "1, 2 or 4", bits),
        }
    }

    fn centroids_for(&self, tokens: usize) -> usize {
        let default = ((tokens as f64).sqrt() * 4.0) as usize;
        self.centroids.unwrap_or(1 << default.max(1).ilog2())
    }
}

/// 2²⁴, of which the centroids of 10⁹ tokens are a hundredth.
const MAX_CENTROIDS: usize = 1 << 24;
