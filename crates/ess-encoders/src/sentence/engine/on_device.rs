//! A transformer on a Burn device.

use burn::{
    module::Param,
    tensor::{Device, Tensor},
};
use ess_search::largest_tensor;

use crate::{
    compute::device::DeviceCompute,
    error::Error,
    model::transformer_config::TransformerConfig,
    transformer::{
        definition::{Block, Transformer},
        host_tokens::HostTokens,
        loading::load_transformer,
        token_batch::TokenBatch,
    },
    weights::Weights,
};

type Matrix = Param<Tensor<2>>;
type Vector = Param<Tensor<1>>;

/// A transformer whose weights are Burn tensors.
pub(crate) struct DeviceEngine {
    compute: DeviceCompute,
    pub(in crate::sentence) transformer: Box<Transformer<Matrix, Matrix, Vector>>,
}

const DEVICE_TOKENS: usize = 8192;

impl DeviceEngine {
    pub(super) fn load(
        weights: &Weights,
        config: &TransformerConfig,
        device: &Device,
    ) -> Result<Self, Error> {
        let compute = DeviceCompute::new(device.clone());
        let transformer = Box::new(load_transformer(&compute, weights, config)?);
        Ok(Self { compute, transformer })
    }

    /// Tokens computed together: no more than the device's largest tensor has room for, in the widest layer and in the
    /// scores of attention of texts of at most `longest` tokens.
    pub(super) fn tokens_at_once(&self, longest: usize) -> usize {
        let widest = |block: &Block<Matrix, Vector>| {
            let [up, qkv] = [&block.up, &block.qkv].map(|linear| linear.weight.dims()[0]);
            up.max(qkv).max(block.attention.heads * longest)
        };
        let widest = self.transformer.blocks.iter().map(widest).max().unwrap_or(1);
        DEVICE_TOKENS.min(largest_tensor(self.compute.device()) / widest).max(1)
    }

    pub(super) fn states(&self, batch: &TokenBatch, layers: &[usize]) -> Result<Vec<HostTokens>, Error> {
        self.transformer.states(&self.compute, batch, layers)
    }
}
