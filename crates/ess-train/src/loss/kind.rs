//! What a loss that is called by name is.

use std::any::Any;

use serde::{Serialize, de::DeserializeOwned};

use super::Loss;
use crate::{
    Error,
    kinds::{OrderedJson, tagged},
};

/// A loss that settings and flags call by name: the loss is its own settings.
///
/// Unknown fields should be refused (`deny_unknown_fields`), and settings should have defaults. [`Loss::config`] should be
/// `LossConfig::of(self.clone())`.
///
/// ```
/// use burn::tensor::Tensor;
/// use ess_train::{Error, Items, Loss, LossBatch, LossConfig, LossKind, LossValue, register_loss};
/// use serde::{Deserialize, Serialize};
///
/// /// The squared norm of mapped queries: `weight · ‖z‖²`.
/// #[derive(Clone, Serialize, Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct SmallNorm {
///     weight: f32,
/// }
///
/// impl Loss for SmallNorm {
///     fn evaluate(&self, queries: Tensor<2>, _batch: &LossBatch<'_>, _items: &Items<'_>) -> Result<LossValue, Error> {
///         let n = queries.dims()[0] as f32;
///         let loss = queries.clone().powf_scalar(2.0).sum() * (self.weight / n);
///         Ok(LossValue::new(f64::from(loss.into_scalar::<f32>()), queries * (2.0 * self.weight / n)))
///     }
///
///     fn config(&self) -> LossConfig {
///         LossConfig::of(self.clone())
///     }
/// }
///
/// impl LossKind for SmallNorm {
///     const KIND: &'static str = "small_norm";
/// }
///
/// register_loss::<SmallNorm>()?;
/// let config: LossConfig = serde_json::from_str(r#"{"kind": "sum", "terms": [
///     {"weight": 1.0, "loss": {"kind": "softmax"}},
///     {"weight": 0.1, "loss": {"kind": "small_norm", "weight": 2.0}}
/// ]}"#).unwrap();
/// config.build()?;
/// # Ok::<(), Error>(())
/// ```
pub trait LossKind: Loss + Clone + Serialize + DeserializeOwned + 'static {
    /// The name in settings and flags, such as `"softmax"`.
    const KIND: &'static str;

    /// Refuses settings outside their range; none unless said otherwise.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// A [`LossKind`] whose type is not known.
pub(super) trait ErasedLoss: Send + Sync {
    fn name(&self) -> &'static str;
    fn settings(&self) -> &dyn Any;
    fn to_json(&self) -> Result<OrderedJson, serde_json::Error>;
    fn checked(&self) -> Result<Box<dyn Loss>, Error>;
}

impl<L: LossKind> ErasedLoss for L {
    fn name(&self) -> &'static str {
        L::KIND
    }

    fn settings(&self) -> &dyn Any {
        self
    }

    fn to_json(&self) -> Result<OrderedJson, serde_json::Error> {
        tagged(L::KIND, self)
    }

    fn checked(&self) -> Result<Box<dyn Loss>, Error> {
        self.check()?;
        Ok(Box::new(self.clone()))
    }
}

/// Refuses a setting that is not a finite number above 0.
pub(super) fn check_above_zero(name: &'static str, value: f32) -> Result<(), Error> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(Error::Config { name, expected: "a finite number above 0", found: value.to_string() })
}
