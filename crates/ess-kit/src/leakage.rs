//! How much of a test set was seen in training.

use std::collections::BTreeSet;

use ess_metrics::{Bootstrap, Qrels, RandomizationTest};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Which test queries have a relevant item that was also relevant to a training query.
///
/// A module trained on those queries has learned these items, so its gain on them is partly memorisation.
///
/// ```
/// use ess_kit::prelude::*;
///
/// let (mut train, mut test) = (Qrels::new(), Qrels::new());
/// train.insert("q1", "d1", 1)?;
/// test.insert("q2", "d1", 1)?;
/// test.insert("q3", "d2", 1)?;
/// let leakage = Leakage::new(&[&train], &test, &["q2".to_owned(), "q3".to_owned()]);
/// assert_eq!((leakage.seen(), leakage.unseen()), (1, 1));
/// // A gain of 0.4 on the query whose item was known, none on the other.
/// assert_eq!(leakage.means(&[0.4, 0.0])?, (Some(0.4), Some(0.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Leakage {
    seen: Vec<bool>,
}

/// What a system gains on a group of queries ([`Leakage::gains`]).
///
/// ```
/// use ess_kit::prelude::*;
///
/// let mut qrels = Qrels::new();
/// let ids: Vec<String> = (0..8).map(|row| format!("q{row}")).collect();
/// ids.iter().try_for_each(|id| qrels.insert(id, "d1", 1))?;
/// let leakage = Leakage::new(&[&qrels], &qrels, &ids);
/// let [seen, unseen] = leakage.gains(&[0.25; 8], &[0.5; 8], &Bootstrap::default())?;
/// assert_eq!((seen.map(|seen| (seen.queries, seen.gain)), unseen), (Some((8, 0.25)), None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

    /// For each query, in the order given, whether training knew a relevant item of it.
    pub fn of_queries(&self) -> &[bool] {
        &self.seen
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
    ///
    /// # Errors
    /// [`Error::Core`] when there is not one value for each query.
    pub fn means(&self, values: &[f64]) -> Result<(Option<f64>, Option<f64>), Error> {
        let mean = |wanted: bool| -> Result<Option<f64>, Error> {
            let chosen = self.of_group(values, wanted)?;
            Ok((!chosen.is_empty()).then(|| chosen.iter().sum::<f64>() / chosen.len() as f64))
        };
        Ok((mean(true)?, mean(false)?))
    }

    /// What a system gains on the seen queries, and on the others; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Core`] when there is not one value for each query, [`Error::Metrics`] for values that are no finite numbers.
    pub fn gains(
        &self,
        baseline: &[f64],
        system: &[f64],
        bootstrap: &Bootstrap,
    ) -> Result<[Option<GroupGain>; 2], Error> {
        let gain = |wanted: bool| -> Result<Option<GroupGain>, Error> {
            let (baseline, system) = (self.of_group(baseline, wanted)?, self.of_group(system, wanted)?);
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

    fn of_group(&self, values: &[f64], wanted: bool) -> Result<Vec<f64>, Error> {
        let (what, expected, found) = ("values of test queries", self.seen.len(), values.len());
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        let chosen = values.iter().zip(&self.seen).filter(|&(_, &seen)| seen == wanted);
        Ok(chosen.map(|(&value, _)| value).collect())
    }
}
