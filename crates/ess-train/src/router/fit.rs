//! Learning a router, and the evidence that it gains.

use ess_core::Embeddings;
use ess_linalg::{Pairs, Ridge};
use ess_metrics::{ChoiceEvidence, ChoiceTest};
use ndarray::{Array2, ArrayView2, s};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{
    config::RouterConfig,
    routing::{Router, check_names},
};
use crate::error::Error;

/// A router, and the evidence for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouterFit {
    /// The router; none where held-out queries do not show that routing is better than the frozen encoder.
    pub router: Option<Router>,
    /// The comparison with the frozen encoder on held-out queries.
    pub evidence: ChoiceEvidence,
    /// What each query reaches where it is sent by a router that has not seen it.
    pub held_out: Vec<f64>,
}

impl RouterConfig {
    /// Learns a router from `n` queries (`n × d_query`) and what the frozen encoder and each module reach on them, a value a query
    /// such as nDCG@10.
    ///
    /// No module may have been trained on these queries, or its gain on them is memory.
    ///
    /// # Errors
    /// [`Error::Config`] for settings outside their range, [`Error::Core`] without modules, for another number of values than
    /// queries, and for fewer queries than two a fold, [`Error::Metrics`] for values that are no finite numbers.
    pub fn fit(
        &self,
        queries: &Embeddings,
        baseline: (&str, &[f64]),
        modules: &[(&str, &[f64])],
    ) -> Result<RouterFit, Error> {
        self.check(queries.len())?;
        check_names(baseline.0, modules.iter().map(|(name, _)| *name))?;
        let gains = gains(queries.len(), baseline.1, modules)?;
        let mut held_out = vec![0.0; queries.len()];
        for fold in self.folds_of(queries.len()) {
            let others: Vec<usize> = (0..queries.len()).filter(|row| !fold.contains(row)).collect();
            let taught = select(&gains, &others);
            let router = self.learn(&queries.select(&others)?, taught, baseline.0, modules)?;
            for (&row, taken) in fold.iter().zip(router.taken(&queries.select(&fold)?)?) {
                held_out[row] = taken.map_or(baseline.1[row], |module| modules[module].1[row]);
            }
        }
        let test = ChoiceTest { resamples: self.resamples, seed: self.seed };
        let evidence = test.judge(baseline.1, &held_out, &[], self.confidence)?;
        let router = match evidence.is_better() {
            true => Some(self.learn(queries, gains, baseline.0, modules)?),
            false => None,
        };
        Ok(RouterFit { router, evidence, held_out })
    }

    fn folds_of(&self, queries: usize) -> Vec<Vec<usize>> {
        let mut rows: Vec<usize> = (0..queries).collect();
        rows.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed));
        (0..self.folds).map(|fold| rows.iter().copied().skip(fold).step_by(self.folds).collect()).collect()
    }

    fn learn(
        &self,
        queries: &Embeddings,
        gains: Array2<f64>,
        baseline: &str,
        modules: &[(&str, &[f64])],
    ) -> Result<Router, Error> {
        let ridge = Ridge::new(&Pairs::new(&with_one(queries)?, gains)?)?;
        let mut best = (f64::INFINITY, self.penalties[0]);
        for &penalty in &self.penalties {
            let error = ridge.leave_one_out(penalty)?.error;
            if error < best.0 {
                best = (error, penalty);
            }
        }
        let map = ridge.fit(best.1)?;
        let weights =
            map.weight().columns().into_iter().map(|column| column.mapv(|w| w as f32).to_vec()).collect();
        let modules = modules.iter().map(|(name, _)| (*name).to_owned()).collect();
        Ok(Router { baseline: baseline.to_owned(), modules, weights })
    }
}

/// A component that is 1 behind those of each query, so that a gain can be the same for all.
fn with_one(queries: &Embeddings) -> Result<Embeddings, Error> {
    let mut extended = Array2::ones((queries.len(), queries.dim() + 1));
    extended.slice_mut(s![.., ..queries.dim()]).assign(&queries.view());
    Ok(Embeddings::new(extended)?)
}

fn gains(queries: usize, baseline: &[f64], modules: &[(&str, &[f64])]) -> Result<Array2<f64>, Error> {
    if modules.is_empty() {
        return Err(ess_core::Error::Empty { what: "modules to route to" }.into());
    }
    for values in modules.iter().map(|(_, values)| *values).chain([baseline]) {
        let (what, expected, found) = ("values of the queries that teach a router", queries, values.len());
        if found != expected {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
    }
    Ok(Array2::from_shape_fn((queries, modules.len()), |(row, module)| {
        modules[module].1[row] - baseline[row]
    }))
}

fn select(gains: &Array2<f64>, rows: &[usize]) -> Array2<f64> {
    let gains: ArrayView2<'_, f64> = gains.view();
    gains.select(ndarray::Axis(0), rows)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    /// Queries, and a value for each of three systems: the frozen encoder, one module that gains where the first component is
    /// positive and loses elsewhere, and one that does so by the second.
    fn tasks(count: usize, effect: f64, seed: u64) -> (Embeddings, [Vec<f64>; 3]) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let queries: Vec<f32> = (0..count * 16).map(|_| rng.random::<f32>() - 0.5).collect();
        let queries = Embeddings::from_vec(queries, 16).unwrap();
        let mut value =
            |by: f32| (0.5 + effect * f64::from(by) + 0.2 * (rng.random::<f64>() - 0.5)).clamp(0.0, 1.0);
        let frozen = queries.rows().map(|_| value(0.0)).collect();
        let [first, second] = [0, 1].map(|at| queries.rows().map(|query| value(query[at])).collect());
        (queries, [frozen, first, second])
    }

    fn fit(queries: &Embeddings, [frozen, first, second]: &[Vec<f64>; 3]) -> RouterFit {
        RouterConfig::default()
            .fit(queries, ("frozen", frozen), &[("first", first), ("second", second)])
            .unwrap()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn queries_go_where_they_gain_and_else_to_the_frozen_encoder() {
        let (queries, values) = tasks(400, 0.8, 1);
        let fitted = fit(&queries, &values);
        let gain = mean(&fitted.held_out) - mean(&values[0]);
        assert!(gain > 0.1, "{gain}");
        let router = fitted.router.unwrap();
        let (new, _) = tasks(400, 0.8, 2);
        let right = new.rows().zip(router.route(&new).unwrap()).filter(|(query, taken)| {
            let expected = match (query[0], query[1]) {
                (..0.0, ..0.0) => "frozen",
                (a, b) if a > b => "first",
                _ => "second",
            };
            *taken == expected
        });
        let right = right.count();
        assert!(right > 320, "{right} of 400");
        let text = serde_json::to_string(&router).unwrap();
        assert_eq!(serde_json::from_str::<Router>(&text).unwrap(), router);
    }

    /// Modules that gain and lose by chance alone: none of 200 routers is returned more often than the level says.
    #[test]
    fn no_router_is_returned_where_nothing_is_to_be_gained() {
        let returned = (0..200).filter(|&seed| {
            let (queries, values) = tasks(60, 0.0, 1000 + seed);
            let config = RouterConfig { resamples: 999, ..RouterConfig::default() };
            let [frozen, first, second] = &values;
            let fitted = config.fit(&queries, ("frozen", frozen), &[("first", first), ("second", second)]);
            fitted.unwrap().router.is_some()
        });
        // One in 200 is expected at most; five or more have a chance of .004.
        assert!(returned.count() < 5);
    }

    #[test]
    fn what_cannot_be_learned_from_is_refused() {
        let (queries, [frozen, first, _]) = tasks(20, 0.5, 3);
        let config = RouterConfig::default();
        let modules: [(&str, &[f64]); 1] = [("first", &first)];
        assert!(matches!(config.fit(&queries, ("frozen", &frozen), &[]), Err(Error::Core(_))));
        assert!(matches!(config.fit(&queries, ("frozen", &frozen[1..]), &modules), Err(Error::Core(_))));
        let few = queries.select(&[0, 1, 2]).unwrap();
        assert!(matches!(config.fit(&few, ("frozen", &frozen[..3]), &modules), Err(Error::Core(_))));
        for broken in [
            RouterConfig { folds: 1, ..config.clone() },
            RouterConfig { penalties: vec![], ..config.clone() },
            RouterConfig { penalties: vec![1.0, f64::NAN], ..config.clone() },
        ] {
            assert!(matches!(broken.fit(&queries, ("frozen", &frozen), &modules), Err(Error::Config { .. })));
        }
        let twice: [(&str, &[f64]); 2] = [("first", &first), ("first", &first)];
        assert!(matches!(config.fit(&queries, ("frozen", &frozen), &twice), Err(Error::Config { .. })));
        assert!(matches!(config.fit(&queries, ("first", &frozen), &modules), Err(Error::Config { .. })));
        let confident = RouterConfig { confidence: 1.0, ..config.clone() };
        assert!(confident.fit(&queries, ("frozen", &frozen), &modules).is_err());
        let mut broken = frozen.clone();
        broken[3] = f64::NAN;
        assert!(config.fit(&queries, ("frozen", &broken), &modules).is_err());
        let (long, values) = tasks(200, 0.8, 4);
        let router = fit(&long, &values).router.unwrap();
        let narrow = Embeddings::from_rows(&[[1.0, 2.0]]).unwrap();
        assert!(matches!(router.route(&narrow), Err(Error::Core(_))));
    }
}
