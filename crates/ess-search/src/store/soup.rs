//! The mean of the weights of several modules.

use std::collections::BTreeMap;

use super::state::{HostTensor, ModuleState};
use crate::error::Error;

impl ModuleState {
    /// A soup (Wortsman et al. 2022): one module whose weights are the means of the weights of several modules. These
    /// must be of one kind and config and come from the same starting values. A soup searches at the cost of one
    /// module; an [`Ensemble`](crate::Ensemble) costs as much as all its members.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use ess_search::{Linear, LinearConfig, ModuleState, OnDevice, PersistentModule, TrainableModule};
    ///
    /// let device = Device::flex();
    /// let module = OnDevice::new(Linear::init(&LinearConfig::new(3, 4), &device)?, &device).to_state()?;
    /// assert_eq!(ModuleState::soup(&[module.clone(), module.clone()])?, module);
    /// # Ok::<(), ess_search::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Core`] for no module; [`Error::NotOneKind`] for modules that differ in kind, dimensions or config,
    /// which includes the seed of their starting values, or in the keys of their memories; [`Error::TensorNames`] and
    /// [`Error::TensorShape`] for tensors that differ.
    pub fn soup(states: &[ModuleState]) -> Result<ModuleState, Error> {
        let first = states.first().ok_or(ess_core::Error::Empty { what: "modules of a soup" })?;
        for (at, state) in states.iter().enumerate() {
            if state.description != first.description {
                return Err(Error::NotOneKind { at });
            }
            if !state.tensors.keys().eq(first.tensors.keys()) {
                let (expected, found) =
                    (first.tensors.keys().cloned().collect(), state.tensors.keys().cloned().collect());
                return Err(Error::TensorNames { kind: first.description.kind.clone(), expected, found });
            }
        }
        let mut tensors = BTreeMap::new();
        for (name, tensor) in &first.tensors {
            // Memories of different queries do not come from the same starting values.
            if is_memory(name)
                && let Some(at) = states.iter().position(|state| state.tensors[name] != *tensor)
            {
                return Err(Error::NotOneKind { at });
            }
            let parts = states.iter().map(|state| &state.tensors[name]);
            tensors.insert(name.clone(), mean(name, tensor.shape(), parts)?);
        }
        Ok(ModuleState { description: first.description.clone(), tensors })
    }
}

/// Whether a tensor contains the fixed keys of a key–value memory, also of one in a part.
pub(crate) fn is_memory(name: &str) -> bool {
    name == "first_keys" || name.ends_with(".first_keys")
}

fn mean<'a>(
    name: &str,
    shape: &[usize],
    tensors: impl ExactSizeIterator<Item = &'a HostTensor>,
) -> Result<HostTensor, Error> {
    let count = tensors.len() as f64;
    let mut sums = vec![0.0_f64; shape.iter().product()];
    for tensor in tensors {
        if tensor.shape() != shape {
            let (expected, found) = (shape.to_vec(), tensor.shape().to_vec());
            return Err(Error::TensorShape { name: name.to_owned(), expected, found });
        }
        sums.iter_mut().zip(tensor.values()).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    HostTensor::new(name, shape.to_vec(), sums.into_iter().map(|sum| (sum / count) as f32).collect())
}
