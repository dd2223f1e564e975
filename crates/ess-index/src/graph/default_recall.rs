//! The recall of a graph's default effort.

use std::fmt;

use serde::Serialize;

/// A default effort that finds less than this share needs tuning.
const ENOUGH: f64 = 0.95;

/// The recall of a [`GraphIndex`](crate::GraphIndex) at its default effort, measured against exact search.
///
/// A graph chooses its default effort by queries that are made of its items. Queries may be unlike all of these: where items
/// lie in a cone, as those of many encoders do, queries in random directions find less. So both kinds are measured, 96 queries of
/// each. Queries of your own lie between the two or beyond: [`Index::tune`](ess_core::Index::tune) finds the effort that
/// they need.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_index::{GraphBuilder, Progress};
///
/// let items = Embeddings::from_vec((0..2000 * 8).map(|i| (i as f32 * 0.7).sin()).collect(), 8)?;
/// let index = GraphBuilder::default().build(items, Progress::Silent)?;
/// let recall = index.default_recall().expect("more than 1000 items");
/// assert!(recall.in_distribution.at_10 >= 0.95);
/// if recall.needs_tuning() {
///     println!("{recall}");
/// }
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DefaultRecall {
    /// Of queries that are items; an item does not count as a hit for itself.
    pub in_distribution: RecallAt,
    /// Of queries in random directions, each with its opposite.
    #[doc(alias = "ood")]
    pub out_of_distribution: RecallAt,
}

/// The mean share of the best items that a search finds, in `0..=1`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RecallAt {
    /// Of the 10 best, with 10 hits.
    pub at_10: f64,
    /// Of the 100 best, with 100 hits.
    pub at_100: f64,
}

impl DefaultRecall {
    /// Whether some recall is below .95, so that queries like these need a higher effort than the default.
    pub fn needs_tuning(&self) -> bool {
        let Self { in_distribution, out_of_distribution } = self;
        let recalls = [in_distribution, out_of_distribution].map(|recall| [recall.at_10, recall.at_100]);
        recalls.as_flattened().iter().any(|&recall| recall < ENOUGH)
    }
}

impl fmt::Display for DefaultRecall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { in_distribution, out_of_distribution } = self;
        write!(
            formatter,
            "recall@10 {:.3} and recall@100 {:.3} for queries that are items, {:.3} and {:.3} for queries in random directions",
            in_distribution.at_10,
            in_distribution.at_100,
            out_of_distribution.at_10,
            out_of_distribution.at_100
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuning_is_needed_where_a_recall_is_below_95_percent() {
        let recall = |recalls: [f64; 4]| {
            let [a, b, c, d] = recalls;
            DefaultRecall {
                in_distribution: RecallAt { at_10: a, at_100: b },
                out_of_distribution: RecallAt { at_10: c, at_100: d },
            }
        };
        assert!(!recall([0.95; 4]).needs_tuning());
        for low in 0..4 {
            let mut recalls = [1.0; 4];
            recalls[low] = 0.9499;
            assert!(recall(recalls).needs_tuning(), "{low}");
        }
        assert_eq!(
            recall([0.98125, 0.97, 0.95, 0.8904]).to_string(),
            "recall@10 0.981 and recall@100 0.970 for queries that are items, 0.950 and 0.890 for queries in random directions"
        );
    }
}
