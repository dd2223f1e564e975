//! The table of losses: every kind that settings and flags call by name.

use std::sync::LazyLock;

use super::{
    ApproxNdcg, Lambda, ListwiseKl, LossConfig, LossKind, MarginMse, PairwiseLogistic, Recovery, Softmax,
    Triplet, WeightedSum, given::Given,
};
use crate::{
    Error,
    kinds::{Entry, KindTable},
};

/// The kinds of this crate, and those that were registered.
pub(super) static LOSSES: LazyLock<KindTable<LossConfig>> = LazyLock::new(|| {
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
});

fn entry<L: LossKind>() -> Entry<LossConfig> {
    Entry::new::<L>(L::KIND, |settings| Ok(LossConfig::of(serde_json::from_value::<L>(settings)?)))
}

/// Makes a loss known by its name to the whole process: in settings, in flags, and as a term of a sum. To be called before
/// any of them is read. Runnable at [`LossKind`].
///
/// # Errors
/// [`Error::KindTaken`] for a name of another type.
pub fn register_loss<L: LossKind>() -> Result<(), Error> {
    LOSSES.add(entry::<L>())
}
