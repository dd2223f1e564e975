//! The mean of several searching modules with learned weights.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, activation::softmax},
};
use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use super::{
    ensemble::Averaging,
    part::{Part, PartConfig, check_parts, check_same_dims, init_parts, reseeded},
};
use crate::{
    blocks::{init::Init, unit::unit},
    device::host_copy::values_of,
    error::Error,
    module::{
        any_module::AnyModule, composite_module::CompositeModule, noise::Noise, registry::Registry,
        trainable::TrainableModule,
    },
};

/// The config of a [`WeightedEnsemble`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedEnsembleConfig {
    /// The members.
    pub parts: Vec<PartConfig>,
    /// How the vectors of members are averaged. Default: at unit norm.
    #[serde(default)]
    pub averaging: Averaging,
}

/// `z = Σᵢ pᵢ fᵢ(q)` over members of any kinds, with the weights `p = softmax(g a)`. `a` is zero at the start, so the
/// ensemble starts as the mean of its members, and weight decay leads it back to the mean. `g` is
/// [`WeightedEnsemble::GAIN`].
///
/// With frozen members, only the weights are trained; otherwise the members are trained as well.
/// [`Ensemble`](crate::Ensemble) is the mean of trained modules.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{
///     Averaging, Linear, LinearConfig, Mlp, MlpConfig, OnDevice, Part, TrainableModule, WeightedEnsemble,
/// };
///
/// let device = Device::flex();
/// let linear = Part::new("linear", Linear::init(&LinearConfig::new(2, 2), &device)?)?;
/// let mlp = Part::new("mlp", Mlp::init(&MlpConfig::new(2, 2), &device)?)?;
/// let ensemble = WeightedEnsemble::new(vec![linear, mlp], Averaging::BeforeNormalization, &device)?;
/// assert_eq!(ensemble.weights()?, [0.5, 0.5]);
/// let queries = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// assert_eq!(OnDevice::new(ensemble, &device).apply(&queries)?, queries);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct WeightedEnsemble {
    parts: Vec<AnyModule>,
    /// `a`, one for each member.
    weights: Param<Tensor<1>>,
    #[module(skip)]
    config: WeightedEnsembleConfig,
}

impl WeightedEnsemble {
    /// The factor on a parameter, for the reason given at [`Diagonal::GAIN`](crate::Diagonal::GAIN).
    pub const GAIN: f32 = 30.0;

    /// An ensemble of members, which must agree in both dimensions.
    ///
    /// # Errors
    /// [`Error::Config`] for no member, too many members, or a name that is empty or not unique; [`Error::Core`] for
    /// members of different dimensions.
    pub fn new(members: Vec<Part>, averaging: Averaging, device: &Device) -> Result<Self, Error> {
        check_parts(Self::KIND, &members)?;
        check_same_dims(&members)?;
        let weights = Init::new(0, device).zero_bias(members.len());
        let parts = members.iter().map(Part::config).collect::<Result<_, _>>()?;
        let config = WeightedEnsembleConfig { parts, averaging };
        Ok(Self { parts: members.into_iter().map(Part::into_module).collect(), weights, config })
    }

    /// The weights of the members. They sum to 1.
    ///
    /// # Errors
    /// [`Error::Device`] when the device fails.
    pub fn weights(&self) -> Result<Vec<f32>, Error> {
        values_of(self.shares())
    }

    fn shares(&self) -> Tensor<1> {
        softmax(self.weights.val() * Self::GAIN, 0)
    }
}

impl CompositeModule for WeightedEnsemble {
    fn init_with(
        config: &WeightedEnsembleConfig,
        registry: &Registry,
        device: &Device,
    ) -> Result<Self, Error> {
        Self::new(init_parts(&config.parts, registry, device)?, config.averaging, device)
    }
}

impl TrainableModule for WeightedEnsemble {
    const KIND: &'static str = "weighted_ensemble";
    type Config = WeightedEnsembleConfig;
    type Encoding = Embeddings;

    fn init(config: &WeightedEnsembleConfig, device: &Device) -> Result<Self, Error> {
        Self::init_with(config, &Registry::default(), device)
    }

    fn reseeded(config: &WeightedEnsembleConfig, seed: u64) -> WeightedEnsembleConfig {
        WeightedEnsembleConfig { parts: reseeded(&config.parts, seed), ..config.clone() }
    }

    fn config(&self) -> &WeightedEnsembleConfig {
        &self.config
    }

    fn query_dim(&self) -> usize {
        self.parts[0].query_dim()
    }

    fn item_dim(&self) -> usize {
        self.parts[0].item_dim()
    }

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let shares = self.shares();
        let member = |(at, part): (usize, &AnyModule)| {
            let vectors = part.forward(queries.clone());
            let vectors = match self.config.averaging {
                Averaging::BeforeNormalization => vectors,
                Averaging::AfterNormalization => unit(vectors),
            };
            vectors * shares.clone().narrow(0, at, 1).unsqueeze()
        };
        let sum = self.parts.iter().enumerate().map(member).reduce(|sum, vectors| sum + vectors);
        sum.unwrap_or(queries)
    }

    fn noises(&self) -> Vec<&Noise> {
        self.parts.iter().flat_map(AnyModule::noises).collect()
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        self.parts.iter().filter_map(AnyModule::penalty).reduce(|sum, penalty| sum + penalty)
    }
}
