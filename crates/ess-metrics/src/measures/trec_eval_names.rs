//! Measures as trec_eval calls them.

use super::average_precision::AveragePrecision;
use super::binary_preference::BinaryPreference;
use super::count::Count;
use super::geometric_mean::GeometricMean;
use super::interpolated_precision::InterpolatedPrecision;
use super::precision::Precision;
use super::r_precision::RPrecision;
use super::reciprocal_rank::ReciprocalRank;
use super::{
    named::NamedMeasure,
    table::{Kind, NONE, TABLE},
};
use crate::cutoff::Cutoff;

impl NamedMeasure {
    /// What trec_eval prints for it; `None` for a measure that trec_eval lacks.
    ///
    /// ```
    /// use ess_metrics::NamedMeasure;
    ///
    /// let trec_eval = |name: &str| Ok::<_, ess_metrics::Error>(name.parse::<NamedMeasure>()?.trec_eval_name());
    /// assert_eq!(trec_eval("ndcg@10")?.as_deref(), Some("ndcg_cut_10"));
    /// assert_eq!(trec_eval("iprec@0.1")?.as_deref(), Some("iprec_at_recall_0.10"));
    /// assert_eq!(trec_eval("judged@10")?, None);
    /// # Ok::<(), ess_metrics::Error>(())
    /// ```
    pub fn trec_eval_name(&self) -> Option<String> {
        let name = self.to_string();
        let (kind, cut) = name.split_once('@').map_or((name.as_str(), None), |(kind, cut)| (kind, Some(cut)));
        let row = TABLE.iter().find(|row| row.name == kind)?;
        let known = |name: &'static str| (name != NONE).then_some(name);
        Some(match (self.kind, cut) {
            (Kind::InterpolatedPrecision(measure), _) => {
                format!("{}_{:.2}", known(row.trec_eval_cut)?, measure.recall())
            }
            (_, Some(cut)) => format!("{}_{cut}", known(row.trec_eval_cut)?),
            (_, None) => known(row.trec_eval)?.to_owned(),
        })
    }

    /// The measures that trec_eval prints when it is not asked for others, in its order.
    ///
    /// ```
    /// use ess_metrics::NamedMeasure;
    ///
    /// let names: Vec<String> = NamedMeasure::of_trec_eval().iter().map(ToString::to_string).collect();
    /// assert_eq!(names.len(), 29);
    /// assert_eq!(names[..5], ["num_q", "num_ret", "num_rel", "num_rel_ret", "map"]);
    /// ```
    pub fn of_trec_eval() -> Vec<Self> {
        let counts = [Count::Queries, Count::Retrieved, Count::Relevant, Count::RelevantRetrieved];
        let recalls =
            (0..=10_u32).filter_map(|tenth| InterpolatedPrecision::at(f64::from(tenth) / 10.0).ok());
        let cutoffs = [5, 10, 15, 20, 30, 100, 200, 500, 1000].into_iter().filter_map(|k| Cutoff::at(k).ok());
        let mut measures: Vec<Self> = counts.map(Self::from).into();
        measures.extend::<[Self; 5]>([
            AveragePrecision::default().into(),
            GeometricMean(AveragePrecision::default()).into(),
            RPrecision.into(),
            BinaryPreference.into(),
            ReciprocalRank::default().into(),
        ]);
        measures.extend(recalls.map(Self::from));
        measures.extend(cutoffs.map(|cutoff| Self::from(Precision { cutoff })));
        measures
    }
}
