//! What a measure is.

use std::{fmt, sync::Arc};

use crate::JudgedRanking;

/// A measure of one query's ranking; larger is better. Its [`Display`](fmt::Display) is its name.
///
/// Any crate can add one:
///
/// ```
/// use std::fmt;
/// use ess_metrics::{Cutoff, Evaluator, JudgedRanking, Measure, RowQrels};
///
/// /// Rank-biased precision: Moffat and Zobel, "Rank-biased precision for measurement of retrieval
/// /// effectiveness", ACM TOIS 27(1), 2008.
/// struct RankBiasedPrecision {
///     persistence: f64,
/// }
///
/// impl fmt::Display for RankBiasedPrecision {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         write!(f, "rbp_{}", self.persistence)
///     }
/// }
///
/// impl Measure for RankBiasedPrecision {
///     fn value(&self, ranking: &JudgedRanking) -> f64 {
///         let seen = |rank: usize| self.persistence.powi(rank as i32 - 1);
///         let relevant = ranking.relevant_within(Cutoff::NONE);
///         (1.0 - self.persistence) * relevant.map(|hit| seen(hit.rank)).sum::<f64>()
///     }
/// }
///
/// let evaluator = Evaluator::new(vec![RankBiasedPrecision { persistence: 0.5 }])?;
/// let evaluation = evaluator.evaluate_rows(&RowQrels::new([[(3, 1)]])?, [[8, 3]])?;
/// assert_eq!(evaluation.mean("rbp_0.5")?, 0.25);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
pub trait Measure: fmt::Display + Send + Sync {
    /// The measure's value for one ranking; a finite number.
    fn value(&self, ranking: &JudgedRanking) -> f64;
}

macro_rules! forward_measure {
    ($($pointer:ty),*) => {$(
        impl<M: Measure + ?Sized> Measure for $pointer {
            fn value(&self, ranking: &JudgedRanking) -> f64 {
                (**self).value(ranking)
            }
        }
    )*};
}

forward_measure!(&M, Box<M>, Arc<M>);
