//! A weight of each query's own, learned from judged queries.

use ess_core::{Encoding, Error};
use ess_linalg::minimise;
use serde::{Deserialize, Serialize};

use super::config::WeightConfig;
use super::features::{names, of_scores, of_terms};
use super::listwise::{Candidates, Listwise, inner, sigmoid};
use super::saved_weight::{SavedWeight, check_combination};
use super::scale::FeatureScale;
use crate::fusion::{BothLists, Combination};
use crate::hybrid::HybridEncoding;

/// The weight (share) of the lexical searcher as a function of the query: `sigmoid(bias + ⟨coefficients, features⟩)`.
///
/// The features are statistics of both searchers' scores, the query's dense encoding, or both ([`WeightConfig`]). They are
/// standardised on the training queries. The penalty draws the share towards one constant for all queries, which is fitted
/// too.
///
/// With [`Combination::Raw`] the weighted sum is an inner product for each query: [`HybridEncoding::weighted`] scales the
/// two halves of the query, and one index answers ([`LearnedHybrid`](crate::LearnedHybrid)). With the other combinations it
/// is a fusion of two lists ([`LearnedFusion`](crate::LearnedFusion)). Features of the encoding alone need no first pass.
///
/// ```
/// use ess_core::{Embeddings, Hit};
/// use ess_searchers::{Combination, BothLists, HybridEncoding, LearnedWeight, WeightConfig};
/// use ess_lexical::SparseVectors;
///
/// // Item 0 is relevant to both queries. The lexical searcher finds it, the dense one finds item 1.
/// let queries = HybridEncoding::new(
///     Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?,
///     SparseVectors::new(1, &[vec![(0, 1.0)], vec![(0, 1.0)]])?,
/// )?;
/// let pass = BothLists::new(
///     vec![vec![Hit::new(1, 0.9), Hit::new(0, 0.1)]; 2],
///     vec![vec![Hit::new(0, 9.0), Hit::new(1, 1.0)]; 2],
/// )?;
/// let relevant = [vec![(0, 1.0)], vec![(0, 1.0)]];
/// let combination = Combination::MinMax { weight: 0.5 };
/// let weight = LearnedWeight::fit(&WeightConfig::default(), combination, &queries, &pass, &relevant)?;
/// assert!(weight.shares(&queries, Some(&pass))?.iter().all(|share| *share > 0.5));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SavedWeight")]
pub struct LearnedWeight {
    config: WeightConfig,
    combination: Combination,
    scale: FeatureScale,
    bias: f64,
    coefficients: Vec<f64>,
}

impl LearnedWeight {
    /// Fits a weight to judged queries.
    ///
    /// The loss is the softmax cross-entropy over the items that either searcher found. The target gives each relevant item
    /// a share in proportion to its gain; relevant items that neither searcher found are left out. The fit is deterministic.
    ///
    /// `queries` has `n` rows; `pass` and `relevant` have `n` lists. `relevant` holds pairs of item and gain. The lists of
    /// the pass should be as deep as those that will be combined. The weight of `combination` is ignored.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for settings outside their range, a combination without a weight and a gain that is not
    /// a number above 0; [`Error::LengthMismatch`] when the numbers of queries differ, [`Error::Empty`] when no query
    /// has both a relevant item and another one among its hits.
    pub fn fit(
        config: &WeightConfig,
        combination: Combination,
        queries: &HybridEncoding,
        pass: &BothLists,
        relevant: &[Vec<(usize, f32)>],
    ) -> Result<Self, Error> {
        config.check()?;
        check_combination(combination)?;
        check_relevant(queries, relevant)?;
        let rows = features(config, queries, Some(pass))?;
        let lists = pass.dense().iter().zip(pass.lexical()).zip(relevant);
        let candidates =
            lists.map(|((dense, lexical), gains)| Candidates::new(combination, dense, lexical, gains));
        let (candidates, rows): (Vec<_>, Vec<_>) =
            candidates.zip(rows).filter(|(candidates, _)| candidates.teaches()).unzip();
        if candidates.is_empty() {
            return Err(Error::Empty { what: "queries that found both a relevant item and another one" });
        }
        let scale = FeatureScale::fit(&rows, names(config.scores, config.encoding).len());
        let features: Vec<Vec<f64>> = rows.iter().map(|row| scale.apply(row)).collect();
        let (bias, coefficients) = descend(config, candidates, features);
        Ok(Self { config: *config, combination, scale, bias, coefficients })
    }

    /// The share of the lexical searcher for each of `n` queries: between 0 and 1, both reached by rounding alone.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] without a first pass where the features include scores; [`Error::LengthMismatch`] for a pass of
    /// other queries, [`Error::DimensionMismatch`] for queries of another dimension.
    pub fn shares(&self, queries: &HybridEncoding, pass: Option<&BothLists>) -> Result<Vec<f32>, Error> {
        if self.config.encoding {
            let expected = self.coefficients.len() - self.scale.single;
            Error::check_dim("queries given to a learned weight", expected, queries.dense().dim())?;
        }
        let share =
            |row: Vec<f32>| sigmoid(self.bias + inner(&self.coefficients, &self.scale.apply(&row))) as f32;
        Ok(features(&self.config, queries, pass)?.into_iter().map(share).collect())
    }

    /// Whether [`LearnedWeight::shares`] needs a first pass.
    pub fn needs_pass(&self) -> bool {
        self.config.scores
    }

    /// The combination that it was fitted for.
    pub fn combination(&self) -> Combination {
        self.combination
    }

    /// The settings.
    pub fn config(&self) -> &WeightConfig {
        &self.config
    }

    /// The share of a query with average features.
    pub fn constant(&self) -> f32 {
        sigmoid(self.bias) as f32
    }

    /// The coefficient of each feature but the components of the encoding: the change of the logit of the share for one
    /// standard deviation.
    pub fn coefficients(&self) -> impl Iterator<Item = (&'static str, f64)> {
        names(self.config.scores, self.config.encoding).into_iter().zip(self.coefficients.iter().copied())
    }
}

/// A row of features for each query.
fn features(
    config: &WeightConfig,
    queries: &HybridEncoding,
    pass: Option<&BothLists>,
) -> Result<Vec<Vec<f32>>, Error> {
    if let Some(pass) = pass {
        let (what, expected, found) = ("queries of two searchers", queries.rows(), pass.len());
        if expected != found {
            return Err(Error::LengthMismatch { what, expected, found });
        }
    }
    let pass = pass.filter(|_| config.scores);
    if config.scores && pass.is_none() {
        let (name, expected) = ("first pass of a weight that looks at scores", "the hits of both searchers");
        return Err(Error::InvalidParameter { name, expected, found: "none".to_owned() });
    }
    let row = |query: usize| {
        let terms = queries.lexical().row(query).len();
        let mut row = Vec::new();
        if config.scores || config.encoding {
            row.push(of_terms(terms));
        }
        if let Some(pass) = pass {
            row.extend(of_scores(&pass.dense()[query], &pass.lexical()[query], terms, config.depth));
        }
        if config.encoding {
            row.extend(queries.dense().row(query));
        }
        row
    };
    Ok((0..queries.rows()).map(row).collect())
}

/// The bias and the coefficients of least loss.
fn descend(
    config: &WeightConfig,
    candidates: Vec<Candidates>,
    mut features: Vec<Vec<f64>>,
) -> (f64, Vec<f64>) {
    let count = candidates.len() as f64;
    let [dense, lexical] = candidates.iter().fold([0.0, 0.0], |[dense, lexical], candidates| {
        let [of_dense, of_lexical] = candidates.deviations();
        [dense + of_dense / count, lexical + of_lexical / count]
    });
    // At the start both searchers weigh the same, and the sum has standard deviation 1.
    let [log_sharpness, bias] = if dense > 0.0 && lexical > 0.0 {
        [((dense + lexical) / (2.0 * dense * lexical)).ln(), (dense / lexical).ln()]
    } else {
        [0.0, 0.0]
    };
    let width = features.first().map_or(0, Vec::len);
    let mut start = vec![0.0; 2 + width];
    (start[0], start[1]) = (log_sharpness, bias);
    // A strong penalty becomes one of 1 on smaller features, which leaves the descent well conditioned.
    let shrink = config.penalty.sqrt().max(1.0);
    features.iter_mut().flatten().for_each(|feature| *feature /= shrink);
    let loss = Listwise { candidates, features, penalty: config.penalty / (shrink * shrink) };
    let found = minimise(&loss, start, config.max_steps);
    (found[1], found[2..].iter().map(|coefficient| coefficient / shrink).collect())
}

fn check_relevant(queries: &HybridEncoding, relevant: &[Vec<(usize, f32)>]) -> Result<(), Error> {
    let (expected, found) = (queries.rows(), relevant.len());
    if expected != found {
        return Err(Error::LengthMismatch { what: "relevant items of queries", expected, found });
    }
    match relevant.iter().flatten().find(|(_, gain)| !(gain.is_finite() && *gain > 0.0)) {
        Some((item, gain)) => Err(Error::InvalidParameter {
            name: "gain of a relevant item",
            expected: "a number above 0",
            found: format!("{gain} of item {item}"),
        }),
        None => Ok(()),
    }
}

impl TryFrom<SavedWeight> for LearnedWeight {
    type Error = Error;

    fn try_from(saved: SavedWeight) -> Result<Self, Error> {
        saved.check()?;
        let SavedWeight { config, combination, scale, bias, coefficients } = saved;
        Ok(Self { config, combination, scale, bias, coefficients })
    }
}
