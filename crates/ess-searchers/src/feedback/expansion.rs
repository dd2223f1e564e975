//! The terms that a first pass adds to a query.

use std::collections::BTreeMap;

use ess_core::{Error, Hit};
use ess_lexical::SparseVectors;
use serde::{Deserialize, Serialize};

use super::weights::FeedbackWeights;

/// Query expansion by a relevance model: the terms that weigh most in the items of a first pass.
///
/// It is like RM3 (Abdul-Jaleel et al., "UMass at TREC 2004"; Lavrenko and Croft, "Relevance-Based Language Models",
/// SIGIR 2001). Two things differ. The items' lexical weights, such as those of BM25, take the place of term
/// probabilities. The caller adds the terms to the query, with a weight of its own.
///
/// ```
/// use ess_core::Hit;
/// use ess_searchers::{FeedbackWeights, QueryExpansion};
/// use ess_lexical::SparseVectors;
///
/// let items = SparseVectors::new(4, &[vec![(0, 1.0), (2, 3.0)], vec![(1, 5.0)]])?;
/// let expansion = QueryExpansion { terms: 1 };
/// assert_eq!(expansion.weighted_terms(&FeedbackWeights::default(), &[Hit::new(0, 0.9)], &items), [(2, 1.0)]);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[doc(alias = "Expansion")]
#[doc(alias = "RM3")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueryExpansion {
    /// The number of terms that are kept; at least 1. Default: 30.
    pub terms: usize,
}

impl Default for QueryExpansion {
    fn default() -> Self {
        Self { terms: 30 }
    }
}

impl QueryExpansion {
    /// Checks that at least one term is kept.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `terms` of 0.
    pub fn check(&self) -> Result<(), Error> {
        let (name, expected) = ("terms of an expansion", "at least 1");
        match self.terms {
            0 => Err(Error::InvalidParameter { name, expected, found: "0".to_owned() }),
            _ => Ok(()),
        }
    }

    /// The indices of the terms with weights that sum to 1, in order of index; none when the hits have no term.
    #[doc(alias = "words")]
    pub fn weighted_terms(
        &self,
        feedback: &FeedbackWeights,
        hits: &[Hit],
        items: &SparseVectors,
    ) -> Vec<(u32, f32)> {
        let mut sums: BTreeMap<u32, f32> = BTreeMap::new();
        for (hit, weight) in hits.iter().zip(feedback.weights(hits)) {
            items.row(hit.item).for_each(|(index, value)| *sums.entry(index).or_default() += weight * value);
        }
        let mut terms: Vec<(u32, f32)> = sums.into_iter().filter(|(_, value)| *value > 0.0).collect();
        terms.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        terms.truncate(self.terms);
        terms.sort_unstable_by_key(|(index, _)| *index);
        let sum: f32 = terms.iter().map(|(_, value)| value).sum();
        terms.iter_mut().for_each(|(_, value)| *value /= sum);
        terms
    }
}
