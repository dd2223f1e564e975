//! How an index keeps the components of its items.

use serde::{Deserialize, Serialize};

/// The number format in which an index keeps its items.
///
/// Queries and similarities are `f32` always. Rounding happens once, when the index is built: the hits are the
/// exact answer for the items as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// 4 bytes a number, nothing rounded. The default.
    #[default]
    F32,
    /// 2 bytes a number, each rounded to 11 significant bits; magnitudes up to 65 504. Half the memory, and
    /// single queries are answered at nearly twice the rate.
    F16,
    /// 1 byte a number to look over all items, beside 4 bytes to compare the candidates exactly: the answers of
    /// [`Storage::F32`] to the bit, several times as fast, in 5 bytes a number.
    ///
    /// Numbers are rounded symmetrically with a scale for each item, and a bound on what rounding can change decides which
    /// items are candidates. Where bounds are wide (items that are nearly alike) there are more of them.
    I8,
}
