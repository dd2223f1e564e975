//! How finely products of training are taken.

use serde::{Deserialize, Serialize};

/// How finely the products of the softmax over all entities are taken, which are nearly all of training.
///
/// ```
/// use ess_relations::{Precision, RelationTraining};
///
/// let training: RelationTraining = serde_json::from_str(r#"{"precision": "bf16"}"#).unwrap();
/// assert_eq!(training.precision, Precision::Bf16);
/// assert_eq!(RelationTraining::default().precision, Precision::F32);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// In f32.
    #[default]
    F32,
    /// Both sides are rounded to bfloat16 where the processor has a unit for such products (Intel AMX, on Linux), and sums are in
    /// f32; elsewhere as `f32`. The parameters and what the optimiser remembers are in f32 either way.
    Bf16,
}

impl Precision {
    /// Whether it is the default.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn is_f32(&self) -> bool {
        *self == Self::F32
    }
}
