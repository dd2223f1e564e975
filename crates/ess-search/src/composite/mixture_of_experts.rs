//! Searching modules that a gate weighs for each query.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, activation::softmax},
};
use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use super::part::{Part, PartConfig, check_parts, check_same_dims, init_parts, reseeded};
use crate::{
    blocks::init::Init,
    device::host_copy::embeddings_from_tensor,
    error::Error,
    module::{
        any_module::AnyModule, composite_module::CompositeModule, device_encoding::DeviceEncoding,
        noise::Noise, registry::Registry, trainable::TrainableModule,
    },
};

/// The config of a [`MixtureOfExperts`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MixtureOfExpertsConfig {
    /// The experts, without the identity.
    pub parts: Vec<PartConfig>,
    /// The seed of the gate's starting values. Default: 0.
    #[serde(default, skip_serializing_if = "crate::module::config::is_open")]
    pub seed: u64,
}

/// `z = Σₑ pₑ(q) fₑ(q)` with a gate `p(q) = softmax(q G + b)` that weighs the experts for each query (Jacobs et al.
/// 1991). The identity is one of the experts where the dimensions agree, so a query that no expert serves keeps the
/// frozen encoder's ranking.
///
/// Experts may be of any kinds. If all start as the identity, so does the mixture. `G` is random at the start, so
/// that experts of one kind get different gradients.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{Linear, LinearConfig, MixtureOfExperts, OnDevice, Part, TrainableModule};
///
/// let device = Device::flex();
/// let linear = || Linear::init(&LinearConfig::new(2, 2), &device);
/// let experts = vec![Part::new("one", linear()?)?, Part::new("other", linear()?)?];
/// let module = OnDevice::new(MixtureOfExperts::new(experts, 0, &device)?, &device);
/// let queries = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// let found = module.apply(&queries)?;
/// assert!(found.as_slice().iter().zip(queries.as_slice()).all(|(x, y)| (x - y).abs() < 1e-6));
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct MixtureOfExperts {
    parts: Vec<AnyModule>,
    /// `G`, `d_query × e`. Where the identity is an expert, it is the last.
    gate: Param<Tensor<2>>,
    /// `b`, `e`.
    bias: Param<Tensor<1>>,
    #[module(skip)]
    config: MixtureOfExpertsConfig,
}

impl MixtureOfExperts {
    /// A mixture of experts, which must agree in both dimensions, with a gate from a seed.
    ///
    /// # Errors
    /// [`Error::Config`] for no expert, too many experts, or a name that is empty or not unique; [`Error::Core`] for
    /// experts of different dimensions.
    pub fn new(experts: Vec<Part>, seed: u64, device: &Device) -> Result<Self, Error> {
        check_parts(Self::KIND, &experts)?;
        check_same_dims(&experts)?;
        let configs = experts.iter().map(Part::config).collect::<Result<_, _>>()?;
        let parts: Vec<AnyModule> = experts.into_iter().map(Part::into_module).collect();
        let (query_dim, item_dim) = (parts[0].query_dim(), parts[0].item_dim());
        let choices = parts.len() + usize::from(query_dim == item_dim);
        let mut init = Init::new(seed, device);
        let (gate, bias) = (init.embedding_weight(query_dim, choices), init.zero_bias(choices));
        Ok(Self { parts, gate, bias, config: MixtureOfExpertsConfig { parts: configs, seed } })
    }

    /// The weights of the experts for each query (`n × e`), with the identity last. The weights of a query sum to 1.
    ///
    /// # Errors
    /// [`Error::Core`] for queries of another dimension; [`Error::Device`] when the device fails.
    pub fn gates(&self, queries: &Embeddings, device: &Device) -> Result<Embeddings, Error> {
        let what = "queries given to a searching module";
        ess_core::Error::check_dim(what, self.query_dim(), queries.dim())?;
        let queries = DeviceEncoding::to_tensors(queries, device);
        embeddings_from_tensor(self.gates_of(&queries))
    }

    fn gates_of(&self, queries: &Tensor<2>) -> Tensor<2> {
        softmax(queries.clone().matmul(self.gate.val()) + self.bias.val().unsqueeze(), 1)
    }
}

impl CompositeModule for MixtureOfExperts {
    fn init_with(
        config: &MixtureOfExpertsConfig,
        registry: &Registry,
        device: &Device,
    ) -> Result<Self, Error> {
        Self::new(init_parts(&config.parts, registry, device)?, config.seed, device)
    }
}

impl TrainableModule for MixtureOfExperts {
    const KIND: &'static str = "mixture_of_experts";
    type Config = MixtureOfExpertsConfig;
    type Encoding = Embeddings;

    fn init(config: &MixtureOfExpertsConfig, device: &Device) -> Result<Self, Error> {
        Self::init_with(config, &Registry::default(), device)
    }

    fn reseeded(config: &MixtureOfExpertsConfig, seed: u64) -> MixtureOfExpertsConfig {
        MixtureOfExpertsConfig { parts: reseeded(&config.parts, seed), seed: config.seed.wrapping_add(seed) }
    }

    fn config(&self) -> &MixtureOfExpertsConfig {
        &self.config
    }

    fn query_dim(&self) -> usize {
        self.parts[0].query_dim()
    }

    fn item_dim(&self) -> usize {
        self.parts[0].item_dim()
    }

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let gates = self.gates_of(&queries);
        let same = self.query_dim() == self.item_dim();
        let identity = same.then(|| queries.clone());
        let experts = self.parts.iter().map(|part| part.forward(queries.clone())).chain(identity);
        let weighed = experts.enumerate().map(|(at, vectors)| vectors * gates.clone().narrow(1, at, 1));
        weighed.reduce(|sum, vectors| sum + vectors).unwrap_or(queries)
    }

    fn noises(&self) -> Vec<&Noise> {
        self.parts.iter().flat_map(AnyModule::noises).collect()
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        self.parts.iter().filter_map(AnyModule::penalty).reduce(|sum, penalty| sum + penalty)
    }
}
