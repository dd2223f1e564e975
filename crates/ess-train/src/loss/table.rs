//! The table of losses: every kind that settings and flags call by name.

use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, de::value::Error as NoDefaults};

use super::{
    approx_ndcg::ApproxNdcg,
    given::Given,
    kind::{LossConfig, LossKind},
    lambda::Lambda,
    listwise_kl::ListwiseKl,
    margin_mse::MarginMse,
    pairwise_logistic::PairwiseLogistic,
    recovery::Recovery,
    softmax::Softmax,
    triplet::Triplet,
    weighted_sum::WeightedSum,
};
use crate::{
    error::Error,
    kinds::{
        table::{Entry, KindTable},
        tagged::Tagged,
    },
};

/// The kinds of this crate, and those that were registered.
static LOSSES: LazyLock<KindTable<LossConfig>> = LazyLock::new(|| {
    KindTable::new([
        entry::<Softmax>(),
        entry::<PairwiseLogistic>(),
        entry::<Triplet>(),
        entry::<Lambda>(),
        entry::<ApproxNdcg>(),
        entry::<MarginMse>(),
        entry::<ListwiseKl>(),
        entry::<Recovery>(),
        entry::<WeightedSum>(),
        entry::<Given>(),
    ])
    .reserving(&[LossConfig::IN_BATCH_SOFTMAX])
});

impl LossConfig {
    /// What flags call the softmax with the batch's own items as candidates: a name that no kind of loss may have.
    pub const IN_BATCH_SOFTMAX: &'static str = "in_batch_softmax";

    /// The names of the losses that can be built: those of this crate, and then those that were registered.
    pub fn kinds() -> Vec<&'static str> {
        LOSSES.kinds().into_iter().filter(|&kind| kind != Given::KIND).collect()
    }

    /// What a kind is, in one line ([`LossKind::ABOUT`]); `None` for a name that is not in [`LossConfig::kinds`].
    pub fn about(kind: &str) -> Option<&'static str> {
        LOSSES.about(kind).filter(|_| kind != Given::KIND)
    }

    /// A kind with its default settings.
    ///
    /// # Errors
    /// [`Error::UnknownLoss`] for a name that is not in [`LossConfig::kinds`], and for a kind that has to be given settings.
    pub fn named(kind: &str) -> Result<Self, Error> {
        LOSSES.parse(Tagged::without_settings(kind)).map_err(|cause: NoDefaults| Error::UnknownLoss {
            found: kind.to_owned(),
            reason: cause.to_string(),
        })
    }
}

impl Default for LossConfig {
    fn default() -> Self {
        Self::of(Softmax::default())
    }
}

impl<'de> Deserialize<'de> for LossConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        LOSSES.parse(Tagged::deserialize(deserializer)?)
    }
}

fn entry<L: LossKind>() -> Entry<LossConfig> {
    let parse = |settings| Ok(LossConfig::of(serde_json::from_value::<L>(settings)?));
    Entry::new::<L>(L::KIND, parse).about(L::ABOUT)
}

/// Makes a loss known by its name to the whole process: in settings, in flags, and as a term of a sum. To be called before
/// any of them is read. Runnable at [`LossKind`].
///
/// # Errors
/// [`Error::KindTaken`] for a name of another type and for [`LossConfig::IN_BATCH_SOFTMAX`]; [`Error::Config`] for one with other
/// characters than lower-case letters, digits and `_`.
pub fn register_loss<L: LossKind>() -> Result<(), Error> {
    LOSSES.add(entry::<L>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loss_is_known_by_its_name_and_survives_json() {
        for kind in LossConfig::kinds().into_iter().filter(|&kind| kind != "sum") {
            let config = LossConfig::named(kind).unwrap();
            assert_eq!(config.kind(), kind);
            assert!(LossConfig::about(kind).is_some_and(|about| !about.is_empty()), "{kind}");
            config.build().unwrap();
            let json = serde_json::to_string(&config).unwrap();
            assert!(json.starts_with(&format!(r#"{{"kind":"{kind}","#)), "{json}");
            assert_eq!(serde_json::from_str::<LossConfig>(&json).unwrap(), config, "{json}");
        }
        let sum = LossConfig::named("sum").unwrap_err();
        assert!(sum.to_string().contains("terms"), "{sum}");
        let unknown = LossConfig::named("sofmax").unwrap_err();
        assert!(unknown.to_string().contains("one of softmax, "), "{unknown}");
    }

    #[test]
    fn numbers_are_written_as_they_were_set() {
        let json = serde_json::to_string(&LossConfig::default()).unwrap();
        assert_eq!(json, r#"{"kind":"softmax","scale":30.0,"candidates":"all_items","gain":"linear"}"#);
        let tenth = LossConfig::of(Softmax { scale: 0.1, ..Softmax::default() });
        assert!(serde_json::to_string(&tenth).unwrap().contains(r#""scale":0.1,"#));
    }
}
