//! What was found: means with intervals, differences with p-values.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use ess_data::Dropped;
use ess_kit::{GroupGain, JudgedQueries, Leakage, near_duplicates};
use ess_metrics::{Aggregate, Bootstrap, Comparison, Evaluation, MeasureValues, Significance, compare, holm};
use serde::Serialize;

use crate::output::mean_interval::measure_interval;

/// The measure in which it is said what modules gain where training knew the items and where not.
pub(crate) const OF_GAINS: &str = "ndcg@10";

#[derive(Serialize)]
pub(crate) struct Results {
    pub(crate) systems: BTreeMap<String, BTreeMap<String, Value>>,
    pub(crate) comparisons: Vec<Comparison>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) leakage: Option<Leaked>,
    /// What the judgements have and the embeddings do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) left_out: Option<Dropped>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) per_query: Option<PerQuery>,
}

/// The values of every query, in one order for all systems and measures.
#[derive(Serialize)]
pub(crate) struct PerQuery {
    queries: Vec<String>,
    systems: BTreeMap<String, BTreeMap<String, Vec<f64>>>,
}

/// How much of the test queries training knew, and what each module gains on which of them.
#[derive(Serialize)]
pub(crate) struct Leaked {
    pub(crate) seen: usize,
    pub(crate) unseen: usize,
    pub(crate) near_duplicates: usize,
    /// nDCG@10 less the baseline's, on seen and on unseen queries.
    pub(crate) gains: BTreeMap<String, [Option<CorrectedGain>; 2]>,
}

/// A gain beside others.
#[derive(Serialize)]
pub(crate) struct CorrectedGain {
    #[serde(flatten)]
    pub(crate) gain: GroupGain,
    /// The p-value after Holm's correction over all gains of all systems.
    pub(crate) p_holm: Option<f64>,
}

#[derive(Serialize)]
pub(crate) struct Value {
    pub(crate) mean: f64,
    /// Of means alone: a count and a geometric mean have none. Of a measure without ends few values have none that can be
    /// stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ci95: Option<[f64; 2]>,
}

/// Systems with their names, the baseline among them, by its place.
pub(crate) struct Measured<'a> {
    pub(crate) evaluations: &'a [(String, Evaluation)],
    pub(crate) baseline: usize,
    pub(crate) seed: u64,
}

/// Gains with their p-values, corrected for one another.
fn corrected(
    gains: BTreeMap<String, [Option<GroupGain>; 2]>,
) -> Result<BTreeMap<String, [Option<CorrectedGain>; 2]>> {
    let p_values: Vec<f64> = gains.values().flatten().flatten().filter_map(|gain| gain.p).collect();
    let mut p_holm = holm(&p_values)?.into_iter();
    let mut corrected = |gain: GroupGain| CorrectedGain { gain, p_holm: gain.p.and_then(|_| p_holm.next()) };
    Ok(gains.into_iter().map(|(name, of)| (name, of.map(|gain| gain.map(&mut corrected)))).collect())
}

impl Measured<'_> {
    pub(crate) fn results(&self) -> Result<Results> {
        let mut significance = Significance::default();
        (significance.bootstrap.seed, significance.randomization.seed) = (self.seed, self.seed);
        let (baseline, others) = self.split();
        let comparisons = match others.is_empty() {
            true => Vec::new(),
            false => compare(baseline, &others, &significance)?,
        };
        let systems =
            self.evaluations.iter().map(|(name, evaluation)| Ok((name.clone(), self.values(evaluation)?)));
        let systems = systems.collect::<Result<_>>()?;
        Ok(Results { systems, comparisons, leakage: None, left_out: None, per_query: None })
    }

    pub(crate) fn per_query(&self) -> PerQuery {
        let values = |values: &MeasureValues| (values.measure.clone(), values.per_query.clone());
        let systems = self
            .evaluations
            .iter()
            .map(|(name, evaluation)| (name.clone(), evaluation.measures().iter().map(values).collect()));
        let queries = self.evaluations[self.baseline].1.queries().to_vec();
        PerQuery { queries, systems: systems.collect() }
    }

    /// What training knew of the queries, and what that was worth.
    pub(crate) fn leaked(&self, queries: &JudgedQueries, train: &[JudgedQueries]) -> Result<Leaked> {
        let qrels: Vec<_> = train.iter().map(|train| &train.qrels).collect();
        let encodings: Vec<_> = train.iter().map(|train| train.set.encodings()).collect();
        let (first, others) = self.split();
        let leakage = Leakage::new(&qrels, &queries.qrels, first.1.queries());
        let bootstrap = Bootstrap { seed: self.seed, ..Bootstrap::default() };
        let of = |evaluation: &Evaluation| -> Result<Vec<f64>> {
            let values = evaluation.get(OF_GAINS).context("gains by what training knew")?;
            Ok(values.per_query.clone())
        };
        let baseline = of(first.1)?;
        let gains = others.iter().map(|(name, evaluation)| {
            Ok(((*name).to_owned(), leakage.gains(&baseline, &of(evaluation)?, &bootstrap)?))
        });
        Ok(Leaked {
            seen: leakage.seen(),
            unseen: leakage.unseen(),
            near_duplicates: near_duplicates(&encodings, queries.set.encodings())?,
            gains: corrected(gains.collect::<Result<_>>()?)?,
        })
    }

    /// The baseline, and the others in order.
    fn split(&self) -> ((&str, &Evaluation), Vec<(&str, &Evaluation)>) {
        let mut all: Vec<(&str, &Evaluation)> =
            self.evaluations.iter().map(|(name, evaluation)| (name.as_str(), evaluation)).collect();
        let baseline = all.remove(self.baseline);
        (baseline, all)
    }

    fn values(&self, evaluation: &Evaluation) -> Result<BTreeMap<String, Value>> {
        let bootstrap = Bootstrap { seed: self.seed, ..Bootstrap::default() };
        let of_measure = |values: &MeasureValues| {
            let ci95 = match values.aggregate {
                Aggregate::Mean => measure_interval(&bootstrap, values.measure.parse()?, &values.per_query)?,
                _ => None,
            };
            Ok((values.measure.clone(), Value { mean: values.mean, ci95 }))
        };
        evaluation.measures().iter().map(of_measure).collect()
    }
}
