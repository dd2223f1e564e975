//! A transformer that reads query and item together.

mod folder;

use std::path::Path;

use rayon::prelude::*;

use crate::{
    compute::{host::dense_rows, place::Place, precision::Precision},
    error::Error,
    model::{
        architecture::definition::{Architecture, Classifier},
        folder::ModelFolder,
        tokenizer::{TextTokenizer, longest_text},
        transformer_config::TransformerConfig,
    },
    sentence::engine::Engine,
    weights::Weights,
};

/// A cross-encoder: scores a query and an item in one pass, as a reranker, or as the teacher of a searching module.
///
/// Loads a folder of a sequence classification model with one label, such as cross-encoder/ms-marco-MiniLM-L6-v2.
///
/// ```no_run
/// use ess_encoders::CrossEncoder;
///
/// let encoder = CrossEncoder::load("ms-marco-MiniLM-L6-v2")?;
/// let scores = encoder.scores("where is the cat?", &["Stocks fell.", "The cat is on the mat."])?;
/// assert!(scores[1] > scores[0]);
/// # Ok::<(), ess_encoders::Error>(())
/// ```
pub struct CrossEncoder {
    engine: Engine,
    tokenizer: TextTokenizer,
    dim: usize,
    layers: usize,
    head: Head,
}

/// From the first token's state to the score: `W₂ activation(W₁ x + b₁) + b₂`.
struct Head {
    dense: (Vec<f32>, Vec<f32>),
    activation: fn(f32) -> f32,
    score: (Vec<f32>, Vec<f32>),
}

impl CrossEncoder {
    /// Loads a model folder, to be computed on the CPU.
    ///
    /// # Errors
    /// What is missing from the folder or wrong in it; [`Error::TensorShape`] for a model with more labels than one.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Host(Precision::F32))
    }

    /// Loads a model folder as [`CrossEncoder::load`] does, with the weights of the transformer's layers at a precision.
    ///
    /// # Errors
    /// As [`CrossEncoder::load`].
    pub fn load_at(folder: impl AsRef<Path>, precision: Precision) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Host(precision))
    }

    /// Loads a model folder, to be computed by Burn on a device.
    ///
    /// # Errors
    /// As [`CrossEncoder::load`].
    #[cfg(feature = "device")]
    pub fn load_on(folder: impl AsRef<Path>, device: &burn::tensor::Device) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Device(device.clone()))
    }

    fn read(folder: &Path, place: &Place) -> Result<Self, Error> {
        let (folder, longest) = folder::only_part(&ModelFolder::new(folder)?)?;
        folder.refuse_adapter()?;
        let config = TransformerConfig::read(&folder)?;
        let weights = Weights::open(&folder)?;
        let longest = longest_text(&folder, &config, longest)?;
        let tokenizer = TextTokenizer::load(&folder, longest, config.vocabulary, config.token_types)?;
        tokenizer.check_pairs()?;
        Ok(Self {
            tokenizer,
            head: Head::read(&folder, &weights, &config)?,
            engine: Engine::load(&weights, &config, place)?,
            dim: config.dim,
            layers: config.layers,
        })
    }

    /// The score of each of `n` items for one query, in order: the model's logit, larger for more relevant.
    ///
    /// A pair that is too long is cut at the longer of the two.
    ///
    /// # Errors
    /// [`ess_core::Error::Empty`] for no item, [`Error::Tokenizer`], [`Error::Device`].
    pub fn scores(&self, query: &str, items: &[&str]) -> Result<Vec<f32>, Error> {
        let pairs: Vec<_> = items.iter().map(|item| (query, *item)).collect();
        self.pair_scores(&pairs)
    }

    /// The score of each of `n` pairs of query and item, in order.
    ///
    /// # Errors
    /// As [`CrossEncoder::scores`].
    pub fn pair_scores(&self, pairs: &[(&str, &str)]) -> Result<Vec<f32>, Error> {
        if pairs.is_empty() {
            return Err(ess_core::Error::Empty { what: "pairs to score" }.into());
        }
        let tokens = self.tokenizer.encode(pairs.to_vec(), true)?;
        let first = self.engine.run(&tokens, &[self.layers], |_, states| {
            states[0].get(..self.dim).map_or_else(|| vec![0.0; self.dim], <[f32]>::to_vec)
        })?;
        Ok(first.par_iter().map(|state| self.head.score(state)).collect())
    }
}

impl Head {
    fn read(folder: &ModelFolder, weights: &Weights, config: &TransformerConfig) -> Result<Self, Error> {
        let dim = config.dim;
        let Some(Classifier { dense, activation, score }) = &config.architecture.classifier else {
            let with_head = Architecture::all().filter(|known| known.classifier.is_some());
            let names: Vec<_> = with_head.flat_map(|known| known.model_types.iter().copied()).collect();
            let expected = format!("for a cross-encoder one of {}", names.join(", "));
            let found = config.architecture.model_types[0];
            return Err(Error::config(&folder.file("config.json"), "model_type", expected, found));
        };
        let linear = |name: &str, d_out: usize| {
            let weight = weights.read(&format!("{name}.weight"), &[d_out, dim])?;
            Ok::<_, Error>((weight, weights.read(&format!("{name}.bias"), &[d_out])?))
        };
        Ok(Self { dense: linear(dense, dim)?, activation: *activation, score: linear(score, 1)? })
    }

    fn score(&self, state: &[f32]) -> f32 {
        let mut inner = dense_rows(state, state.len(), &self.dense.0, &self.dense.1);
        inner.iter_mut().for_each(|value| *value = (self.activation)(*value));
        dense_rows(&inner, inner.len(), &self.score.0, &self.score.1)[0]
    }
}
