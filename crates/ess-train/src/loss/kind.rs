//! What a loss is, what one that is called by name is, and how both are said as data.

use std::{any::Any, fmt, sync::Arc};

use burn::tensor::Tensor;
use serde::{Serialize, Serializer, de::DeserializeOwned, ser};

use super::{batch::LossBatch, needs::Needs, value::LossValue};
use crate::{
    data::items::Items,
    error::Error,
    kinds::{ordered_json::OrderedJson, tagged::tagged},
};

/// A loss over mapped queries and items.
///
/// Items are frozen, or moved by a module of their own that is outside of the loss. So a loss need only say how it
/// changes with the mapped queries and, where asked, with the items: it returns its own gradient, and the trainer
/// carries it back through the modules. That lets a loss be exact over all items without keeping `n × m` similarities.
pub trait Loss: Send + Sync {
    /// The loss of mapped queries (`n × d_item`, without autodiff) of this batch, against these items.
    ///
    /// # Errors
    /// [`Error::Search`] when the device fails.
    fn evaluate(
        &self,
        queries: Tensor<2>,
        batch: &LossBatch<'_>,
        items: &Items<'_>,
    ) -> Result<LossValue, Error>;

    /// The loss as data, for the report of a training. Unless it says otherwise, the name of its type:
    /// [`LossConfig::given`].
    fn config(&self) -> LossConfig {
        let name = std::any::type_name::<Self>();
        LossConfig::given(name.split('<').next().and_then(|name| name.rsplit("::").next()).unwrap_or(name))
    }

    /// What [`LossBatch`] must have for this loss; judgements alone unless said otherwise.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Whether the loss reads [`LossBatch::scoring`]; otherwise a module that has one is refused. Default: no.
    fn takes_scoring(&self) -> bool {
        false
    }
}

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
///     const ABOUT: &'static str = "The squared norm of mapped queries";
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

    /// What it is in one line, for the help of flags. Default: nothing.
    const ABOUT: &'static str = "";

    /// Refuses settings outside their range; none unless said otherwise.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// A loss as data: `{"kind": NAME, …}` in serde's formats, with the settings of that kind. The kinds are those of this crate
/// and those that the program registered ([`register_loss`](crate::register_loss)).
///
/// ```
/// use ess_train::{LossConfig, Triplet};
///
/// let sum = r#"{"kind": "sum", "terms": [
///     {"weight": 1.0, "loss": {"kind": "softmax", "gain": "exponential"}},
///     {"weight": 0.1, "loss": {"kind": "recovery"}}
/// ]}"#;
/// let loss: LossConfig = serde_json::from_str(sum).unwrap();
/// assert!(loss.build()?.needs().frozen);
/// assert_eq!(LossConfig::of(Triplet::default()).kind(), "triplet");
/// assert!(serde_json::from_str::<LossConfig>(r#"{"kind": "triplet", "margn": 1.0}"#).is_err());
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone)]
pub struct LossConfig(Arc<dyn ErasedLoss>);

impl LossConfig {
    /// A loss of any kind that is called by name.
    pub fn of(loss: impl LossKind) -> Self {
        Self(Arc::new(loss))
    }

    /// The name of the kind.
    pub fn kind(&self) -> &'static str {
        self.0.name()
    }

    /// The loss with its settings, where it is of this type.
    pub fn settings<L: LossKind>(&self) -> Option<&L> {
        self.0.settings().downcast_ref()
    }

    /// The loss, checked.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting outside its range; [`Error::GivenLoss`] for [`LossConfig::given`].
    pub fn build(&self) -> Result<Box<dyn Loss>, Error> {
        self.0.checked()
    }
}

impl fmt::Debug for LossConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// Equal settings are written alike.
impl PartialEq for LossConfig {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_json().is_ok_and(|json| other.0.to_json().is_ok_and(|other| json == other))
    }
}

impl Serialize for LossConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_json().map_err(ser::Error::custom)?.serialize(serializer)
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
