//! How much of a test set was seen in training.

use std::collections::BTreeSet;

use ess_metrics::Qrels;

/// Which test queries have a relevant item that was also relevant to a training query.
///
/// A module trained on those queries has been told about those items: its gain there is memory as much as skill.
pub struct Leakage {
    seen: Vec<bool>,
}

impl Leakage {
    /// Looks the relevant items of each query up among those of training.
    pub fn new(train: &Qrels, test: &Qrels, test_queries: &[String]) -> Self {
        let relevant = |(_, item, grade): (_, _, i32)| (grade > 0).then_some(item);
        let known: BTreeSet<&str> = train.iter().filter_map(relevant).collect();
        let is_seen = |query: &String| {
            let mut judged = test.get(query).into_iter().flat_map(|judged| judged.iter());
            judged.any(|(item, grade)| grade > 0 && known.contains(item))
        };
        Self { seen: test_queries.iter().map(is_seen).collect() }
    }

    /// The number of queries with a relevant item that training knew.
    pub fn seen(&self) -> usize {
        self.seen.iter().filter(|&&seen| seen).count()
    }

    /// The number of the other queries.
    pub fn unseen(&self) -> usize {
        self.seen.len() - self.seen()
    }

    /// The mean of per-query values over the seen queries, and over the others; `None` where there is none.
    pub fn means(&self, values: &[f64]) -> (Option<f64>, Option<f64>) {
        let mean = |wanted: bool| {
            let chosen = values.iter().zip(&self.seen).filter(|&(_, &seen)| seen == wanted);
            let chosen: Vec<f64> = chosen.map(|(&value, _)| value).collect();
            (!chosen.is_empty()).then(|| chosen.iter().sum::<f64>() / chosen.len() as f64)
        };
        (mean(true), mean(false))
    }
}
