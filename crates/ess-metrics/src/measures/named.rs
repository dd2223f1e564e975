//! Measures by name.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    AveragePrecision, Cutoff, Error, Gain, Judged, JudgedRanking, Measure, Ndcg, Precision, RPrecision,
    Recall, ReciprocalRank, Success,
};

/// Any measure of this crate, read from its name and written as it.
///
/// | name | measure | trec_eval |
/// |---|---|---|
/// | `ndcg@10`, `ndcg` | [`Ndcg`], linear gain | `ndcg_cut.10`, `ndcg` |
/// | `ndcg_exp@10`, `ndcg_exp` | [`Ndcg`], exponential gain | – |
/// | `recall@100`, `recall` | [`Recall`] | `recall.100`, `set_recall` |
/// | `map`, `map@10` | [`AveragePrecision`] | `map`, `map_cut.10` |
/// | `mrr`, `mrr@10` | [`ReciprocalRank`] | `recip_rank`, – |
/// | `p@10`, `p` | [`Precision`] | `P.10`, `set_P` |
/// | `rprec` | [`RPrecision`] | `Rprec` |
/// | `success@1`, `success` | [`Success`] | `success.1`, – |
/// | `judged@10`, `judged` | [`Judged`] | – |
///
/// Names are in lower case; `@k` needs a whole number of at least 1 and may be larger than any ranking. In
/// serde's formats a measure is its name.
///
/// ```
/// use ess_metrics::{Error, NamedMeasure};
///
/// let measure: NamedMeasure = "ndcg@10".parse()?;
/// assert_eq!(measure.to_string(), "ndcg@10");
/// assert!(matches!("ndcg@0".parse::<NamedMeasure>(), Err(Error::InvalidCutoff { .. })));
/// assert!(matches!("bleu@4".parse::<NamedMeasure>(), Err(Error::UnknownMeasure { .. })));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NamedMeasure {
    /// nDCG, with linear or exponential gain.
    Ndcg(Ndcg),
    /// Recall.
    Recall(Recall),
    /// Average precision, whose mean is MAP.
    AveragePrecision(AveragePrecision),
    /// Reciprocal rank, whose mean is MRR.
    ReciprocalRank(ReciprocalRank),
    /// Precision.
    Precision(Precision),
    /// R-precision.
    RPrecision(RPrecision),
    /// Success, also called hit rate.
    Success(Success),
    /// The share of judged items.
    Judged(Judged),
}

impl NamedMeasure {
    /// How far down the ranking it looks: how many hits a search needs to give it.
    pub fn cutoff(&self) -> Cutoff {
        match self {
            Self::Ndcg(measure) => measure.cutoff,
            Self::Recall(measure) => measure.cutoff,
            Self::AveragePrecision(measure) => measure.cutoff,
            Self::ReciprocalRank(measure) => measure.cutoff,
            Self::Precision(measure) => measure.cutoff,
            Self::RPrecision(_) => Cutoff::NONE,
            Self::Success(measure) => measure.cutoff,
            Self::Judged(measure) => measure.cutoff,
        }
    }

    fn as_measure(&self) -> &dyn Measure {
        match self {
            Self::Ndcg(measure) => measure,
            Self::Recall(measure) => measure,
            Self::AveragePrecision(measure) => measure,
            Self::ReciprocalRank(measure) => measure,
            Self::Precision(measure) => measure,
            Self::RPrecision(measure) => measure,
            Self::Success(measure) => measure,
            Self::Judged(measure) => measure,
        }
    }
}

impl Measure for NamedMeasure {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        self.as_measure().value(ranking)
    }
}

impl fmt::Display for NamedMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_measure().fmt(f)
    }
}

impl FromStr for NamedMeasure {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let (kind, cutoff) = match name.split_once('@') {
            Some((kind, k)) => (kind, k.parse()?),
            None => (name, Cutoff::NONE),
        };
        Ok(match kind {
            "ndcg" => Self::Ndcg(Ndcg { gain: Gain::Linear, cutoff }),
            "ndcg_exp" => Self::Ndcg(Ndcg { gain: Gain::Exponential, cutoff }),
            "recall" => Self::Recall(Recall { cutoff }),
            "map" => Self::AveragePrecision(AveragePrecision { cutoff }),
            "mrr" => Self::ReciprocalRank(ReciprocalRank { cutoff }),
            "p" => Self::Precision(Precision { cutoff }),
            "rprec" if cutoff == Cutoff::NONE => Self::RPrecision(RPrecision),
            "success" => Self::Success(Success { cutoff }),
            "judged" => Self::Judged(Judged { cutoff }),
            _ => {
                return Err(Error::UnknownMeasure { name: name.to_owned() });
            }
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were_read() {
        let kinds = ["ndcg", "ndcg_exp", "recall", "map", "mrr", "p", "success", "judged"];
        let names =
            kinds.iter().flat_map(|kind| [kind.to_string(), format!("{kind}@1"), format!("{kind}@1000")]);
        for name in names.chain(["rprec".to_owned()]) {
            let measure: NamedMeasure = name.parse().unwrap();
            assert_eq!(measure.to_string(), name);
            assert_eq!(serde_json::to_string(&measure).unwrap(), format!("{name:?}"));
            assert_eq!(serde_json::from_str::<NamedMeasure>(&format!("{name:?}")).unwrap(), measure);
        }
    }

    #[test]
    fn bad_cutoffs_and_names_are_told_apart() {
        for name in [
            "ndcg@0",
            "ndcg@",
            "ndcg@-1",
            "ndcg@+5",
            "p@ten",
            "p@1.5",
            "map@99999999999999999999999",
            "map@1@2",
        ] {
            let found = name.parse::<NamedMeasure>();
            assert!(matches!(found, Err(Error::InvalidCutoff { .. })), "{name}: {found:?}");
        }
        for name in ["", "NDCG@10", "ndgc@10", " ndcg@10", "ndcg_cut.10", "rprec@10"] {
            let found = name.parse::<NamedMeasure>();
            assert!(matches!(found, Err(Error::UnknownMeasure { .. })), "{name}: {found:?}");
        }
        assert!(serde_json::from_str::<NamedMeasure>("\"ndcg@0\"").is_err());
    }
}
