//! The token states of a layer, pooled.

use crate::{
    error::Error,
    sentence::{
        encoder::SentenceEncoder,
        layer_encoder::check_layers,
        representation::{
            kind::{RepresentationKind, TextStates},
            settings::Representation,
        },
    },
};

/// The pooled states of any layer in any way, before the model's dense layers and normalisation.
pub(in super::super) struct Layer;

impl RepresentationKind for Layer {
    fn name(&self) -> &'static str {
        "layer"
    }

    fn reads(&self) -> &'static [&'static str] {
        &["at", "pooling"]
    }

    fn check(&self, settings: &Representation, model: &SentenceEncoder) -> Result<(), Error> {
        Ok(check_layers(model, &[self.layer(settings, model)])?)
    }

    fn dim(&self, settings: &Representation, model: &SentenceEncoder) -> Option<usize> {
        Some(settings.pooling.map_or_else(|| model.pooled_dim(), |_| model.token_dim()))
    }

    fn layer(&self, settings: &Representation, model: &SentenceEncoder) -> usize {
        settings.at.unwrap_or_else(|| model.layers())
    }

    fn space(&self, settings: &Representation, model: &SentenceEncoder) -> String {
        let modes = settings.pooling.map_or_else(|| model.poolings().to_vec(), |mode| vec![mode]);
        let name = |mode: &_| serde_json::to_value(mode).ok()?.as_str().map(str::to_owned);
        let modes: Vec<String> = modes.iter().filter_map(name).collect();
        format!("layer {}, {}", self.layer(settings, model), modes.join(" + "))
    }

    fn vectors(&self, settings: &Representation, states: &TextStates<'_>) -> Vec<Vec<f32>> {
        vec![settings.pooling.map_or_else(|| states.pooled(), |mode| states.pooled_by(mode))]
    }
}
