//! What says that an item is relevant, and how much each of it counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The number of signals.
pub(crate) const SIGNALS: usize = 10;

/// One reason to hold an item relevant to a query: a number for each query and item, larger for more relevant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// The frozen encoder's similarity `⟨q, d⟩`, for embeddings of mean length 1.
    Dense,
    /// BM25, times 0.02.
    Words,
    /// BM25 of the item's title alone, times 0.02.
    TitleWords,
    /// The most similar of the item's passages, `max ⟨q, p⟩`, for embeddings of mean length 1.
    Passages,
    /// How similar the query's tokens are to the item's: [`ess_searchers::ItemTokens::similarities`].
    Tokens,
    /// What a trained searching module adds: `⟨f(q) − q, d⟩`.
    Head,
    /// The item was relevant to training queries with similar embeddings: `Σ exp(15 (cos − 1)) · grade share`.
    DenseMemory,
    /// The item was relevant to training queries of similar words: `Σ cos² · grade share`.
    WordMemory,
    /// The similarity to the items that a first pass found, `⟨c, d⟩`.
    DenseFeedback,
    /// BM25 by the words that the items of a first pass have, times 0.1.
    WordFeedback,
}

impl Signal {
    /// All signals.
    pub const ALL: [Self; SIGNALS] = [
        Self::Dense,
        Self::Words,
        Self::TitleWords,
        Self::Passages,
        Self::Tokens,
        Self::Head,
        Self::DenseMemory,
        Self::WordMemory,
        Self::DenseFeedback,
        Self::WordFeedback,
    ];

    /// Whether it looks at texts.
    pub fn is_lexical(self) -> bool {
        matches!(self, Self::Words | Self::TitleWords | Self::WordMemory | Self::WordFeedback)
    }

    /// Whether it comes from the second pass.
    pub fn is_feedback(self) -> bool {
        matches!(self, Self::DenseFeedback | Self::WordFeedback)
    }

    /// Whether training queries made it: it may know the items of training better than new ones.
    pub fn is_trained(self) -> bool {
        matches!(self, Self::Head | Self::DenseMemory | Self::WordMemory)
    }
}

/// How much each signal counts: an item's score is the sum of its signals under these weights, 0 or more each.
///
/// ```
/// use ess_auto::{Signal, Weights};
///
/// let weights = Weights::frozen().with(Signal::Words, 0.8);
/// assert_eq!((weights.get(Signal::Dense), weights.get(Signal::Words)), (1.0, 0.8));
/// assert_eq!(weights.shrunk(0.5).get(Signal::Words), 0.4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "BTreeMap<Signal, f32>", from = "BTreeMap<Signal, f32>")]
pub struct Weights([f32; SIGNALS]);

impl Weights {
    /// The frozen encoder alone.
    pub fn frozen() -> Self {
        Self([0.0; SIGNALS]).with(Signal::Dense, 1.0)
    }

    /// What does no harm on a collection that was not trained on: the cautious weights of signals that need no training.
    /// Chosen on training and dev queries of four collections. On each of them words and tokens with these weights, beside the
    /// frozen similarity, gained .008 to .071 nDCG@10.
    pub fn cautious() -> Self {
        Self::frozen()
            .with(Signal::Words, 0.2)
            .with(Signal::TitleWords, 0.2)
            .with(Signal::Passages, 0.2)
            .with(Signal::Tokens, 0.8)
            .with(Signal::DenseFeedback, 0.3)
            .with(Signal::WordFeedback, 0.3)
    }

    /// The weight of a signal.
    pub fn get(&self, signal: Signal) -> f32 {
        self.0[signal as usize]
    }

    /// The same weights but one.
    #[must_use]
    pub fn with(mut self, signal: Signal, weight: f32) -> Self {
        self.0[signal as usize] = weight;
        self
    }

    /// A share of the way from the frozen encoder to these weights.
    #[must_use]
    pub fn shrunk(&self, share: f32) -> Self {
        Self::frozen().towards(self, share)
    }

    /// A share of the way from these weights to others.
    #[must_use]
    pub fn towards(&self, other: &Self, share: f32) -> Self {
        Self(std::array::from_fn(|at| self.0[at] + share * (other.0[at] - self.0[at])))
    }

    /// The smaller of both weights, signal by signal.
    #[must_use]
    pub fn at_most(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at].min(other.0[at])))
    }

    /// The same ratios, with the frozen similarity at 1; as they are where it has no weight.
    pub(crate) fn with_dense_at_one(&self) -> Self {
        let dense = self.get(Signal::Dense);
        if dense > 0.0 { Self(self.0.map(|weight| weight / dense)) } else { *self }
    }

    /// Whether all are numbers of 0 or more, as they are chosen; what is read from a file may be anything.
    pub(crate) fn are_numbers(&self) -> bool {
        self.0.iter().all(|weight| weight.is_finite() && *weight >= 0.0)
    }

    /// The sum of what all weights differ by.
    pub(crate) fn distance(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a - b).abs()).sum()
    }

    /// The mean of several; the frozen encoder of none.
    pub(crate) fn mean(all: &[Self]) -> Self {
        if all.is_empty() {
            return Self::frozen();
        }
        Self(std::array::from_fn(|at| {
            all.iter().map(|weights| weights.0[at]).sum::<f32>() / all.len() as f32
        }))
    }

    pub(crate) fn values(&self) -> &[f32; SIGNALS] {
        &self.0
    }
}

impl From<Weights> for BTreeMap<Signal, f32> {
    fn from(weights: Weights) -> Self {
        Signal::ALL.into_iter().map(|signal| (signal, weights.get(signal))).collect()
    }
}

impl From<BTreeMap<Signal, f32>> for Weights {
    fn from(map: BTreeMap<Signal, f32>) -> Self {
        map.into_iter().fold(Self([0.0; SIGNALS]), |weights, (signal, weight)| weights.with(signal, weight))
    }
}
