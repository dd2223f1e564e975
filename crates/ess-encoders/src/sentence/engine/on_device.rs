//! A transformer on a Burn device.

use burn::{
    module::Param,
    tensor::{Device, Tensor},
};
use ess_search::largest_tensor;

use crate::{
    compute::device::definition::DeviceCompute,
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
/// The maximum number of attention scores, 4 GiB of them, where the device itself has no limit.
const MAX_SCORES: usize = 1 << 30;

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

    /// Tokens computed together, texts padded to the longest: no more than the device's largest tensor has room for, in the
    /// widest layer and in the attention scores of texts of at most `longest` tokens.
    ///
    /// # Errors
    /// [`Error::Device`] for a text whose own scores have no room.
    pub(super) fn tokens_at_once(&self, longest: usize) -> Result<usize, Error> {
        // Distances that are compared with tokens are up to two for each.
        let pairs = if self.transformer.disentangled.is_empty() { longest } else { 2 * longest };
        let widest = |block: &Block<Matrix, Vector>| {
            let [up, qkv] = [&block.up, &block.qkv].map(|linear| linear.weight.dims()[0]);
            up.max(qkv).max(block.attention.heads * pairs)
        };
        let widest = self.transformer.blocks.iter().map(widest).max().unwrap_or(1);
        let largest = largest_tensor(self.compute.device()).min(MAX_SCORES);
        let heads = self.transformer.blocks.iter().map(|block| block.attention.heads).max().unwrap_or(1);
        if heads.saturating_mul(pairs).saturating_mul(longest) > largest {
            let reason = format!(
                "a text of {longest} tokens has {heads} × {longest} × {pairs} attention scores, more than the {largest} \
                 that there is room for; cut texts earlier, or encode without a device"
            );
            return Err(Error::Device(reason));
        }
        Ok(DEVICE_TOKENS.min(largest / widest).max(1))
    }

    pub(super) fn states(&self, batch: &TokenBatch, layers: &[usize]) -> Result<Vec<HostTokens>, Error> {
        self.transformer.states(&self.compute, batch, layers)
    }
}
