//! Learned weights, with the penalty that cross-validation chooses.

use anyhow::Result;
use ess_searchers::{Combination, LearnedWeight, WeightConfig};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::collection::Judged;

/// How many parts the queries are cut into; each is held out once.
const FOLDS: usize = 5;

/// Penalties to choose from, the strongest first.
const PENALTIES: [f64; 5] = [10.0, 1.0, 0.1, 0.01, 0.001];

/// What a weight looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) scores: bool,
    pub(crate) encoding: bool,
}

impl Look {
    pub(crate) const NOTHING: Self = Self { scores: false, encoding: false };
    pub(crate) const SCORES: Self = Self { scores: true, encoding: false };
    pub(crate) const ENCODING: Self = Self { scores: false, encoding: true };
    pub(crate) const BOTH: Self = Self { scores: true, encoding: true };

    pub(crate) fn name(self) -> &'static str {
        match (self.scores, self.encoding) {
            (false, false) => "one fitted weight",
            (true, false) => "learned from scores",
            (false, true) => "learned from the encoding",
            (true, true) => "learned from both",
        }
    }
}

/// A fitted weight, and what its settings reached on held-out queries.
pub(crate) struct Learned {
    pub(crate) weight: LearnedWeight,
    pub(crate) held_out: f64,
}

/// Fits a weight on all queries with the penalty that is best on held-out ones; of equal ones the strongest.
pub(crate) fn learn(combination: Combination, look: Look, queries: &Judged, seed: u64) -> Result<Learned> {
    let config = WeightConfig { scores: look.scores, encoding: look.encoding, ..WeightConfig::default() };
    let penalties = if look == Look::NOTHING { &PENALTIES[..1] } else { &PENALTIES };
    let folds = folds(queries.relevant.len(), seed);
    let mut best = (f64::NEG_INFINITY, config);
    for &penalty in penalties {
        let config = WeightConfig { penalty, ..config };
        let held_out = held_out(&config, combination, queries, &folds)?;
        if held_out > best.0 {
            best = (held_out, config);
        }
    }
    let (held_out, config) = best;
    Ok(Learned { weight: fit(&config, combination, queries)?, held_out })
}

fn fit(config: &WeightConfig, combination: Combination, queries: &Judged) -> Result<LearnedWeight> {
    Ok(LearnedWeight::fit(config, combination, &queries.queries, &queries.pass, &queries.relevant)?)
}

/// The mean of the measure over all queries, each held out once.
fn held_out(
    config: &WeightConfig,
    combination: Combination,
    queries: &Judged,
    folds: &[Vec<usize>],
) -> Result<f64> {
    let mut values = Vec::new();
    for (fold, held_out) in folds.iter().enumerate() {
        let others = folds.iter().enumerate().filter(|(other, _)| *other != fold);
        let others: Vec<usize> = others.flat_map(|(_, rows)| rows.iter().copied()).collect();
        let weight = fit(config, combination, &queries.select(&others)?)?;
        let held_out = queries.select(held_out)?;
        let shares = weight.shares(&held_out.queries, Some(&held_out.pass))?;
        values.extend(held_out.values(&held_out.pass.combine(combination, &shares, held_out.hits)?)?);
    }
    Ok(values.iter().sum::<f64>() / values.len() as f64)
}

fn folds(queries: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut rows: Vec<usize> = (0..queries).collect();
    rows.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    rows.chunks(queries.div_ceil(FOLDS)).map(<[usize]>::to_vec).collect()
}
