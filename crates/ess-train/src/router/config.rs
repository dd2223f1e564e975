//! How a router is learned.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How a router is learned.
///
/// A router predicts from a query's encoding how much each module gains over the frozen encoder, by ridge regression, and sends the
/// query to the module of the largest gain, or to the frozen encoder where no gain is predicted.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_train::RouterConfig;
///
/// // Two tasks: the module helps one half of the queries and harms the other.
/// let rows: Vec<[f32; 2]> = (0..200).map(|i| if i % 2 == 0 { [1.0, 0.1] } else { [-1.0, 0.1] }).collect();
/// let module: Vec<f64> = (0..200).map(|i| if i % 2 == 0 { 0.9 } else { 0.1 }).collect();
/// let queries = Embeddings::from_rows(&rows)?;
/// let fit = RouterConfig::default().fit(&queries, ("frozen", &[0.5; 200]), &[("module", &module)])?;
/// let router = fit.router.expect("routing is better");
/// assert_eq!(router.route(&queries.select(&[0, 1])?)?, ["module", "frozen"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouterConfig {
    /// The `λ` that ridge regression is tried with; the one of the smallest leave-one-out error is taken. Default: 0.1 to 1000 in
    /// powers of 10.
    pub penalties: Vec<f64>,
    /// The folds that routing is judged by: each is routed by what the others taught. At least 2. Default: 5.
    pub folds: usize,
    /// The confidence that routing must be better than the frozen encoder alone. Default: 0.99.
    pub confidence: f64,
    /// The number of resamples of the test. Default: 10 000.
    pub resamples: usize,
    /// The seed of folds and resamples. Default: 0.
    pub seed: u64,
}

impl Default for RouterConfig {
    fn default() -> Self {
        let penalties = vec![0.1, 1.0, 10.0, 100.0, 1000.0];
        Self { penalties, folds: 5, confidence: 0.99, resamples: 10_000, seed: 0 }
    }
}

impl RouterConfig {
    /// Refuses settings out of range, and too few queries to learn from.
    pub(super) fn check(&self, queries: usize) -> Result<(), Error> {
        let config = |name, expected, found| Err(Error::Config { name, expected, found });
        if self.folds < 2 {
            return config("the number of folds of a router", "at least 2", self.folds.to_string());
        }
        let usable = |penalty: &f64| penalty.is_finite() && *penalty > 0.0;
        if self.penalties.is_empty() || !self.penalties.iter().all(usable) {
            let found = format!("{:?}", self.penalties);
            return config("each penalty of a router", "above 0 and finite, and at least one", found);
        }
        if queries < 2 * self.folds {
            let (what, expected) = ("queries that teach a router", 2 * self.folds);
            return Err(ess_core::Error::LengthMismatch { what, expected, found: queries }.into());
        }
        Ok(())
    }
}
