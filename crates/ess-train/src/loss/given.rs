//! What a report says of a loss that has no name in the table.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    batch::LossBatch,
    kind::{Loss, LossConfig, LossKind},
    value::LossValue,
};
use crate::{data::items::Items, error::Error};

impl LossConfig {
    /// What is said of a loss of the caller's own that is not called by name and has no settings. It cannot be built.
    pub fn given(name: impl Into<String>) -> Self {
        Self::given_with(name, Value::Null)
    }

    /// As [`LossConfig::given`], with settings.
    pub fn given_with(name: impl Into<String>, settings: Value) -> Self {
        Self::of(Given { name: name.into(), settings })
    }
}

/// A loss that the caller gave to [`Trainer::with_loss`](crate::Trainer::with_loss), by what it says of itself. It cannot be
/// built from that.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    name: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    settings: Value,
}

impl Given {
    fn refused(&self) -> Error {
        Error::GivenLoss { name: self.name.clone() }
    }
}

impl LossKind for Given {
    const KIND: &'static str = "given";

    fn check(&self) -> Result<(), Error> {
        Err(self.refused())
    }
}

impl Loss for Given {
    fn evaluate(
        &self,
        _queries: Tensor<2>,
        _batch: &LossBatch<'_>,
        _items: &Items<'_>,
    ) -> Result<LossValue, Error> {
        Err(self.refused())
    }
}
