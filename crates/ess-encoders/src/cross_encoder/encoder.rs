//! The score of a query and an item, read together.

use std::path::Path;

use super::{folder::only_part, head::Head, pair_cut::PairCut, pair_tokenizer::PairTokenizer};
use crate::{
    compute::{place::Place, precision::Precision},
    error::Error,
    model::{folder::ModelFolder, transformer_config::TransformerConfig},
    sentence::engine::Engine,
    weights::Weights,
};

/// A cross-encoder: scores a query and an item in one pass, as a reranker, or as the teacher of a searching module.
///
/// Loads a folder of a sequence classification model with one label, such as cross-encoder/ms-marco-MiniLM-L6-v2: BERT, RoBERTa,
/// XLM-RoBERTa, DistilBERT, MPNet, ELECTRA, ALBERT, ModernBERT, DeBERTa (versions 2 and 3), Llama, Mistral, Qwen2, Qwen3 and
/// Gemma 3.
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
    tokenizer: PairTokenizer,
    /// The maximum number of tokens that the model has positions for.
    positions: usize,
    layers: usize,
    head: Head,
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
        let (folder, longest) = only_part(&ModelFolder::new(folder)?)?;
        folder.refuse_adapter()?;
        let config = TransformerConfig::read(&folder)?;
        let weights = Weights::open(&folder)?;
        let path = folder.file("sentence_bert_config.json");
        let stated = longest.map(|most| (most, path.as_path()));
        Ok(Self {
            tokenizer: PairTokenizer::load(&folder, &config, stated)?,
            head: Head::read(&folder, &weights, &config)?,
            engine: Engine::load(&weights, &config, place)?,
            positions: config.longest(),
            layers: config.layers,
        })
    }

    /// Cuts pairs to `tokens` tokens, the special ones counted, instead of to the model's own limit; as they were cut in a training
    /// with that `max_tokens`, whose folder does not say it.
    ///
    /// # Errors
    /// [`ess_core::Error::InvalidParameter`] for fewer than 5 or more than the model has positions for.
    pub fn with_max_tokens(mut self, tokens: usize) -> Result<Self, Error> {
        self.tokenizer = self.tokenizer.cutting_at(tokens, self.positions)?;
        Ok(self)
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

    /// The score of each of `n` pairs of query and item, in order; pairs that are too long are cut as for [`CrossEncoder::scores`].
    ///
    /// # Errors
    /// As [`CrossEncoder::scores`].
    pub fn pair_scores(&self, pairs: &[(&str, &str)]) -> Result<Vec<f32>, Error> {
        self.pair_scores_cut(pairs, PairCut::Longest)
    }

    /// The score of each of `n` pairs of query and item, in order, computed in batches of about equal lengths.
    ///
    /// # Errors
    /// As [`CrossEncoder::scores`].
    pub fn pair_scores_cut(&self, pairs: &[(&str, &str)], cut: PairCut) -> Result<Vec<f32>, Error> {
        if pairs.is_empty() {
            return Err(ess_core::Error::Empty { what: "pairs to score" }.into());
        }
        let tokens = self.tokenizer.encode(pairs, cut)?;
        self.engine.run(&tokens, &[self.layers], |pair, states| self.head.score(&tokens[pair], states[0]))
    }
}
