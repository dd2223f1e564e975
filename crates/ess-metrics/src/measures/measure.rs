//! What a measure is.

use std::{fmt, sync::Arc};

use super::aggregate::Aggregate;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// A measure of one query's ranking; larger is better. Its [`Display`](fmt::Display) is its name.
///
/// Any crate can add one:
///
/// ```
/// use std::fmt;
/// use ess_metrics::{Cutoff, Evaluator, JudgedRanking, Measure, RowQrels};
///
/// /// Recall over what can be found within the cutoff: Thakur et al., "BEIR", NeurIPS 2021.
/// struct CappedRecall {
///     cutoff: Cutoff,
/// }
///
/// impl fmt::Display for CappedRecall {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         write!(f, "capped_recall{}", self.cutoff)
///     }
/// }
///
/// impl Measure for CappedRecall {
///     fn value(&self, ranking: &JudgedRanking) -> f64 {
///         match ranking.relevant().min(self.cutoff.depth()) {
///             0 => 0.0,
///             possible => ranking.relevant_within(self.cutoff).count() as f64 / possible as f64,
///         }
///     }
/// }
///
/// let evaluator = Evaluator::new(vec![CappedRecall { cutoff: Cutoff::at(2)? }])?;
/// let evaluation = evaluator.evaluate_rows(&RowQrels::new([[(3, 1), (4, 1), (5, 1)]])?, [[8, 3]])?;
/// assert_eq!(evaluation.mean("capped_recall@2")?, 0.5);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
pub trait Measure: fmt::Display + Send + Sync {
    /// The measure's value for one ranking; a finite number.
    fn value(&self, ranking: &JudgedRanking) -> f64;

    /// How the values of the queries become one; their mean by default.
    fn aggregate(&self) -> Aggregate {
        Aggregate::Mean
    }

    /// How far down the ranking it looks, and so how many hits a search needs to give it; the whole ranking by
    /// default.
    fn cutoff(&self) -> Cutoff {
        Cutoff::NONE
    }
}

macro_rules! forward_measure {
    ($($pointer:ty),*) => {$(
        impl<M: Measure + ?Sized> Measure for $pointer {
            fn value(&self, ranking: &JudgedRanking) -> f64 {
                (**self).value(ranking)
            }

            fn aggregate(&self) -> Aggregate {
                (**self).aggregate()
            }

            fn cutoff(&self) -> Cutoff {
                (**self).cutoff()
            }
        }
    )*};
}

forward_measure!(&M, Box<M>, Arc<M>);
