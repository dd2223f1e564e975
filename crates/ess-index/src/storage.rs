//! The formats in which an index stores components.

use ess_core::Embeddings;
use half::f16;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The format in which an index stores the components of its items.
///
/// Queries and similarities are `f32` in all of them. Items are rounded once, when the index is built. Hits are exact for the
/// items as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// 4 bytes for each component, without rounding. The default.
    #[default]
    F32,
    /// 2 bytes for each component, rounded to 11 significant bits; magnitudes up to 65 504. It takes half the memory, and
    /// single queries are answered at about twice the rate.
    F16,
    /// 5 bytes for each component: a 1-byte code, by which all items are compared, and 4 bytes, by which candidates are
    /// compared exactly. Hits are those of [`Storage::F32`], to the bit, and searching is two to three times as fast.
    ///
    /// Codes are rounded symmetrically with a scale for each item. A bound on the rounding error decides which items are
    /// candidates. Bounds that are wide compared with the differences of similarities (items that are nearly alike) leave more
    /// candidates.
    I8,
}

impl Storage {
    /// Refuses items with a component that this storage cannot hold.
    pub(crate) fn check(self, items: &Embeddings) -> Result<(), Error> {
        let beyond = |&x: &f32| self == Self::F16 && f16::from_f32(x).is_infinite();
        match items.as_slice().iter().position(beyond) {
            Some(at) => Err(Error::BeyondStorage {
                item: at / items.dim(),
                dimension: at % items.dim(),
                value: items.as_slice()[at],
                largest: f16::MAX.to_f32(),
            }),
            None => Ok(()),
        }
    }
}
