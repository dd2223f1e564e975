//! A searching module that is an orthogonal map.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor},
};
use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use crate::{
    blocks::{init::Init, matrix_exponential::exponential_less_identity},
    error::Error,
    module::{
        config::{ModuleConfig, is_open, module_config, said_by_config},
        trainable::TrainableModule,
    },
};

/// The config of an [`Orthogonal`] module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrthogonalConfig {
    /// `d_query`.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// No effect: an orthogonal module has no random starting values. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl OrthogonalConfig {
    /// The defaults for these dimensions.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn check_settings(&self) -> Result<(), Error> {
        Ok(())
    }
}

module_config!(OrthogonalConfig, Orthogonal::KIND);

/// `z = q R`, where `R = exp(A − Aᵀ)` is orthogonal for any `A`. `A` is zero at the start, so the module starts as
/// the identity, and weight decay leads it back to the identity.
///
/// Norms of queries and angles between queries are preserved. Where the dimensions differ, `R` is a square matrix of
/// the larger dimension: shorter queries are padded with zeros, and longer results are truncated.
///
/// `R` is computed for every batch, by about ten products of `d × d` matrices. To search one query at a time, make a
/// [`MatrixModule`](ess_core::MatrixModule) of [`Orthogonal::rotation`].
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{OnDevice, Orthogonal, OrthogonalConfig, TrainableModule};
///
/// let device = Device::flex();
/// let module = OnDevice::new(Orthogonal::init(&OrthogonalConfig::new(3, 3), &device)?, &device);
/// let queries = Embeddings::from_rows(&[[1.0, 2.0, 3.0]])?;
/// assert_eq!(module.apply(&queries)?, queries);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct Orthogonal {
    /// `A`, `d × d`, where `d` is the larger of the two dimensions.
    generator: Param<Tensor<2>>,
    #[module(skip)]
    config: OrthogonalConfig,
}

impl Orthogonal {
    /// `R`, padded or truncated to `d_query × d_item`.
    pub fn rotation(&self) -> Tensor<2> {
        let (query_dim, item_dim) = (self.config.query_dim, self.config.item_dim);
        let change = self.change();
        let identity = Tensor::eye(change.dims()[0], &change.device());
        (identity + change).narrow(0, 0, query_dim).narrow(1, 0, item_dim)
    }

    /// `R − I`, exactly zero where `A` is symmetric.
    fn change(&self) -> Tensor<2> {
        let generator = self.generator.val();
        exponential_less_identity(generator.clone() - generator.transpose())
    }
}

impl TrainableModule for Orthogonal {
    const KIND: &'static str = "orthogonal";
    type Config = OrthogonalConfig;
    type Encoding = Embeddings;

    fn init(config: &OrthogonalConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let dim = config.query_dim.max(config.item_dim);
        let generator = Init::new(config.seed, device).zero_weight(dim, dim);
        Ok(Self { generator, config: config.clone() })
    }

    said_by_config!(OrthogonalConfig);

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let (rows, query_dim, item_dim) = (queries.dims()[0], self.config.query_dim, self.config.item_dim);
        let change = self.change().narrow(0, 0, query_dim).narrow(1, 0, item_dim);
        let rotated = queries.clone().matmul(change);
        let kept = match query_dim < item_dim {
            true => {
                let zeros = Tensor::zeros([rows, item_dim - query_dim], &queries.device());
                Tensor::cat(vec![queries, zeros], 1)
            }
            false => queries.narrow(1, 0, item_dim),
        };
        kept + rotated
    }
}
