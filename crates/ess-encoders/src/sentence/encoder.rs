//! The sentence encoder.

use std::{path::Path, sync::Arc};

use burn::tensor::Device;
use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use ess_search::OnDevice;
use serde::Deserialize;

use super::{
    engine::Engine,
    head::HeadStep,
    modules::{ModelPart, model_parts},
    pooling::{Pooling, PoolingMode},
    prompts::Prompts,
    token_encoder::TokenEncoder,
    upper_layers::UpperLayers,
    upper_layers_config::UpperLayersConfig,
};
use crate::{
    Error,
    model::{FEWEST_TOKENS, ModelFolder, TextTokenizer, TokenIds, TransformerConfig, longest_text},
    weights::Weights,
};

/// A transformer sentence encoder, loaded from a sentence-transformers folder as it is.
///
/// It serves either side of Eq. 3. As enc1' it puts the model's query prompt before each text, as enc2 its prompt for
/// documents. A text gives one vector: the pooled states of the last layer, through the model's dense layers and
/// normalisation.
///
/// Supported: BERT (MiniLM, BGE, E5, GTE), RoBERTa, XLM-RoBERTa, DistilBERT and MPNet; weights in f32, f16 or bf16, in
/// one safetensors file or several; every pooling of sentence-transformers.
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
    engine: Engine,
    tokenizer: TextTokenizer,
    pooling: Pooling,
    head: Vec<HeadStep>,
    prompts: Prompts,
    lowercase: bool,
    config: TransformerConfig,
    dim: usize,
}

/// Which side of Eq. 3 a text is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Query,
    Item,
}

#[derive(Default, Deserialize)]
struct TextConfig {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

impl SentenceEncoder {
    /// Loads a model folder, to be computed on the CPU by this crate's fused kernels, on all threads of rayon's pool.
    ///
    /// # Errors
    /// What is missing from the folder or wrong in it, by file and field or tensor.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(folder.as_ref(), None)
    }

    /// Loads a model folder, to be computed by Burn on a device; the same model, the same results to rounding.
    ///
    /// # Errors
    /// As [`SentenceEncoder::load`].
    pub fn load_on(folder: impl AsRef<Path>, device: &Device) -> Result<Self, Error> {
        Self::read(folder.as_ref(), Some(device))
    }

    /// The dimension of the embeddings.
    pub fn dim(&self) -> usize {
        self.dim
    }

    fn read(folder: &Path, device: Option<&Device>) -> Result<Self, Error> {
        let folder = ModelFolder::new(folder)?;
        Self::from_parts(&folder, &model_parts(&folder)?, device)
    }

    /// An encoder made of some parts of a model; `folder` is the whole model's.
    pub(super) fn from_parts(
        folder: &ModelFolder,
        parts: &[ModelPart],
        device: Option<&Device>,
    ) -> Result<Self, Error> {
        let listed = folder.file("modules.json");
        let [transformer, rest @ ..] = parts else {
            return Err(Error::config(&listed, "modules", "a Transformer first", "none"));
        };
        match transformer.class.as_str() {
            "Transformer" => {}
            "Router" | "Asym" => {
                let expected = "one encoder for queries and items; load two towers with TwoTowerEncoder";
                return Err(Error::config(&listed, "type", expected, &transformer.class));
            }
            other => {
                return Err(Error::config(&listed, "type", "Transformer as the first module", other));
            }
        }
        let config = TransformerConfig::read(&transformer.folder)?;
        let text: TextConfig = transformer.folder.optional_json("sentence_bert_config.json")?;
        let longest = longest_text(&transformer.folder, &config, text.max_seq_length)?;
        let (pooling, rest) = pooling(rest, config.dim)?;
        let (head, dim) = head(rest, pooling.dim(config.dim))?;
        Ok(Self {
            tokenizer: TextTokenizer::load(
                &transformer.folder,
                Some(longest),
                config.vocabulary,
                config.token_types,
            )?,
            engine: Engine::load(&Weights::open(&transformer.folder)?, &config, device)?,
            pooling,
            head,
            prompts: Prompts::read(folder)?,
            lowercase: text.do_lower_case,
            config,
            dim,
        })
    }

    /// Cuts texts to `tokens` tokens, the special ones counted, instead of to the model's own limit.
    ///
    /// # Errors
    /// [`ess_core::Error::InvalidParameter`] for fewer than 5 or more than the model has positions for.
    pub fn with_max_tokens(mut self, tokens: usize) -> Result<Self, Error> {
        if !(FEWEST_TOKENS..=self.config.longest()).contains(&tokens) {
            let expected = "between 5 and the model's positions";
            let found = format!("{tokens}; the model has {} positions", self.config.longest());
            return Err(ess_core::Error::InvalidParameter { name: "max_tokens", expected, found }.into());
        }
        self.tokenizer.cut_at(Some(tokens))?;
        Ok(self)
    }

    /// The most tokens of a text, the special ones counted; what is longer is cut.
    pub fn max_tokens(&self) -> usize {
        self.tokenizer.longest().unwrap_or_else(|| self.config.longest())
    }

    /// How token states become one vector.
    pub fn poolings(&self) -> &[PoolingMode] {
        &self.pooling.modes
    }

    /// Whether the embeddings are scaled to length 1.
    pub fn normalizes(&self) -> bool {
        matches!(self.head.last(), Some(HeadStep::Normalize))
    }

    /// How many layers the transformer has; layer 0 is what goes into the first.
    pub fn layers(&self) -> usize {
        self.config.layers
    }

    /// The dimension of a token's state.
    pub fn token_dim(&self) -> usize {
        self.config.dim
    }

    fn encode(&self, texts: &[&str], side: Side) -> Result<Embeddings, Error> {
        let pooled =
            self.run(texts, side, &[self.config.layers], |states, skipped| self.pool(states[0], skipped))?;
        self.embed(&pooled)
    }

    /// Gives `use_states` the states of each text's tokens (`T × token_dim`) at each of `layers`, and how many of them
    /// the pooling leaves out; results in the order of the texts.
    pub(super) fn run<R: Send>(
        &self,
        texts: &[&str],
        side: Side,
        layers: &[usize],
        use_states: impl Fn(&[&[f32]], usize) -> R + Sync,
    ) -> Result<Vec<R>, Error> {
        if texts.is_empty() {
            return Err(ess_core::Error::Empty { what: "texts to encode" }.into());
        }
        let prompt = match side {
            Side::Query => &self.prompts.query,
            Side::Item => &self.prompts.item,
        };
        let tokens = self.tokenize(texts, prompt)?;
        let skipped = self.prompt_tokens(prompt)?;
        self.engine.run(&tokens, layers, |_, states| use_states(states, skipped))
    }

    /// The pooled states of one text.
    pub(super) fn pool(&self, states: &[f32], skipped: usize) -> Vec<f32> {
        let mut pooled = Vec::with_capacity(self.pooled_dim());
        self.pooling.pool(states, self.config.dim, skipped, &mut pooled);
        pooled
    }

    /// The dimension of the pooled states.
    pub(super) fn pooled_dim(&self) -> usize {
        self.pooling.dim(self.config.dim)
    }

    /// The sentence embeddings of pooled states of the last layer: dense layers and normalisation.
    pub(super) fn embed<P: AsRef<[f32]>>(&self, pooled: &[P]) -> Result<Embeddings, Error> {
        self.through(&self.head, pooled)
    }

    fn through<P: AsRef<[f32]>>(&self, head: &[HeadStep], pooled: &[P]) -> Result<Embeddings, Error> {
        let mut dim = self.pooled_dim();
        let mut vectors = Vec::with_capacity(pooled.len() * dim);
        pooled.iter().for_each(|row| vectors.extend_from_slice(row.as_ref()));
        for step in head {
            vectors = step.apply(vectors, dim);
            dim = step.dim(dim);
        }
        Ok(Embeddings::from_vec(vectors, dim)?)
    }

    pub(crate) fn tokenizer(&self) -> &TextTokenizer {
        &self.tokenizer
    }

    /// The number of tokens that the model knows.
    pub(crate) fn vocabulary(&self) -> usize {
        self.config.vocabulary
    }

    /// The vector of each token of the vocabulary by itself between the special tokens of a text, through the dense
    /// layers, before it is scaled to length 1.
    pub(crate) fn encode_vocabulary(&self) -> Result<Embeddings, Error> {
        let mut around = self.tokenizer.encode(vec![""], true)?;
        let TokenIds { ids, types } = around.remove(0);
        let place = ids.len() / 2;
        let of_type = types.first().copied().unwrap_or(0);
        let text = |id: u32| {
            let (mut ids, mut types) = (ids.clone(), types.clone());
            ids.insert(place, id);
            types.insert(place, of_type);
            TokenIds { ids, types }
        };
        let texts: Vec<_> = (0..self.config.vocabulary as u32).map(text).collect();
        let layers = [self.config.layers];
        let pooled = self.engine.run(&texts, &layers, |_, states| self.pool(states[0], 0))?;
        let head = match self.head.as_slice() {
            [head @ .., HeadStep::Normalize] => head,
            head => head,
        };
        self.through(head, &pooled)
    }

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
    /// [`ess_core::Error::InvalidParameter`] for a layer that the encoder has not.
    pub fn split(
        self: &Arc<Self>,
        layer: usize,
        device: &Device,
    ) -> Result<(TokenEncoder, OnDevice<UpperLayers>), ess_core::Error> {
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
            head: self.head.iter().map(HeadStep::config).collect(),
            seed: 0,
        }
    }

    fn tokenize(&self, texts: &[&str], prompt: &str) -> Result<Vec<TokenIds>, Error> {
        let prepared = texts.iter().map(|text| {
            let text = format!("{prompt}{text}");
            if self.lowercase { text.to_lowercase() } else { text }
        });
        self.tokenizer.encode(prepared.collect(), true)
    }

    /// How many tokens before the text the pooling leaves out.
    fn prompt_tokens(&self, prompt: &str) -> Result<usize, Error> {
        if prompt.is_empty() || self.pooling.include_prompt {
            return Ok(0);
        }
        let with = self.tokenizer.encode(vec![prompt], true)?;
        let without = self.tokenizer.encode(vec![prompt], false)?;
        let (with, without) = (with[0].ids.len(), without[0].ids.len());
        // Special tokens stand on both sides; the one at the end is not before the text.
        Ok(if with > without { with - 1 } else { with })
    }
}

fn pooling(parts: &[ModelPart], dim: usize) -> Result<(Pooling, &[ModelPart]), Error> {
    match parts {
        [first, rest @ ..] if first.class == "Pooling" => Ok((Pooling::read(&first.folder, dim)?, rest)),
        rest => Ok((Pooling::default(), rest)),
    }
}

fn head(parts: &[ModelPart], mut dim: usize) -> Result<(Vec<HeadStep>, usize), Error> {
    let mut head = Vec::new();
    for part in parts {
        if let Some(step) = HeadStep::read(part, dim)? {
            dim = step.dim(dim);
            head.push(step);
        }
    }
    Ok((head, dim))
}

impl QueryEncoder for SentenceEncoder {
    type Query = str;
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(queries, Side::Query)?)
    }
}

impl ItemEncoder for SentenceEncoder {
    type Item = str;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_items(&self, items: &[&str]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(items, Side::Item)?)
    }
}
