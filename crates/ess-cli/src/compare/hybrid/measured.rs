//! One system on the test queries of one data set.

use anyhow::Result;
use cpu_time::ProcessTime;
use ess_metrics::{Bootstrap, RandomizationTest};
use serde::{Deserialize, Serialize};

use crate::output::mean_interval::measure_interval;

use super::{collection::Collection, system::System};

/// The measure on test, and what it took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) system: String,
    pub(crate) setting: String,
    /// The mean over held-out training and dev queries, where cross-validation chose a setting.
    pub(crate) held_out: Option<f64>,
    #[serde(alias = "ndcg")]
    pub(crate) value: f64,
    /// None where values of a measure without ends are too few or too alike.
    pub(crate) ci95: Option<[f64; 2]>,
    pub(crate) against_frozen: Difference,
    /// Of a weight of each query's own: against one fitted weight.
    pub(crate) against_constant: Option<Difference>,
    /// CPU-seconds of learning, and of searching for all test queries.
    pub(crate) learning_seconds: f64,
    pub(crate) searching_seconds: f64,
    /// Of each test query.
    pub(crate) per_query: Vec<f64>,
}

/// A paired difference of means with its 95 % bootstrap interval (none where too few queries differ), and the p-value of a
/// randomisation test.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Difference {
    pub(crate) mean: f64,
    pub(crate) ci95: Option<[f64; 2]>,
    pub(crate) p: f64,
}

impl Measured {
    /// Learns, searches and measures. `before` are the results of the systems before it, the frozen encoder's first.
    pub(crate) fn of(system: System, collection: &Collection, before: &[Self], seed: u64) -> Result<Self> {
        let started = ProcessTime::now();
        let ready = system.learn(collection, seed)?;
        let learning_seconds = started.elapsed().as_secs_f64();
        let started = ProcessTime::now();
        let hits = ready.search(collection, &collection.test)?;
        let searching_seconds = started.elapsed().as_secs_f64();
        let per_query = collection.test.values(&hits)?;
        let frozen = before.first().map_or(&per_query, |frozen| &frozen.per_query);
        let constant = system.constant().map(System::name);
        let constant = before.iter().find(|other| Some(&other.system) == constant.as_ref());
        let against_constant = constant.map(|constant| Difference::of(&constant.per_query, &per_query, seed));
        Ok(Self {
            system: system.name(),
            setting: ready.setting,
            held_out: ready.held_out,
            value: mean(&per_query),
            ci95: measure_interval(
                &Bootstrap { seed, ..Bootstrap::default() },
                collection.test.measure,
                &per_query,
            )?,
            against_frozen: Difference::of(frozen, &per_query, seed)?,
            against_constant: against_constant.transpose()?,
            learning_seconds,
            searching_seconds,
            per_query,
        })
    }
}

impl Difference {
    fn of(baseline: &[f64], system: &[f64], seed: u64) -> Result<Self> {
        Ok(Self {
            mean: mean(system) - mean(baseline),
            ci95: Bootstrap { seed, ..Bootstrap::default() }.difference_interval(baseline, system, 0.95)?,
            p: RandomizationTest { seed, ..RandomizationTest::default() }.p_value(baseline, system)?,
        })
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
