//! How much a query's vector says about which item is relevant.

use ess_core::Embeddings;
use ndarray::{Axis, s};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{alignment::check_pairs, error::Error};

/// A lower bound of the mutual information of a query and its relevant item, in nats: `ln N − L`. `L` is the softmax loss of
/// picking each query's item among those of all `N` pairs (InfoNCE: van den Oord, Li and Vinyals, 2018; Poole, Ozair, van den Oord,
/// Alemi and Tucker, "On variational bounds of mutual information", ICML 2019).
///
/// It holds for any similarity, and is tight for none: a better one raises it. It cannot pass its cap, `ln N`, whatever the truth.
/// Compare bounds of the same pairs, before and after a searching module.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_diagnostics::InformationBound;
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])?;
/// let sure = InformationBound::at(&items, &items, 0.01)?;
/// assert!((sure.nats - sure.cap).abs() < 1e-6 && (sure.cap - 4_f64.ln()).abs() < 1e-12);
/// // Every query is as near to every item.
/// let blind = Embeddings::from_rows(&[[0.0, 0.0]; 4])?;
/// assert!(InformationBound::at(&blind, &items, 0.01)?.nats.abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InformationBound {
    /// The bound. It can be below 0, where the similarity misleads.
    pub nats: f64,
    /// Its standard error over the queries, as if each had negatives of its own; they are shared, so it is a little too small.
    pub standard_error: f64,
    /// `ln N`, which it cannot pass.
    pub cap: f64,
    /// The temperature that similarities were divided by: the mean of both, where two were chosen.
    pub temperature: f64,
    /// The number of pairs, `N`.
    pub pairs: usize,
}

/// Temperatures that are tried, from the smallest, each 1.25 × the one before: 1e-3 to 5.4.
const TEMPERATURES: i32 = 39;

impl InformationBound {
    /// That of `n` pairs, row `i` of `queries` and row `i` of `items` (both `n × d`), at a temperature that does not come from them.
    ///
    /// Give one pair a query, and each item once as far as that can be: an item twice counts against itself.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than 2 pairs, [`Error::Rows`] and [`Error::Dimension`] for what does not pair,
    /// [`Error::Parameter`] for a temperature that is not above 0.
    pub fn at(queries: &Embeddings, items: &Embeddings, temperature: f64) -> Result<Self, Error> {
        if !(temperature > 0.0 && temperature.is_finite()) {
            let (name, expected) = ("the temperature", "above 0 and finite");
            return Err(Error::Parameter { name, expected, found: temperature.to_string() });
        }
        check_pairs(queries, items)?;
        Error::check_count("pairs", 2, queries.len())?;
        let gains = Similarities::of(queries, items).gains(temperature);
        Ok(Self::from_gains(&gains, (queries.len() as f64).ln(), temperature))
    }

    /// That of `n ≥ 8` pairs at the temperature that suits them: for each half of the pairs the one that is best for the other
    /// half, so that the bound holds. The halves are drawn by the seed; `N` is that of a half.
    ///
    /// # Errors
    /// As [`InformationBound::at`].
    pub fn cross_fitted(queries: &Embeddings, items: &Embeddings, seed: u64) -> Result<Self, Error> {
        check_pairs(queries, items)?;
        Error::check_count("pairs", 8, queries.len())?;
        let mut order: Vec<usize> = (0..queries.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        // Halves of the same size have the same cap.
        let half = order.len() / 2;
        let halves =
            [&order[..half], &order[half..2 * half]].map(|rows| Similarities::of_rows(queries, items, rows));
        let best = halves.each_ref().map(Similarities::best_temperature);
        let gains = [halves[0].gains(best[1]), halves[1].gains(best[0])].concat();
        Ok(Self::from_gains(&gains, (half as f64).ln(), (best[0] + best[1]) / 2.0))
    }

    fn from_gains(gains: &[f64], cap: f64, temperature: f64) -> Self {
        let count = gains.len() as f64;
        let nats = gains.iter().sum::<f64>() / count;
        let variance = gains.iter().map(|gain| (gain - nats).powi(2)).sum::<f64>() / (count - 1.0);
        Self { nats, standard_error: (variance / count).sqrt(), cap, temperature, pairs: gains.len() }
    }
}

/// Inner products of the queries of some pairs with their items.
struct Similarities {
    rows: Vec<Vec<f64>>,
}

impl Similarities {
    fn of(queries: &Embeddings, items: &Embeddings) -> Self {
        let all: Vec<usize> = (0..queries.len()).collect();
        Self::of_rows(queries, items, &all)
    }

    fn of_rows(queries: &Embeddings, items: &Embeddings, rows: &[usize]) -> Self {
        let [queries, items] = [queries, items].map(|all| all.view().select(Axis(0), rows).mapv(f64::from));
        let products = queries.dot(&items.t());
        Self { rows: products.outer_iter().map(|row| row.slice(s![..]).to_vec()).collect() }
    }

    /// For each query `ln N` minus its loss.
    fn gains(&self, temperature: f64) -> Vec<f64> {
        let cap = (self.rows.len() as f64).ln();
        let gain = |(own, row): (usize, &Vec<f64>)| {
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = row.iter().map(|&x| ((x - largest) / temperature).exp()).sum();
            cap + (row[own] - largest) / temperature - sum.ln()
        };
        self.rows.iter().enumerate().map(gain).collect()
    }

    fn best_temperature(&self) -> f64 {
        let tried = (0..TEMPERATURES).map(|step| 1e-3 * 1.25_f64.powi(step));
        let bound = |temperature: f64| self.gains(temperature).iter().sum::<f64>();
        tried.max_by(|&a, &b| bound(a).total_cmp(&bound(b))).unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    /// Pairs of Gaussian vectors whose components correlate by `rho`: their information is `−d/2 ln(1 − ρ²)`.
    fn correlated(count: usize, dim: usize, rho: f64, seed: u64) -> [Embeddings; 2] {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || {
            (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt()
                * (std::f64::consts::TAU * rng.random::<f64>()).cos()
        };
        let (mut queries, mut items) = (Vec::new(), Vec::new());
        for _ in 0..count * dim {
            let (shared, own) = (normal(), normal());
            items.push(shared as f32);
            queries.push((rho * shared + (1.0 - rho * rho).sqrt() * own) as f32);
        }
        [queries, items].map(|values| Embeddings::from_vec(values, dim).unwrap())
    }

    #[test]
    fn the_bound_stays_below_the_information_of_gaussians() {
        for (rho, seed) in [(0.3, 1), (0.6, 2), (0.8, 3)] {
            let [queries, items] = correlated(1000, 4, rho, seed);
            let bound = InformationBound::cross_fitted(&queries, &items, 0).unwrap();
            let truth = -2.0 * (1.0 - rho * rho).ln();
            assert!(bound.nats < truth + 3.0 * bound.standard_error, "{bound:?}, truth {truth}");
            assert!(bound.nats > 0.4 * truth, "{bound:?}, truth {truth}");
        }
    }

    #[test]
    fn vectors_that_say_nothing_have_no_bound_above_chance() {
        let bounds: Vec<InformationBound> = (0..40)
            .map(|seed| {
                let [queries, items] = correlated(60, 4, 0.0, 100 + seed);
                InformationBound::cross_fitted(&queries, &items, seed).unwrap()
            })
            .collect();
        let mean = bounds.iter().map(|bound| bound.nats).sum::<f64>() / 40.0;
        assert!(mean < 0.01, "{mean}");
    }

    #[test]
    fn it_never_passes_its_cap() {
        let [_, items] = correlated(9, 3, 0.5, 5);
        let bound = InformationBound::cross_fitted(&items, &items, 0).unwrap();
        assert!(bound.nats <= bound.cap && bound.cap == 4_f64.ln() && bound.pairs == 8);
    }

    #[test]
    fn bad_pairs_and_temperatures_are_refused() {
        let [queries, items] = correlated(10, 3, 0.5, 5);
        let fewer = items.select(&[0, 1]).unwrap();
        assert!(matches!(InformationBound::at(&queries, &fewer, 1.0), Err(Error::Rows { .. })));
        for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(
                InformationBound::at(&queries, &items, temperature),
                Err(Error::Parameter { .. })
            ));
        }
        let two = queries.select(&[0, 1]).unwrap();
        assert!(matches!(
            InformationBound::cross_fitted(&two, &fewer, 0),
            Err(Error::TooFew { expected: 8, .. })
        ));
    }
}
