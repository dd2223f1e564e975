//! The sentence encoder, and what is known of it.

use std::{collections::BTreeMap, path::Path};

use super::{
    engine::Engine,
    head::HeadStep,
    pooling::{Pooling, PoolingMode},
    prompts::Prompts,
};
use crate::{
    compute::{place::Place, precision::Precision},
    error::Error,
    model::{
        tokenizer::{length::MIN_TOKENS, text_tokenizer::TextTokenizer},
        transformer_config::TransformerConfig,
    },
};

/// A transformer sentence encoder, loaded from a sentence-transformers folder as it is.
///
/// It serves either side of Eq. 3. As enc1' it puts the model's query prompt before each text, as enc2 its prompt for
/// documents. A text gives one vector: the pooled states of the last layer, through the model's dense layers and
/// normalisation.
///
/// Supported are BERT (MiniLM, BGE, E5, GTE), RoBERTa, XLM-RoBERTa, DistilBERT, MPNet, ELECTRA, ALBERT, DeBERTa, ModernBERT,
/// GTE, JinaBERT and Nomic BERT; Qwen2, Qwen3, Llama, Mistral, Gemma 3's text model, T5's encoder and CLIP's tower of texts.
/// Weights are in f32, f16 or bf16, in one file or several, safetensors or pytorch_model.bin. Every pooling of
/// sentence-transformers is read.
///
/// # Example
/// ```no_run
/// use ess_core::{ItemEncoder, QueryEncoder};
/// use ess_encoders::SentenceEncoder;
///
/// let encoder = SentenceEncoder::load("all-MiniLM-L6-v2")?;
/// let items = encoder.encode_items(&["The cat sat on the mat.", "Stocks fell on Monday."])?;
/// let query = encoder.encode_queries(&["Where is the cat?"])?;
/// assert_eq!((items.len(), items.dim()), (2, QueryEncoder::dim(&encoder)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SentenceEncoder {
    pub(super) engine: Engine,
    pub(super) tokenizer: TextTokenizer,
    pub(super) pooling: Pooling,
    pub(super) head: Vec<HeadStep>,
    pub(super) prompts: Prompts,
    pub(super) similarity: Option<String>,
    pub(super) assumptions: Vec<String>,
    pub(super) config: TransformerConfig,
    pub(super) dim: usize,
}

impl SentenceEncoder {
    /// Loads a model folder, to be computed on the CPU by this crate's fused kernels, on all threads of rayon's pool.
    ///
    /// # Errors
    /// What is missing from the folder or wrong in it, by file and field or tensor.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Host(Precision::F32))
    }

    /// Loads a model folder as [`SentenceEncoder::load`] does, with the weights of the transformer's layers at a precision.
    ///
    /// # Errors
    /// As [`SentenceEncoder::load`].
    ///
    /// # Example
    /// ```no_run
    /// use ess_encoders::{Precision, SentenceEncoder};
    ///
    /// let encoder = SentenceEncoder::load_at("all-MiniLM-L6-v2", Precision::Int8)?;
    /// assert_eq!(encoder.precision(), Precision::Int8);
    /// # Ok::<(), ess_encoders::Error>(())
    /// ```
    pub fn load_at(folder: impl AsRef<Path>, precision: Precision) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Host(precision))
    }

    /// Loads a model folder, to be computed by Burn on a device; the same model, the same results to rounding.
    ///
    /// # Errors
    /// As [`SentenceEncoder::load`].
    #[cfg(feature = "device")]
    pub fn load_on(folder: impl AsRef<Path>, device: &burn::tensor::Device) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Device(device.clone()))
    }

    /// How the weights of the transformer's layers are kept; on a device in `f32`.
    pub fn precision(&self) -> Precision {
        self.engine.precision()
    }

    /// The dimension of the embeddings.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Cuts texts to `tokens` tokens, the special ones counted, instead of to the model's own limit.
    ///
    /// # Errors
    /// [`ess_core::Error::InvalidParameter`] for fewer than 5 or more than the model has positions for.
    pub fn with_max_tokens(mut self, tokens: usize) -> Result<Self, Error> {
        // A folder may say that texts are longer.
        let most = self.config.longest().max(self.max_tokens());
        if !(MIN_TOKENS..=most).contains(&tokens) {
            let expected = "between 5 and the model's positions";
            let found = format!("{tokens}; the model has {most} positions");
            return Err(ess_core::Error::InvalidParameter { name: "max_tokens", expected, found }.into());
        }
        self.tokenizer.cut_at(Some(tokens))?;
        Ok(self)
    }

    /// The maximum number of tokens of a text, the special ones counted; what is longer is cut.
    pub fn max_tokens(&self) -> usize {
        self.tokenizer.longest().unwrap_or_else(|| self.config.longest())
    }

    /// How token states become one vector.
    pub fn poolings(&self) -> &[PoolingMode] {
        &self.pooling.modes
    }

    /// Whether the embeddings are scaled to unit norm.
    pub fn normalizes(&self) -> bool {
        matches!(self.head.last(), Some(HeadStep::Normalize))
    }

    /// The similarity that the model is meant for, where it says so: `cosine`, `dot`, `euclidean` or `manhattan`. Items of
    /// a model that is meant for the cosine and does not normalize ([`SentenceEncoder::normalizes`]) must be brought to
    /// unit norm for an index of inner products.
    pub fn similarity(&self) -> Option<&str> {
        self.similarity.as_deref()
    }

    /// What had to be assumed of the model because its folder does not say it, and what of the folder is not used, each a
    /// sentence for the user of the vectors.
    pub fn assumptions(&self) -> &[String] {
        &self.assumptions
    }

    /// The text that is put before each query and the text before each item; empty where there is none.
    ///
    /// As in `encode_query` and `encode_document` of sentence-transformers 6, they are the prompts named `query` and
    /// `document`; prompts of other names and a default prompt are put before no text.
    pub fn prompts(&self) -> [&str; 2] {
        [&self.prompts.query, &self.prompts.item]
    }

    /// The model's prompts by their names; `query` and `document` are always among them, and empty where the model has none.
    pub fn named_prompts(&self) -> &BTreeMap<String, String> {
        &self.prompts.named
    }

    /// How many layers the transformer has; layer 0 is what goes into the first.
    pub fn layers(&self) -> usize {
        self.config.layers
    }

    /// The dimension of a token's state.
    pub fn token_dim(&self) -> usize {
        self.config.dim
    }
}
