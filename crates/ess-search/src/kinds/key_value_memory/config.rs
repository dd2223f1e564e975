//! The config of a key–value memory.

use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    module::{
        config::{ModuleConfig, is_open, module_config},
        trainable::MAX_DIM,
    },
};

/// The name of the kind.
pub(super) const KIND: &str = "key_value_memory";

/// The config of a [`KeyValueMemory`](crate::KeyValueMemory) module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyValueMemoryConfig {
    /// `d_query`.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// The number of slots, `m`: pairs of a key and a value. At most 2¹⁸. Default: 256.
    pub slots: usize,
    /// The factor on cosines at the start of training. The larger it is, the fewer slots a query attends to. Above 0
    /// and at most 1000. Default: 20.
    pub sharpness: f32,
    /// The cosine of the empty slot at the start of training. A query with smaller cosines to all keys attends mostly
    /// to the empty slot. Between −1 and 1. Default: 0.5.
    pub threshold: f32,
    /// Whether a query does not attend, in training, to a key that equals it. This is meant for keys that are the
    /// training queries: otherwise each would learn to retrieve itself. Default: false.
    pub leave_one_out: bool,
    /// The seed of the starting values. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl Default for KeyValueMemoryConfig {
    fn default() -> Self {
        let (slots, sharpness, threshold, leave_one_out) = (256, 20.0, 0.5, false);
        Self { query_dim: 0, item_dim: 0, slots, sharpness, threshold, leave_one_out, seed: 0 }
    }
}

impl KeyValueMemoryConfig {
    /// The largest number of slots.
    pub const MAX_SLOTS: usize = 1 << 18;

    /// The defaults for these dimensions.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn check_settings(&self) -> Result<(), Error> {
        let refuse = |name, expected: String, found| Err(Error::Config { kind: KIND, name, expected, found });
        if !(1..=Self::MAX_SLOTS).contains(&self.slots) {
            return refuse("slots", format!("between 1 and {}", Self::MAX_SLOTS), self.slots.to_string());
        }
        // As many components as the largest matrix of any other kind.
        let width = self.query_dim.max(self.item_dim).max(1);
        let most = MAX_DIM * MAX_DIM / width;
        if self.slots > most {
            return refuse("slots", format!("at most {most} of dimension {width}"), self.slots.to_string());
        }
        if !(self.sharpness > 0.0 && self.sharpness <= 1000.0) {
            return refuse("sharpness", "above 0 and at most 1000".into(), self.sharpness.to_string());
        }
        if !(-1.0..=1.0).contains(&self.threshold) {
            return refuse("threshold", "between -1 and 1".into(), self.threshold.to_string());
        }
        Ok(())
    }
}

module_config!(KeyValueMemoryConfig, KIND);
