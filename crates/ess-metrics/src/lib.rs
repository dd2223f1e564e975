#![doc = include_str!("../README.md")]

mod calibration;
mod cutoff;
mod entries;
mod error;
mod evaluation;
mod evaluator;
mod fusion;
mod id_set;
mod judged_ranking;
mod measures;
mod qrels;
mod rank_judged;
mod relevance_level;
mod row_qrels;
mod run;
mod significance;
mod trec_eval_output;

pub use calibration::{
    Binning, Calibration, Calibrator, Isotonic, Logistic, ReliabilityBin, ReliabilityDiagram, brier_score,
};
pub use cutoff::Cutoff;
pub use entries::Entries;
pub use error::Error;
pub use evaluation::{Evaluation, MeasureValues};
pub use evaluator::{Evaluator, MissingQueries, NothingRelevant, evaluate};
pub use fusion::{Fusion, Normalization, Score, reciprocal_rank};
pub use judged_ranking::{JudgedHit, JudgedRanking};
pub use measures::{
    Aggregate, AveragePrecision, BinaryPreference, Count, ExpectedReciprocalRank, Gain, Gains, GeometricMean,
    InferredAveragePrecision, InterpolatedPrecision, Judged, Measure, MeasureKind, NamedMeasure, Ndcg,
    Precision, RPrecision, RankBiasedPrecision, Recall, ReciprocalRank, SetAveragePrecision, SetF, Success,
    register_measure,
};
pub use qrels::Qrels;
pub use relevance_level::RelevanceLevel;
pub use row_qrels::RowQrels;
pub use run::Run;
pub use significance::{
    Bootstrap, ChoiceEvidence, ChoiceTest, Comparison, Family, RandomizationTest, Significance, UnseenLosses,
    compare, holm, is_significant, proportion_interval,
};
