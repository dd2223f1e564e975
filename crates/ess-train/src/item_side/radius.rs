//! How far items may move.

use ess_core::{Embeddings, Index};
use ess_index::FlatIndex;
use ess_search::DeviceEncoding;
use serde::{Deserialize, Serialize};

use super::{
    first_rank,
    nudge::{NudgeKind, Pulls},
};
use crate::{data::dev_set::DevSet, error::Error};

/// How the radius of item offsets is chosen on the dev queries, in units of an item's norm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RadiusChoice {
    /// The smallest radius of 0, 0.05, …, 1.5 whose measure on dev is within one standard error (of the paired differences)
    /// of the best: the one-standard-error rule (Breiman et al. 1984).
    #[default]
    Measure,
    /// The radius at which the most dev queries have a relevant item at rank 1, in closed form: similarities are linear in
    /// the radius (NUDGE-M alone; Zeighami et al. 2024). The baseline guard corrects for the choice among 0, 0.05, …, 2,
    /// which stand for all radii.
    FirstRank,
    /// This radius.
    Given(f64),
}

const STEP: f64 = 0.05;
const MAX_MEASURED: f64 = 1.5;

impl RadiusChoice {
    /// The radius, and the dev measure of each query with it.
    pub(super) fn choose<E: DeviceEncoding>(
        self,
        kind: NudgeKind,
        pulls: &Pulls,
        items: &Embeddings,
        dev: &DevSet<'_, E>,
        mapped_dev: &Embeddings,
    ) -> Result<(f64, Vec<f64>), Error> {
        let measured = |radius: f64| -> Result<Vec<f64>, Error> {
            let index = FlatIndex::new(pulls.moved(kind, items, radius)?).map_err(ess_core::Error::from)?;
            dev.per_query_in(&index as &dyn Index, mapped_dev)
        };
        match self {
            Self::Given(radius) => Ok((radius, measured(radius)?)),
            Self::FirstRank => {
                let radius = first_rank::choose(pulls, items, mapped_dev, dev.queries().judgements());
                // Each is noted by the dev set as one to choose from.
                radii(first_rank::MAX_RADIUS).try_for_each(|radius| measured(radius).map(drop))?;
                Ok((radius, measured(radius)?))
            }
            Self::Measure => {
                let radii: Vec<f64> = radii(MAX_MEASURED).collect();
                let values = radii.iter().map(|&radius| measured(radius)).collect::<Result<Vec<_>, _>>()?;
                let at = smallest_near_best(&values);
                Ok((radii[at], values[at].clone()))
            }
        }
    }
}

/// 0 and all further radii up to this one.
fn radii(largest: f64) -> impl Iterator<Item = f64> {
    let steps = (largest / STEP).round() as usize;
    (0..=steps).map(|step| step as f64 * STEP)
}

/// The first whose mean is within one standard error of the best's; the error is that of the paired differences.
fn smallest_near_best(values: &[Vec<f64>]) -> usize {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let mut best = 0;
    for at in 1..values.len() {
        if mean(&values[at]) > mean(&values[best]) {
            best = at;
        }
    }
    let near = |values: &Vec<f64>, best: &[f64]| {
        let differences: Vec<f64> = best.iter().zip(values).map(|(best, value)| best - value).collect();
        let (n, mean) = (differences.len() as f64, mean(&differences));
        let variance = differences.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
        mean <= (variance / n).sqrt()
    };
    values.iter().position(|candidate| near(candidate, &values[best])).unwrap_or(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_within_the_noise_is_not_worth_a_larger_radius() {
        let noisy = |shift: f64| (0..100).map(|i| (i as f64).sin() + shift).collect::<Vec<f64>>();
        let mut tossed = noisy(0.0);
        tossed.reverse();
        // The best is a little better than the second in all queries, and than the first in most of them by much.
        let values = [noisy(-0.5), tossed.iter().map(|x| x - 0.01).collect(), noisy(0.0)];
        assert_eq!(smallest_near_best(&values), 1);
        // Better by little, but always: not noise.
        assert_eq!(smallest_near_best(&[noisy(-0.01), noisy(0.0), noisy(-0.3)]), 1);
        assert_eq!(smallest_near_best(&[vec![0.5], vec![0.5]]), 0);
    }
}
