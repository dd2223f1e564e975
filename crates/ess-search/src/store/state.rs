//! A searching module as data: what it is, its config and its tensors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A tensor in host memory, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct HostTensor {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl HostTensor {
    /// A tensor of this shape, from its values in row-major order.
    ///
    /// # Errors
    /// [`Error::TensorShape`] when the number of values is not the product of the shape; [`Error::NonFiniteTensor`]
    /// for a NaN or an infinity. Both carry `name`.
    pub fn new(name: &str, shape: Vec<usize>, values: Vec<f32>) -> Result<Self, Error> {
        let expected = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        if expected != Some(values.len()) {
            let found = vec![values.len()];
            return Err(Error::TensorShape { name: name.to_owned(), expected: shape, found });
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(index) => Err(Error::NonFiniteTensor { name: name.to_owned(), index, value: values[index] }),
            None => Ok(Self { shape, values }),
        }
    }

    /// The size of each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values, row-major.
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// A searching module without its tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleDescription {
    /// The kind of module, such as `"linear"`: [`TrainableModule::KIND`](crate::TrainableModule::KIND).
    pub kind: String,
    /// `d_query`.
    pub query_dim: usize,
    /// `d_item`.
    pub item_dim: usize,
    /// The config of the module. The kind defines its fields.
    pub config: serde_json::Value,
}

/// A searching module as data in host memory, independent of a device. It is what is saved and loaded.
///
/// ```
/// use ess_core::Identity;
/// use ess_search::{ModuleState, PersistentModule};
///
/// let folder = tempfile::tempdir().unwrap();
/// let state = Identity::new(3).to_state()?;
/// state.save(folder.path())?;
/// assert_eq!(ModuleState::load(folder.path())?, state);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleState {
    /// The kind, the dimensions and the config.
    pub description: ModuleDescription,
    /// The tensors by name. Names of nested parts are joined by dots.
    pub tensors: BTreeMap<String, HostTensor>,
}

impl ModuleState {
    /// The number of values in all tensors.
    pub fn parameters(&self) -> usize {
        self.tensors.values().map(|tensor| tensor.values.len()).sum()
    }

    /// Reads the config as the type that the kind has.
    pub(crate) fn parse_config<C: serde::de::DeserializeOwned>(&self) -> Result<C, Error> {
        self.description.parse_config()
    }
}

impl ModuleDescription {
    /// Reads the config as the type that the kind has.
    pub(crate) fn parse_config<C: serde::de::DeserializeOwned>(&self) -> Result<C, Error> {
        serde_json::from_value(self.config.clone())
            .map_err(|cause| Error::ConfigSyntax { kind: self.kind.clone(), cause })
    }
}
