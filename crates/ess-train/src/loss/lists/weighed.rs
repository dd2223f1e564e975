//! A list loss with the weights of queries.

use super::list::{List, ListLoss};

/// A list loss with the weight of each query of a batch.
pub(super) struct Weighed<'a> {
    pub(super) loss: &'a dyn ListLoss,
    pub(super) weights: Vec<f32>,
}

impl Weighed<'_> {
    /// The loss of a query's list, times its weight. Adds to `slopes` (zeros on entry) its derivatives.
    pub(super) fn of_list(&self, query: usize, list: &List<'_>, slopes: &mut [f32]) -> f64 {
        let (value, weight) = (self.loss.of_list(list, slopes), self.weights[query]);
        slopes.iter_mut().for_each(|slope| *slope *= weight);
        value * f64::from(weight)
    }
}
