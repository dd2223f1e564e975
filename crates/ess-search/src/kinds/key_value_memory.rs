//! A searching module with keys and values.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, activation::softmax},
};
use ess_core::Embeddings;

use crate::{
    blocks::{
        init::Init,
        skip::{skip_weight, skipped},
        unit::unit,
    },
    error::Error,
    module::{
        config::{ModuleConfig, said_by_config},
        device_encoding::DeviceEncoding,
        trainable::TrainableModule,
    },
};

pub(crate) mod config;

use config::{KIND, KeyValueMemoryConfig};

/// `z = q + a (V + g w V₀)`, with the attention `a = softmax(β [cos(q, K₀ + K), θ])` over `m` keys and an empty slot.
/// A query attends to the empty slot when no cosine reaches `θ`. `g` is [`KeyValueMemory::GAIN`].
///
/// Transformer layers have been described as key–value memories (Geva et al. 2021): a key is a pattern of queries,
/// and its value is the direction in which their items lie. `K`, `V` and `w` are zero at the start, so the module
/// starts as the identity, and weight decay leads it back to the identity. `β` and `θ` are trained; the config gives
/// their starting values. The first keys `K₀` are not trained. They are random directions, or, with
/// [`KeyValueMemory::remembering`], given queries. In the second case the first values `V₀` are the mean relevant
/// items of these queries, and the module is a nearest-neighbour search over past queries with a trained weight.
///
/// Where the dimensions differ, `q W` takes the place of `q`, with a trained matrix `W` whose starting values are
/// random.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{KeyValueMemory, KeyValueMemoryConfig, OnDevice, TrainableModule};
///
/// let device = Device::flex();
/// let module = KeyValueMemory::init(&KeyValueMemoryConfig::new(3, 3), &device)?;
/// let queries = Embeddings::from_rows(&[[1.0, 2.0, 3.0]])?;
/// assert_eq!(OnDevice::new(module, &device).apply(&queries)?, queries);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct KeyValueMemory {
    /// `K₀`, `m × d_query`, rows of unit norm; not trained.
    first_keys: Param<Tensor<2>>,
    /// `K`, `m × d_query`.
    keys: Param<Tensor<2>>,
    /// `V₀`, `m × d_item`; not trained.
    first_values: Param<Tensor<2>>,
    /// `V`, `m × d_item`.
    values: Param<Tensor<2>>,
    /// `w`, 1.
    trust: Param<Tensor<1>>,
    /// The change of `log β`, 1.
    sharpness: Param<Tensor<1>>,
    /// The change of `θ`, 1.
    threshold: Param<Tensor<1>>,
    /// `W`, `d_query × d_item`, where the dimensions differ.
    skip: Option<Param<Tensor<2>>>,
    #[module(skip)]
    config: KeyValueMemoryConfig,
}

/// Two vectors of unit norm whose squared distance is smaller are equal up to rounding.
const SAME: f32 = 1e-5;

impl KeyValueMemory {
    /// The factor on a scalar parameter, for the reason given at [`Diagonal::GAIN`](crate::Diagonal::GAIN).
    pub const GAIN: f32 = 30.0;

    /// A memory of `m` given queries (`m × d_query`) and one target for each (`m × d_item`), such as the mean of its
    /// relevant items. Each pair is a slot. The dimensions and the number of slots come from the pairs, not from
    /// `config`.
    ///
    /// # Errors
    /// [`Error::Core`] when the numbers of keys and values differ; [`Error::Config`] for settings outside their
    /// range.
    pub fn remembering(
        keys: &Embeddings,
        values: &Embeddings,
        config: &KeyValueMemoryConfig,
        device: &Device,
    ) -> Result<Self, Error> {
        let (what, expected, found) = ("values of a memory's keys", keys.len(), values.len());
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        let (query_dim, item_dim) = (keys.dim(), values.dim());
        let config =
            KeyValueMemoryConfig { query_dim, item_dim, slots: found, leave_one_out: true, ..config.clone() };
        let mut memory = Self::init(&config, device)?;
        memory.first_keys = fixed(keys.clone().normalized().to_tensors(device));
        memory.first_values = fixed(values.to_tensors(device));
        Ok(memory)
    }

    /// The attention of each query to each slot (`n × m`). The rest, up to a sum of 1, is the attention to the empty
    /// slot.
    fn attention(&self, queries: &Tensor<2>) -> Tensor<2> {
        let slots = self.config.slots;
        let queries = unit(queries.clone());
        let keys = unit(self.first_keys.val() + self.keys.val());
        let sharpness = (self.sharpness.val() * Self::GAIN).exp() * self.config.sharpness;
        let threshold = self.threshold.val() * Self::GAIN + self.config.threshold;
        let mut cosines = queries.clone().matmul(keys.transpose());
        // The device decides, not whether the memory itself is trained: modules after a frozen memory learn from its
        // answers.
        if self.config.leave_one_out && queries.device().is_autodiff() {
            let itself = queries.clone().matmul(self.first_keys.val().transpose()).detach();
            cosines = cosines.mask_fill(itself.greater_elem(1.0 - SAME / 2.0), -1.0);
        }
        let nothing = threshold.expand([cosines.dims()[0], 1]);
        let scores = Tensor::cat(vec![cosines, nothing], 1) * sharpness.unsqueeze();
        softmax(scores, 1).narrow(1, 0, slots)
    }
}

/// A parameter that is saved but not trained.
fn fixed(values: Tensor<2>) -> Param<Tensor<2>> {
    Param::from_tensor(values).set_require_grad(false)
}

impl TrainableModule for KeyValueMemory {
    const KIND: &'static str = KIND;
    type Config = KeyValueMemoryConfig;
    type Encoding = Embeddings;

    fn init(config: &KeyValueMemoryConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let (slots, query_dim, item_dim) = (config.slots, config.query_dim, config.item_dim);
        let mut init = Init::new(config.seed, device);
        Ok(Self {
            first_keys: init.unit_rows(slots, query_dim).set_require_grad(false),
            keys: init.zero_weight(slots, query_dim),
            first_values: init.zero_weight(slots, item_dim).set_require_grad(false),
            values: init.zero_weight(slots, item_dim),
            trust: init.zero_bias(1),
            sharpness: init.zero_bias(1),
            threshold: init.zero_bias(1),
            skip: skip_weight(&mut init, query_dim, item_dim),
            config: config.clone(),
        })
    }

    said_by_config!(KeyValueMemoryConfig);

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let attention = self.attention(&queries);
        let trust = (self.trust.val() * Self::GAIN).unsqueeze();
        let values = self.values.val() + self.first_values.val() * trust;
        skipped(queries, self.skip.as_ref()) + attention.matmul(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        device::host_copy::embeddings_from_tensor,
        module::{on_device::OnDevice, persistent::PersistentModule, registry::Registry},
        store::state::HostTensor,
    };
    use ess_core::SearchModule;

    fn rows(rows: &[[f32; 2]]) -> Embeddings {
        Embeddings::from_rows(rows).unwrap()
    }

    fn memory() -> KeyValueMemory {
        let (keys, values) = (rows(&[[2.0, 0.0], [0.0, 1.0]]), rows(&[[0.0, 5.0], [7.0, 0.0]]));
        KeyValueMemory::remembering(&keys, &values, &KeyValueMemoryConfig::default(), &Device::flex())
            .unwrap()
    }

    #[test]
    fn a_trusted_memory_adds_the_value_of_the_nearest_key_and_nothing_far_from_all() {
        let device = Device::flex();
        let mut state = OnDevice::new(memory(), &device).to_state().unwrap();
        state.tensors.insert("trust".into(), HostTensor::new("trust", vec![1], vec![1.0 / 30.0]).unwrap());
        state.tensors.insert("sharpness".into(), HostTensor::new("sharpness", vec![1], vec![0.1]).unwrap());
        let trusted = Registry::default().build(&state, &device).unwrap();
        let found = trusted.apply(&rows(&[[1.0, 0.1], [-1.0, -1.0]])).unwrap();
        let expected = [1.0, 5.1, -1.0, -1.0];
        assert!(found.as_slice().iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-3), "{found:?}");
    }

    #[test]
    fn in_training_a_query_does_not_attend_to_itself() {
        let queries = rows(&[[1.0, 0.0]]);
        let attended = |module: &KeyValueMemory, device: &Device| {
            let attention = module.attention(&queries.to_tensors(device)).without_autodiff();
            embeddings_from_tensor(attention).unwrap().as_slice().to_vec()
        };
        let device = Device::flex();
        assert!(attended(&memory(), &device)[0] > 0.99);
        let training = memory().fork(&device).train();
        assert!(attended(&training, &device.clone().autodiff())[0] < 1e-6);
        // The same holds for a frozen memory: modules after it learn from its answers.
        let frozen = memory().freeze().fork(&device).train();
        assert!(attended(&frozen, &device.clone().autodiff())[0] < 1e-6);
        assert!(attended(&frozen.valid(), &device)[0] > 0.99);
    }

    #[test]
    fn pairs_that_do_not_fit_are_refused() {
        let (keys, values) = (rows(&[[1.0, 0.0]]), rows(&[[1.0, 0.0], [0.0, 1.0]]));
        let config = KeyValueMemoryConfig::default();
        let found = KeyValueMemory::remembering(&keys, &values, &config, &Device::flex());
        assert!(matches!(found, Err(Error::Core(ess_core::Error::LengthMismatch { .. }))));
    }

    #[test]
    fn more_slots_than_memory_should_hold_are_refused() {
        let found = KeyValueMemoryConfig { slots: 1 << 18, ..KeyValueMemoryConfig::new(1 << 14, 4) }.check();
        assert!(matches!(found, Err(Error::Config { name: "slots", .. })));
    }
}
