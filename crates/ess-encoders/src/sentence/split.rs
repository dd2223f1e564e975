//! An encoder cut in two at a layer.

use std::sync::Arc;

use burn::tensor::Device;
use ess_search::OnDevice;

use super::{
    encoder::SentenceEncoder,
    token_encoder::TokenEncoder,
    upper_layers::UpperLayers,
    upper_layers_config::{HeadLayer, UpperLayersConfig},
};
use crate::model::transformer_config::TransformerConfig;

impl SentenceEncoder {
    /// Splits the encoder at a layer: what comes before it is enc1', to be computed once and kept; the layers from it
    /// on, the pooling and what follows are a searching module on a device (Eq. 4). To train it, give
    /// [`OnDevice::into_module`] of it to ess-train's `ModuleRecipe::from_module`, and the token states of the
    /// training queries.
    ///
    /// ```no_run
    /// use std::sync::Arc;
    /// use burn::tensor::Device;
    /// use ess_encoders::{MergedEncoder, SentenceEncoder};
    ///
    /// let encoder = Arc::new(SentenceEncoder::load("all-MiniLM-L6-v2")?);
    /// let (lower, upper) = encoder.split(4, &Device::flex())?;
    /// let whole_again = MergedEncoder::new(lower, upper);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ess_core::Error::InvalidParameter`] for a layer that the encoder has not, and for an encoder that is not
    /// of the BERT family.
    pub fn split(
        self: &Arc<Self>,
        layer: usize,
        device: &Device,
    ) -> Result<(TokenEncoder, OnDevice<UpperLayers>), ess_core::Error> {
        if !self.config.is_bert_like() {
            let expected = "an encoder of the BERT family, whose layers alone can be trained by themselves";
            let found = self.config.architecture.model_types.join(", ");
            return Err(ess_core::Error::InvalidParameter { name: "encoder", expected, found });
        }
        let lower = TokenEncoder::new(self.clone(), layer)?;
        let (blocks, relative_positions) = self.engine.blocks_from(layer, device);
        let upper =
            UpperLayers::new(self.upper_config(layer), blocks, relative_positions, &self.head, device);
        Ok((lower, OnDevice::new(upper, device)))
    }

    fn upper_config(&self, layer: usize) -> UpperLayersConfig {
        let TransformerConfig { dim, heads, feed_forward_dim, activation, norm_epsilon, .. } = self.config;
        UpperLayersConfig {
            token_dim: dim,
            layers: self.config.layers - layer,
            heads,
            feed_forward_dim,
            activation,
            norm_epsilon,
            relative_buckets: self.config.relative_buckets,
            poolings: self.pooling.modes.clone(),
            include_prompt: self.pooling.include_prompt,
            head: self.head.iter().map(HeadLayer::of).collect(),
            seed: 0,
        }
    }
}
