//! Measures by name.

use std::{
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use super::{
    aggregate::Aggregate,
    average_precision::AveragePrecision,
    binary_preference::BinaryPreference,
    count::Count,
    expected_reciprocal_rank::ExpectedReciprocalRank,
    gain::Gain,
    geometric_mean::GeometricMean,
    inferred_average_precision::InferredAveragePrecision,
    interpolated_precision::InterpolatedPrecision,
    judged::Judged,
    measure::Measure,
    names::parse,
    ndcg::Ndcg,
    precision::Precision,
    r_precision::RPrecision,
    rank_biased_precision::RankBiasedPrecision,
    recall::Recall,
    reciprocal_rank::ReciprocalRank,
    registered::RegisteredMeasure,
    set_average_precision::SetAveragePrecision,
    set_f::SetF,
    success::Success,
    table::{Kind, measures},
};
use crate::{cutoff::Cutoff, error::Error, judged_ranking::JudgedRanking, relevance_level::RelevanceLevel};

/// A measure that is called by name: any of this crate, or one that the program registered
/// ([`register_measure`](crate::register_measure)); read from its name and written as it.
///
/// | name | measure | trec_eval |
/// |---|---|---|
/// | `ndcg@10`, `ndcg` | [`Ndcg`], the gain is the grade | `ndcg_cut_10`, `ndcg` |
/// | `ndcg(1=3,2=9)@10` | [`Ndcg`], with gains given for some grades | – |
/// | `ndcg_exp@10`, `ndcg_exp` | [`Ndcg`], exponential gain | – |
/// | `err@20`, `err(max=1)@20` | [`ExpectedReciprocalRank`], on a scale up to 4 or another grade | – |
/// | `recall@100`, `recall` | [`Recall`] | `recall_100`, `set_recall` |
/// | `map`, `map@10` | [`AveragePrecision`] | `map`, `map_cut_10` |
/// | `gm_map` | its [`GeometricMean`] | `gm_map` |
/// | `mrr`, `mrr@10` | [`ReciprocalRank`] | `recip_rank`, – |
/// | `rbp(p=0.8)`, `rbp(p=0.8)@10` | [`RankBiasedPrecision`] | – |
/// | `p@10`, `p` | [`Precision`] | `P_10`, `set_P` |
/// | `iprec@0.1` | [`InterpolatedPrecision`] at a level of recall | `iprec_at_recall_0.10` |
/// | `rprec` | [`RPrecision`] | `Rprec` |
/// | `bpref`, `gm_bpref` | [`BinaryPreference`], its [`GeometricMean`] | `bpref`, `gm_bpref` |
/// | `infap` | [`InferredAveragePrecision`] | `infAP` |
/// | `success@1`, `success` | [`Success`] | `success_1`, – |
/// | `set_f`, `set_map` | [`SetF`], [`SetAveragePrecision`] | `set_F`, `set_map` |
/// | `judged@10`, `judged` | [`Judged`] | – |
/// | `num_q`, `num_ret`, `num_rel`, `num_rel_ret`, `num_nonrel_judged_ret` | [`Count`] | the same |
///
/// Names are in lower case; `@k` needs a whole number of at least 1 and may be larger than any ranking. Measures
/// that know relevant and not relevant alone take a [`RelevanceLevel`]: `mrr(rel=2)@10`. trec_eval's names are
/// understood too, and are written as ours. In serde's formats a measure is its name, and two measures are equal
/// when they have the same.
///
/// ```
/// use ess_metrics::{Error, NamedMeasure};
///
/// let measure: NamedMeasure = "ndcg_cut_10".parse()?;
/// assert_eq!(measure.to_string(), "ndcg@10");
/// assert!(matches!("ndcg@0".parse::<NamedMeasure>(), Err(Error::InvalidCutoff { .. })));
/// assert!(matches!("bleu@4".parse::<NamedMeasure>(), Err(Error::UnknownMeasure { .. })));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NamedMeasure {
    pub(super) kind: Kind,
    level: Option<RelevanceLevel>,
}

impl NamedMeasure {
    /// How far down the ranking it looks: how many hits a search needs to give it.
    pub fn cutoff(&self) -> Cutoff {
        self.kind.as_measure().cutoff()
    }

    /// The minimum and the maximum value that it can have: 0 and 1 of most. `None` where there is no such end: of a [`Count`], of
    /// an [`Ndcg`] with a gain below 0, and of a registered measure that does not say
    /// ([`MeasureKind::range`](crate::MeasureKind::range)).
    ///
    /// ```
    /// use ess_metrics::{Error, NamedMeasure};
    ///
    /// assert_eq!("ndcg@10".parse::<NamedMeasure>()?.range(), Some([0.0, 1.0]));
    /// assert_eq!("num_ret".parse::<NamedMeasure>()?.range(), None);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn range(&self) -> Option<[f64; 2]> {
        match &self.kind {
            Kind::Registered(measure) => measure.range(),
            Kind::Count(_) => None,
            Kind::Ndcg(Ndcg { gain: Gain::Given(gains), .. }) if !gains.are_never_below_zero() => None,
            Kind::Ndcg(_)
            | Kind::ExpectedReciprocalRank(_)
            | Kind::Recall(_)
            | Kind::AveragePrecision(_)
            | Kind::GeometricAveragePrecision(_)
            | Kind::ReciprocalRank(_)
            | Kind::RankBiasedPrecision(_)
            | Kind::Precision(_)
            | Kind::InterpolatedPrecision(_)
            | Kind::RPrecision(_)
            | Kind::BinaryPreference(_)
            | Kind::GeometricBinaryPreference(_)
            | Kind::InferredAveragePrecision(_)
            | Kind::Success(_)
            | Kind::SetF(_)
            | Kind::SetAveragePrecision(_)
            | Kind::Judged(_) => Some([0.0, 1.0]),
        }
    }
}

impl Measure for NamedMeasure {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        match self.level {
            Some(level) => self.kind.as_measure().value(&ranking.clone().with_relevance_level(level)),
            None => self.kind.as_measure().value(ranking),
        }
    }

    fn aggregate(&self) -> Aggregate {
        self.kind.as_measure().aggregate()
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff()
    }
}

impl fmt::Display for NamedMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(level) = self.level else {
            return self.kind.as_measure().fmt(f);
        };
        let (name, rel) = (self.kind.as_measure().to_string(), level.grade());
        match (name.split_once('('), name.split_once('@')) {
            (Some((kind, parameters)), _) => write!(f, "{kind}(rel={rel},{parameters}"),
            (None, Some((kind, cut))) => write!(f, "{kind}(rel={rel})@{cut}"),
            (None, None) => write!(f, "{name}(rel={rel})"),
        }
    }
}

macro_rules! from_each {
    ($($kind:ident($measure:ty): [$($row:expr,)*],)*) => {
        $(impl From<$measure> for NamedMeasure {
            fn from(measure: $measure) -> Self {
                Self { kind: Kind::$kind(measure), level: None }
            }
        })*
    };
}

measures!(from_each);

impl FromStr for NamedMeasure {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let (kind, level) = parse(name).map_err(|error| error.of_measure(name))?;
        Ok(Self { kind, level })
    }
}

impl TryFrom<String> for NamedMeasure {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        name.parse()
    }
}

impl From<NamedMeasure> for String {
    fn from(measure: NamedMeasure) -> Self {
        measure.to_string()
    }
}

impl PartialEq for NamedMeasure {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for NamedMeasure {}

impl Hash for NamedMeasure {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.to_string().hash(state);
    }
}
