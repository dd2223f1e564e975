//! The ways to combine dense and lexical search that are compared.

use anyhow::{Context, Result};
use ess_core::{Encoding, Hit, Searcher};
use ess_searchers::{
    Combination, FeedbackConfig, FeedbackSearcher, FusedSearcher, LearnedFusion, LearnedHybrid, LearnedWeight,
};
use serde::Serialize;

use super::{
    collection::{Collection, Judged},
    learned::{self, Look},
};

/// One way to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum System {
    /// The encoder alone.
    Frozen,
    /// BM25 alone.
    Lexical,
    /// A combination as it is.
    Fixed(Combination),
    /// A combination with the share that was best on the queries to learn from.
    Tuned(Combination),
    /// A combination with a fitted share, of each query's own or (looking at nothing) one for all.
    Learned(Combination, Look),
    /// Feedback from a first pass, by dense embeddings alone.
    Feedback,
}

/// What answers a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Cost {
    pub(crate) indexes: usize,
    pub(crate) calls: usize,
}

/// A system with what it learned, in words too.
pub(crate) struct Ready {
    system: System,
    combination: Option<Combination>,
    weight: Option<LearnedWeight>,
    pub(crate) setting: String,
    /// The mean of the measure over held-out queries in cross-validation, where a setting was chosen so.
    pub(crate) held_out: Option<f64>,
}

const RAW: Combination = Combination::Raw { weight: 0.5 };
const MIN_MAX: Combination = Combination::MinMax { weight: 0.5 };
const Z_SCORE: Combination = Combination::ZScore { weight: 0.5 };
const RANKS: Combination = Combination::ReciprocalRank { k: 60.0, weight: 0.5 };

impl System {
    pub(crate) const ALL: [Self; 20] = [
        Self::Frozen,
        Self::Lexical,
        Self::Fixed(Combination::Sum),
        Self::Fixed(MIN_MAX),
        Self::Tuned(MIN_MAX),
        Self::Fixed(Z_SCORE),
        Self::Tuned(Z_SCORE),
        Self::Fixed(RANKS),
        Self::Tuned(RANKS),
        Self::Fixed(Combination::Raw { weight: 0.02 }),
        Self::Tuned(RAW),
        Self::Learned(RAW, Look::NOTHING),
        Self::Learned(RAW, Look::SCORES),
        Self::Learned(RAW, Look::ENCODING),
        Self::Learned(RAW, Look::BOTH),
        Self::Learned(Z_SCORE, Look::NOTHING),
        Self::Learned(Z_SCORE, Look::SCORES),
        Self::Learned(Z_SCORE, Look::ENCODING),
        Self::Learned(Z_SCORE, Look::BOTH),
        Self::Feedback,
    ];

    pub(crate) fn name(self) -> String {
        let combined = |combination: Combination| match combination {
            Combination::Raw { .. } => "inner product",
            Combination::MinMax { .. } => "min-max",
            Combination::ZScore { .. } => "z-scores",
            Combination::ReciprocalRank { .. } => "reciprocal ranks",
            _ => "CombSUM",
        };
        match self {
            Self::Frozen => "frozen".to_owned(),
            Self::Lexical => "BM25".to_owned(),
            Self::Fixed(combination) => {
                let share = combination.weight().map(|weight| format!(", {weight}"));
                format!("{}{}", combined(combination), share.unwrap_or_default())
            }
            Self::Tuned(combination) => format!("{}, tuned", combined(combination)),
            Self::Learned(combination, look) => format!("{}, {}", combined(combination), look.name()),
            Self::Feedback => "feedback".to_owned(),
        }
    }

    /// Whether it has something to learn, and so needs queries to learn from.
    pub(crate) fn learns(self) -> bool {
        matches!(self, Self::Tuned(_) | Self::Learned(..))
    }

    /// The system with one weight for all queries that a weight of each query's own is compared with.
    pub(crate) fn constant(self) -> Option<Self> {
        match self {
            Self::Learned(combination, look) if look != Look::NOTHING => {
                Some(Self::Learned(combination, Look::NOTHING))
            }
            _ => None,
        }
    }

    pub(crate) fn cost(self) -> Cost {
        let [indexes, calls] = match self {
            Self::Frozen | Self::Lexical => [1, 1],
            Self::Feedback => [1, 2],
            Self::Fixed(Combination::Raw { .. }) | Self::Tuned(Combination::Raw { .. }) => [1, 1],
            Self::Learned(Combination::Raw { .. }, look) => [1, if look.scores { 3 } else { 1 }],
            _ => [2, 2],
        };
        Cost { indexes, calls }
    }

    /// Learns what there is to learn, from training and dev queries alone.
    pub(crate) fn learn(self, collection: &Collection, seed: u64) -> Result<Ready> {
        let ready = |combination, weight, setting| Ready {
            system: self,
            combination,
            weight,
            setting,
            held_out: None,
        };
        let learn = || collection.learn.as_ref().context("queries to learn from");
        Ok(match self {
            Self::Frozen | Self::Lexical => ready(None, None, String::new()),
            Self::Feedback => {
                let FeedbackConfig { item_weights, weight } = FeedbackConfig::default();
                ready(None, None, format!("{} items, weight {weight}", item_weights.depth))
            }
            Self::Fixed(combination) => ready(Some(combination), None, String::new()),
            Self::Tuned(combination) => {
                let combination = tune(combination, collection, learn()?)?;
                let share = combination.weight().unwrap_or_default();
                ready(Some(combination), None, format!("share {share:.3}"))
            }
            Self::Learned(combination, look) => {
                let learned::Learned { weight, held_out } =
                    learned::learn(combination, look, learn()?, seed)?;
                let penalty = format!(", penalty {}", weight.config().penalty);
                let setting = format!(
                    "mean share {:.3}{}",
                    weight.constant(),
                    if look == Look::NOTHING { "" } else { &penalty }
                );
                Ready { held_out: Some(held_out), ..ready(None, Some(weight), setting) }
            }
        })
    }
}

impl Ready {
    /// The best items of each query, as many as the measure looks at, by the indexes that the system stands for.
    pub(crate) fn search(&self, collection: &Collection, judged: &Judged) -> Result<Vec<Vec<Hit>>> {
        let Collection { dense, lexical, both, .. } = collection;
        let (queries, k) = (&judged.queries, judged.hits);
        if let Some(weight) = self.weight.clone() {
            return Ok(match weight.combination() {
                Combination::Raw { .. } => LearnedHybrid::new(both, weight)?.search(queries, k)?,
                _ => LearnedFusion::new(dense, lexical, weight, judged.depth)?.search(queries, k)?,
            });
        }
        Ok(match (self.system, self.combination) {
            (_, Some(combination)) => combined(combination, collection, judged)?,
            (System::Lexical, None) => lexical.search(queries.lexical(), k)?,
            (System::Feedback, None) => {
                let config = FeedbackConfig::default();
                FeedbackSearcher::new(dense.index(), &collection.items, config)?.search(queries.dense(), k)?
            }
            _ => dense.search(queries.dense(), k)?,
        })
    }
}

/// One index where the combination is an inner product, two otherwise.
fn combined(combination: Combination, collection: &Collection, judged: &Judged) -> Result<Vec<Vec<Hit>>> {
    let Collection { dense, lexical, both, .. } = collection;
    let (queries, k) = (&judged.queries, judged.hits);
    Ok(match combination {
        Combination::Raw { weight } => both.search(&queries.weighted(&vec![weight; queries.rows()])?, k)?,
        _ => FusedSearcher::new(dense, lexical, combination, judged.depth)?.search(queries, k)?,
    })
}

/// The share with the highest mean of the measure on the queries to learn from; of equal ones the smallest.
fn tune(combination: Combination, collection: &Collection, learn: &Judged) -> Result<Combination> {
    let shares: Vec<f32> = match combination {
        // BM25 is tens of times as large as a cosine.
        Combination::Raw { .. } => (0..25).map(|step| 0.0005 * 1.3_f32.powi(step)).collect(),
        _ => (0..=20_u8).map(|step| f32::from(step) / 20.0).collect(),
    };
    let mut best = (f64::NEG_INFINITY, combination);
    for share in shares {
        let combination = combination.with_weight(share);
        let hits = match combination {
            Combination::Raw { .. } => combined(combination, collection, learn)?,
            _ => learn.pass.combine(combination, &vec![share; learn.pass.len()], learn.hits)?,
        };
        let values = learn.values(&hits)?;
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        if mean > best.0 {
            best = (mean, combination);
        }
    }
    Ok(best.1)
}
