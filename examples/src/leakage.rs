//! How much of a test set was seen in training.

use std::collections::BTreeSet;

use anyhow::Result;
use ess_core::Embeddings;
use ess_metrics::{Bootstrap, Qrels, RandomizationTest};
use serde::{Deserialize, Serialize};

/// Queries are near duplicates from this cosine on.
const NEAR_DUPLICATE: f32 = 0.95;

/// Which test queries have a relevant item that was also relevant to a training query.
///
/// A module trained on those queries has been told about those items: its gain there is memory as much as skill.
pub struct Leakage {
    seen: Vec<bool>,
}

/// What a system gains on a group of queries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupGain {
    /// Queries of the group.
    pub queries: usize,
    /// The mean gain over the baseline.
    pub gain: f64,
    /// Its paired 95 % bootstrap interval; none where the systems differ on too few queries.
    pub ci95: Option<[f64; 2]>,
    /// The p-value of a randomisation test; none in results of earlier versions.
    #[serde(default)]
    pub p: Option<f64>,
}

impl Leakage {
    /// Looks the relevant items of each query up among those of training (dev included, where it was learned from).
    pub fn new(train: &[&Qrels], test: &Qrels, test_queries: &[String]) -> Self {
        let relevant = |(_, item, grade): (_, _, i32)| (grade > 0).then_some(item);
        let known: BTreeSet<&str> =
            train.iter().flat_map(|qrels| qrels.iter()).filter_map(relevant).collect();
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
            let chosen = self.of_group(values, wanted);
            (!chosen.is_empty()).then(|| chosen.iter().sum::<f64>() / chosen.len() as f64)
        };
        (mean(true), mean(false))
    }

    /// What a system gains on the seen queries, and on the others; `None` where there is none.
    ///
    /// # Errors
    /// Those of the bootstrap and of the test.
    pub fn gains(
        &self,
        baseline: &[f64],
        system: &[f64],
        bootstrap: &Bootstrap,
    ) -> Result<[Option<GroupGain>; 2]> {
        let gain = |wanted: bool| -> Result<Option<GroupGain>> {
            let [baseline, system] = [baseline, system].map(|values| self.of_group(values, wanted));
            if baseline.is_empty() {
                return Ok(None);
            }
            let ci95 = bootstrap.difference_interval(&baseline, &system, 0.95)?;
            let test = RandomizationTest { seed: bootstrap.seed, ..RandomizationTest::default() };
            let p = Some(test.p_value(&baseline, &system)?);
            let sum: f64 = system.iter().zip(&baseline).map(|(system, baseline)| system - baseline).sum();
            Ok(Some(GroupGain { queries: baseline.len(), gain: sum / baseline.len() as f64, ci95, p }))
        };
        Ok([gain(true)?, gain(false)?])
    }

    fn of_group(&self, values: &[f64], wanted: bool) -> Vec<f64> {
        let chosen = values.iter().zip(&self.seen).filter(|&(_, &seen)| seen == wanted);
        chosen.map(|(&value, _)| value).collect()
    }
}

/// The number of test queries whose embedding is nearly that of a training query (cosine of at least 0.95).
pub fn near_duplicates(train: &[&Embeddings], test: &Embeddings) -> usize {
    let train: Vec<Embeddings> = train.iter().map(|&train| train.clone().normalized()).collect();
    let test = test.clone().normalized();
    let near = |row: &usize| {
        train.iter().any(|train| {
            let cosines = train.view().dot(&test.view().row(*row));
            cosines.iter().any(|&cosine| cosine >= NEAR_DUPLICATE)
        })
    };
    (0..test.len()).filter(near).count()
}
