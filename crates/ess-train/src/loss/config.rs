//! Losses as data.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::value::Error as NoDefaults, ser};
use serde_json::Value;

use super::{Loss, LossKind, Softmax, given::Given, kind::ErasedLoss, table::LOSSES};
use crate::{Error, kinds::Tagged};

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

    /// What is said of a loss of the caller's own that is not called by name and has no settings. It cannot be built.
    pub fn given(name: impl Into<String>) -> Self {
        Self::given_with(name, Value::Null)
    }

    /// As [`LossConfig::given`], with settings.
    pub fn given_with(name: impl Into<String>, settings: Value) -> Self {
        Self::of(Given { name: name.into(), settings })
    }

    /// The names of the losses that can be built: those of this crate, and then those that were registered.
    pub fn kinds() -> Vec<&'static str> {
        LOSSES.kinds().into_iter().filter(|&kind| kind != Given::KIND).collect()
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

impl Default for LossConfig {
    fn default() -> Self {
        Self::of(Softmax::default())
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

impl<'de> Deserialize<'de> for LossConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        LOSSES.parse(Tagged::deserialize(deserializer)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loss_is_known_by_its_name_and_survives_json() {
        for kind in LossConfig::kinds().into_iter().filter(|&kind| kind != "sum") {
            let config = LossConfig::named(kind).unwrap();
            assert_eq!(config.kind(), kind);
            config.build().unwrap();
            let json = serde_json::to_string(&config).unwrap();
            assert!(json.starts_with(&format!(r#"{{"kind":"{kind}","#)), "{json}");
            assert_eq!(serde_json::from_str::<LossConfig>(&json).unwrap(), config, "{json}");
        }
        let sum = LossConfig::named("sum").unwrap_err();
        assert!(sum.to_string().contains("terms"), "{sum}");
        let unknown = LossConfig::named("sofmax").unwrap_err();
        assert!(unknown.to_string().contains("`softmax`"), "{unknown}");
    }

    #[test]
    fn numbers_are_written_as_they_were_set() {
        let json = serde_json::to_string(&LossConfig::default()).unwrap();
        assert_eq!(json, r#"{"kind":"softmax","scale":30.0,"candidates":"all_items","gain":"linear"}"#);
        let tenth = LossConfig::of(Softmax { scale: 0.1, ..Softmax::default() });
        assert!(serde_json::to_string(&tenth).unwrap().contains(r#""scale":0.1,"#));
    }
}
