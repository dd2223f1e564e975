//! Which searching module is for which query.

use ess_core::Embeddings;
use ess_linalg::{Pairs, Ridge};
use ess_metrics::{ChoiceEvidence, ChoiceTest};
use ndarray::{Array2, ArrayView2, s};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
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
    /// The `λ` that ridge regression is tried with; the one of the smallest leave-one-out error is taken. 0.1 to 1000 in powers of
    /// 10, unless set.
    pub penalties: Vec<f64>,
    /// The folds that routing is judged by: each is routed by what the others taught. 5 unless set, at least 2.
    pub folds: usize,
    /// The confidence that routing must be better than the frozen encoder alone; .99 unless set.
    pub confidence: f64,
    /// Resamples of the test; 10 000 unless set.
    pub resamples: usize,
    /// The seed of folds and resamples; 0 unless set.
    pub seed: u64,
}

impl Default for RouterConfig {
    fn default() -> Self {
        let penalties = vec![0.1, 1.0, 10.0, 100.0, 1000.0];
        Self { penalties, folds: 5, confidence: 0.99, resamples: 10_000, seed: 0 }
    }
}

/// Sends queries to searching modules by name. Read from JSON, it is checked: names that differ, and for each module as many finite
/// weights as for the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Weights")]
pub struct Router {
    baseline: String,
    modules: Vec<String>,
    /// For each module a weight for each component of a query and one more, which stands for itself.
    weights: Vec<Vec<f32>>,
}

/// A router as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    baseline: String,
    modules: Vec<String>,
    weights: Vec<Vec<f32>>,
}

impl TryFrom<Weights> for Router {
    type Error = String;

    fn try_from(read: Weights) -> Result<Self, String> {
        let Weights { baseline, modules, weights } = read;
        check_names(&baseline, modules.iter().map(String::as_str)).map_err(|error| error.to_string())?;
        let dim = weights.first().map_or(0, Vec::len);
        if weights.len() != modules.len() || dim < 2 || weights.iter().any(|row| row.len() != dim) {
            let found: Vec<usize> = weights.iter().map(Vec::len).collect();
            return Err(format!(
                "a router of {} modules: expected as many weights for each, found {found:?}",
                modules.len()
            ));
        }
        if weights.iter().flatten().any(|weight| !weight.is_finite()) {
            return Err("a router: expected finite weights".to_owned());
        }
        Ok(Self { baseline, modules, weights })
    }
}

/// Refuses modules that their names do not tell apart.
fn check_names<'a>(baseline: &'a str, modules: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut names = vec![baseline];
    for name in modules {
        if names.contains(&name) {
            let (parameter, expected) =
                ("the names of modules to route to", "different from each other and the baseline's");
            return Err(Error::Config { name: parameter, expected, found: format!("{name:?} twice") });
        }
        names.push(name);
    }
    Ok(())
}

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

    fn check(&self, queries: usize) -> Result<(), Error> {
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

impl Router {
    /// The dimension of the queries that it reads, `d_query`.
    pub fn query_dim(&self) -> usize {
        self.weights.first().map_or(0, |weights| weights.len().saturating_sub(1))
    }

    /// The name of the module for each of `n` queries (`n × d_query`), or that of the frozen encoder: what
    /// [`ModuleSet::apply`](ess_core::ModuleSet::apply) takes.
    ///
    /// # Errors
    /// [`Error::Core`] for queries of another dimension.
    pub fn route(&self, queries: &Embeddings) -> Result<Vec<&str>, Error> {
        let name = |taken: Option<usize>| taken.map_or(&*self.baseline, |module| &self.modules[module]);
        Ok(self.taken(queries)?.into_iter().map(name).collect())
    }

    /// For each query the module of the largest gain above 0, the first of equal ones.
    fn taken(&self, queries: &Embeddings) -> Result<Vec<Option<usize>>, Error> {
        ess_core::Error::check_dim("queries given to a router", self.query_dim(), queries.dim())?;
        let gain = |weights: &[f32], query: &[f32]| {
            let products = weights.iter().zip(query).map(|(&w, &q)| f64::from(w) * f64::from(q));
            products.sum::<f64>() + weights.last().copied().map_or(0.0, f64::from)
        };
        let of_query = |query: &[f32]| {
            let mut best = (0.0, None);
            for (module, weights) in self.weights.iter().enumerate() {
                let gain = gain(weights, query);
                if gain > best.0 {
                    best = (gain, Some(module));
                }
            }
            best.1
        };
        Ok(queries.rows().map(of_query).collect())
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
        for text in [
            r#"{"baseline": "f", "modules": [], "weights": [[1, 1]]}"#,
            r#"{"baseline": "f", "modules": ["a", "b"], "weights": [[1, 1], [1]]}"#,
            r#"{"baseline": "f", "modules": ["f"], "weights": [[1, 1]]}"#,
            r#"{"baseline": "f", "modules": ["a"], "weights": [[1, 1e39]]}"#,
            r#"{"baseline": "f", "modules": ["a"], "weights": [[1]]}"#,
        ] {
            assert!(serde_json::from_str::<Router>(text).is_err(), "{text}");
        }
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
