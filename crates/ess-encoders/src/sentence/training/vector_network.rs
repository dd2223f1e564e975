//! A whole encoder, forwards and backwards over a run of tokens.

use super::{
    pooling_gradient::{pooled, pooled_back},
    vector_shape::VectorShape,
};
use crate::{
    sentence::head,
    training::{
        layout::Layout,
        network::{Gradients, Network, Tape},
        text_network::TextNetwork,
    },
    transformer::token_batch::TokenBatch,
};

/// The encoder with the weights of one step.
pub(super) struct VectorNetwork<'p> {
    shape: &'p VectorShape,
    network: Network<'p>,
}

/// What the gradients of one run of tokens need.
pub(super) struct VectorTape {
    layers: Tape,
    /// Pooled states before they are brought to unit norm, `n × d`.
    pooled: Vec<f32>,
}

impl<'p> VectorNetwork<'p> {
    /// Lays out the values; `back` for gradients too.
    pub(super) fn new(shape: &'p VectorShape, layout: &'p Layout, values: &'p [f32], back: bool) -> Self {
        Self { shape, network: Network::new(&shape.layers, layout, values, back) }
    }
}

impl TextNetwork for VectorNetwork<'_> {
    type Tape = VectorTape;

    fn forward(&self, batch: &TokenBatch, skipped: usize) -> (Vec<f32>, VectorTape) {
        let (states, layers) = self.network.states(batch);
        let pooled = pooled(self.shape, batch, &states, skipped);
        let mut vectors = pooled.clone();
        if self.shape.normalizes {
            vectors.chunks_exact_mut(self.shape.vector_dim()).for_each(head::normalize);
        }
        (vectors, VectorTape { layers, pooled })
    }

    fn back(&self, batch: &TokenBatch, skipped: usize, tape: &VectorTape, vectors: &[f32]) -> Gradients {
        let mut gradients = self.network.no_gradients();
        let states = pooled_back(self.shape, batch, &tape.pooled, vectors, skipped);
        self.network.states_back(batch, &tape.layers, states, &mut gradients);
        gradients
    }

    fn add_up(&self, batch: &TokenBatch, gradients: &Gradients, all: &mut [f32]) {
        self.network.add_up(batch, gradients, all);
    }
}

#[cfg(all(test, feature = "split"))]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::{path::Path, sync::Arc};

    use burn::{
        module::{Module, ModuleVisitor, Param},
        tensor::{Device, Gradients as BurnGradients, Tensor, TensorData},
    };
    use ess_core::QueryEncoder;
    use ess_search::{DeviceEncoding, TrainableModule};

    use super::*;
    use crate::{
        sentence::{encoder::SentenceEncoder, side::Side, training::encoder_parts::EncoderParts},
        transformer::token_batch::TokenBatch,
    };

    const TEXTS: [&str; 3] =
        ["the cat sat on the mat", "what reduces the risk of heart attack in men?", "men"];

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny/bert")
    }

    /// The gradients of all parameters, in their order.
    struct Collected<'g>(&'g BurnGradients, Vec<f32>);

    impl ModuleVisitor for Collected<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = param.val().grad(self.0).unwrap();
            self.1.extend(gradient.into_data().try_to_vec::<f32>().unwrap());
        }
    }

    /// Burn's autodiff of `Σ z ⊙ g` through the layers behind the tables.
    fn by_burn(direction: &[f32]) -> Vec<f32> {
        let device = Device::flex();
        let encoder = Arc::new(SentenceEncoder::load(folder()).unwrap());
        let (lower, upper) = encoder.split(0, &device).unwrap();
        let states = lower.encode_queries(&TEXTS).unwrap();
        let module = upper.into_module().fork(&device).train();
        let device = device.autodiff();
        let vectors = module.forward(states.to_tensors(&device));
        let shape = vectors.dims();
        let direction = Tensor::<2>::from_data(TensorData::new(direction.to_vec(), shape), &device);
        let gradients = (vectors * direction).sum().backward();
        let mut collected = Collected(&gradients, Vec::new());
        module.visit(&mut collected);
        collected.1
    }

    #[test]
    fn gradients_are_those_of_burns_autodiff() {
        let parts = EncoderParts::read(&folder(), None).unwrap();
        let network = VectorNetwork::new(&parts.shape, &parts.layout, &parts.values, true);
        let prompt = parts.encoder.side_prompt(Side::Query);
        let batch = TokenBatch::new(&parts.encoder.tokenize(&TEXTS, prompt).unwrap());
        let skipped = parts.encoder.prompt_tokens(prompt).unwrap();
        let (vectors, tape) = network.forward(&batch, skipped);
        let encoded = parts.encoder.encode_queries(&TEXTS).unwrap();
        assert!(vectors.iter().zip(encoded.as_slice()).all(|(a, b)| (a - b).abs() < 1e-5));
        let direction: Vec<f32> = (0..vectors.len()).map(|i| ((i * 7) % 13) as f32 / 6.0 - 1.0).collect();
        let found = network.back(&batch, skipped, &tape, &direction);
        let expected = by_burn(&direction);
        // What lies before the blocks is the norm of the tables.
        let of_blocks = &found.behind_tables[2 * parts.shape.layers.dim..];
        assert_eq!(of_blocks.len(), expected.len());
        let largest = expected.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        for (at, (found, expected)) in of_blocks.iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() < 2e-5 * largest.max(1.0), "{at}: {found} and {expected}");
        }
    }

    #[test]
    fn gradients_of_tables_are_those_of_small_steps() {
        let parts = EncoderParts::read(&folder(), None).unwrap();
        let batch = TokenBatch::new(&parts.encoder.tokenize(&TEXTS, "").unwrap());
        let direction = |n: usize| (0..n).map(|i| ((i * 7) % 13) as f32 / 6.0 - 1.0);
        let loss = |values: &[f32]| -> f64 {
            let (vectors, _) =
                VectorNetwork::new(&parts.shape, &parts.layout, values, false).forward(&batch, 0);
            vectors.iter().zip(direction(vectors.len())).map(|(a, b)| f64::from(a * b)).sum()
        };
        let network = VectorNetwork::new(&parts.shape, &parts.layout, &parts.values, true);
        let (vectors, tape) = network.forward(&batch, 0);
        let direction: Vec<f32> = direction(vectors.len()).collect();
        let mut all = vec![0.0; parts.values.len()];
        network.add_up(&batch, &network.back(&batch, 0, &tape, &direction), &mut all);
        let row = |table: &std::ops::Range<usize>, row: usize| table.start + row * parts.shape.layers.dim + 3;
        let word = row(&parts.layout.words, batch.ids[1] as usize);
        let places = [
            word,
            row(&parts.layout.positions, 2),
            row(&parts.layout.types, 0),
            parts.layout.norm.weight.start,
        ];
        for at in places {
            let moved = |by: f32| {
                let mut values = parts.values.clone();
                values[at] += by;
                loss(&values)
            };
            let step = 1.0 / 512.0;
            let expected = (moved(step) - moved(-step)) / f64::from(2.0 * step);
            let tolerance = 0.02 * expected.abs().max(0.1);
            assert!((f64::from(all[at]) - expected).abs() < tolerance, "{at}: {} and {expected}", all[at]);
        }
    }
}
