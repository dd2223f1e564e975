//! What was judged and retrieved, counted.

use std::fmt;

use super::aggregate::Aggregate;
use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// A number of queries or of items, summed over queries: what trec_eval says of a run before it measures.
///
/// ```
/// use ess_metrics::{Count, JudgedRanking, Measure};
///
/// let ranking = JudgedRanking::new(&[Some(1), None, Some(0)], &[2]);
/// let counted = [Count::Retrieved, Count::Relevant, Count::RelevantRetrieved].map(|count| count.value(&ranking));
/// assert_eq!(counted, [3.0, 2.0, 1.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Count {
    /// The queries that count: 1 for each. trec_eval's `num_q`.
    Queries,
    /// The items retrieved: `num_ret`.
    Retrieved,
    /// The relevant items of the qrels: `num_rel`.
    Relevant,
    /// The relevant items that were retrieved: `num_rel_ret`.
    RelevantRetrieved,
    /// The items retrieved that the qrels say are not relevant: `num_nonrel_judged_ret`.
    NotRelevantRetrieved,
}

impl Measure for Count {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let relevant = || ranking.relevant_within(Cutoff::NONE).count();
        let looked_at = || ranking.judged().iter().filter(|hit| hit.grade >= 0).count();
        let count = match self {
            Self::Queries => 1,
            Self::Retrieved => ranking.retrieved(),
            Self::Relevant => ranking.relevant(),
            Self::RelevantRetrieved => relevant(),
            Self::NotRelevantRetrieved => looked_at() - relevant(),
        };
        count as f64
    }

    fn aggregate(&self) -> Aggregate {
        Aggregate::Sum
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queries => "num_q",
            Self::Retrieved => "num_ret",
            Self::Relevant => "num_rel",
            Self::RelevantRetrieved => "num_rel_ret",
            Self::NotRelevantRetrieved => "num_nonrel_judged_ret",
        })
    }
}
