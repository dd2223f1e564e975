//! What training makes small.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::{Error, Items, Judgement};

mod softmax;

pub use softmax::{Candidates, Softmax};

/// A loss and its gradient.
#[derive(Clone, Debug)]
pub struct LossValue {
    /// The mean over the queries of the batch.
    pub loss: f64,
    /// The gradient of that mean with respect to each mapped query, `n × d_item`.
    pub gradient: Tensor<2>,
}

/// A loss over mapped queries and frozen items.
///
/// The items are frozen, so a loss need only say how it changes with the mapped queries: it returns its own
/// gradient, and the trainer carries it back through the searching module. That lets a loss be exact over all
/// items without keeping `n × m` similarities.
pub trait Loss: Send + Sync {
    /// The loss of mapped queries (`n × d_item`, without autodiff) with these judgements, against these items.
    ///
    /// # Errors
    /// [`Error::Search`] when the device fails.
    fn evaluate(
        &self,
        queries: Tensor<2>,
        judgements: &[&[Judgement]],
        items: &Items<'_>,
    ) -> Result<LossValue, Error>;
}

/// A loss as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LossConfig {
    /// [`Softmax`].
    Softmax(Softmax),
}

impl Default for LossConfig {
    fn default() -> Self {
        Self::Softmax(Softmax::default())
    }
}

impl LossConfig {
    /// The loss, checked.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting outside its range.
    pub fn build(&self) -> Result<Box<dyn Loss>, Error> {
        match self {
            Self::Softmax(softmax) => {
                softmax.check()?;
                Ok(Box::new(softmax.clone()))
            }
        }
    }
}
