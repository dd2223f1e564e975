//! The words that a first pass adds to a query.

use std::collections::BTreeMap;

use ess_core::{Error, Hit};
use ess_lexical::SparseVectors;
use serde::{Deserialize, Serialize};

use crate::Attention;

/// A relevance model: the words that weigh most in the items of a first pass.
///
/// Lavrenko and Croft, "Relevance-Based Language Models" (2001), with the items' own lexical weights (BM25's, say) in
/// place of word probabilities.
///
/// ```
/// use ess_core::Hit;
/// use ess_searchers::{Attention, Expansion};
/// use ess_lexical::SparseVectors;
///
/// let items = SparseVectors::new(4, &[vec![(0, 1.0), (2, 3.0)], vec![(1, 5.0)]])?;
/// let attention = Attention::default();
/// assert_eq!(Expansion { terms: 1 }.words(&attention, &[Hit::new(0, 0.9)], &items), [(2, 1.0)]);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expansion {
    /// How many words are kept; at least 1. Default: 30.
    pub terms: usize,
}

impl Default for Expansion {
    fn default() -> Self {
        Self { terms: 30 }
    }
}

impl Expansion {
    /// Refuses an expansion by no word.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`].
    pub fn check(&self) -> Result<(), Error> {
        let (name, expected) = ("terms of an expansion", "at least 1");
        match self.terms {
            0 => Err(Error::InvalidParameter { name, expected, found: "0".to_owned() }),
            _ => Ok(()),
        }
    }

    /// The words as places with weights that sum to 1, in order of place; none when the hits have no word.
    pub fn words(&self, attention: &Attention, hits: &[Hit], items: &SparseVectors) -> Vec<(u32, f32)> {
        let mut sums: BTreeMap<u32, f32> = BTreeMap::new();
        for (hit, weight) in hits.iter().zip(attention.weights(hits)) {
            items.row(hit.item).for_each(|(place, value)| *sums.entry(place).or_default() += weight * value);
        }
        let mut words: Vec<(u32, f32)> = sums.into_iter().filter(|(_, value)| *value > 0.0).collect();
        words.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        words.truncate(self.terms);
        words.sort_unstable_by_key(|(place, _)| *place);
        let sum: f32 = words.iter().map(|(_, value)| value).sum();
        words.iter_mut().for_each(|(_, value)| *value /= sum);
        words
    }
}
