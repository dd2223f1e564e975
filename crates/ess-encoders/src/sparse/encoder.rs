//! The learned sparse encoder.

use std::path::Path;

use ess_core::{Error as CoreError, QueryEncoder};
use ess_lexical::SparseVectors;

use super::{loading::ways, term_weights::TermWeights, way::Way};
use crate::{
    compute::precision::Precision,
    error::Error,
    model::{folder::ModelFolder, settings::sparse, tokenizer::length::MIN_TOKENS},
    sentence::{
        modules::lists_parts,
        prompts::{ModelSettings, Prompts},
    },
};

/// A learned sparse encoder: a text becomes weights of terms, most of which it does not contain.
///
/// SPLADE (Formal, Piwowarski and Clinchant, 2021; max pooling by "SPLADE v2", 2021): the logits that a masked language model
/// gives to each term at each token, as `ln(1 + max(x, 0))`, and of all tokens the largest or the sum. The dimension is the
/// vocabulary of the model, and an exact search over such vectors is that of a [`SparseIndex`](crate::SparseIndex).
///
/// Loads the folder of a `BertForMaskedLM`, `DistilBertForMaskedLM`, `RobertaForMaskedLM` (XLM-RoBERTa, CamemBERT) or
/// `MPNetForMaskedLM`, read as sentence-transformers reads it, or the folder of a `SparseEncoder` of sentence-transformers 5
/// and 6: a Transformer or MLMTransformer with SpladePooling, or a Router to such a one for items and to a
/// `SparseStaticEmbedding` for queries. The latter is *inference-free*: a query becomes the weights of its own terms, by a
/// table, and no transformer runs when it is searched.
///
/// Texts are encoded on the CPU, in batches of about equal lengths.
///
/// ```no_run
/// use ess_core::{QueryEncoder, Searcher};
/// use ess_encoders::{SparseEncoder, SparseIndex};
///
/// let encoder = SparseEncoder::load("splade-v3")?;
/// let items = encoder.encode_items(&["The cat sat on the mat.", "Stocks fell on Monday."])?;
/// let hits = SparseIndex::new(&items).search(&encoder.encode_queries(&["feline"])?, 1)?;
/// assert_eq!(hits[0][0].item, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SparseEncoder {
    /// Of queries where it is another than of items.
    query: Option<Way>,
    item: Way,
    prompts: Prompts,
    max_active: Option<usize>,
}

impl SparseEncoder {
    /// Loads a model folder.
    ///
    /// # Errors
    /// What is missing from the folder or wrong in it, by file and field or tensor: [`Error::MissingTensor`] for a model without
    /// the head of a masked language model, [`Error::Config`] for other parts than the above and for unknown settings of
    /// pooling; [`ess_core::Error::DimensionMismatch`] where queries and items have different vocabularies.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        Self::load_at(folder, Precision::F32)
    }

    /// Loads a model folder as [`SparseEncoder::load`] does, with the weights of the transformer's layers and of the head at a
    /// precision.
    ///
    /// # Errors
    /// As [`SparseEncoder::load`].
    pub fn load_at(folder: impl AsRef<Path>, precision: Precision) -> Result<Self, Error> {
        let folder = ModelFolder::new(folder.as_ref())?;
        let model = match lists_parts(&folder) {
            true => ModelSettings::read_as(&folder, &sparse::MODEL)?,
            false => ModelSettings::default(),
        };
        if model.max_active_dims == Some(0) {
            let path = folder.file("config_sentence_transformers.json");
            return Err(Error::config(&path, "max_active_dims", "at least 1", 0));
        }
        let (query, item) = ways(&folder, precision)?;
        if let Some(query) = &query {
            CoreError::check_dim("the terms of queries", item.dim(), query.dim())?;
        }
        Ok(Self { query, item, prompts: model.prompts(), max_active: model.max_active_dims })
    }

    /// Makes queries inference-free: a query becomes the weights of the tokens that it has, and no transformer runs. `weights`
    /// has one for each term of the vocabulary, such as its inverse document frequency, or one that was trained.
    ///
    /// ```no_run
    /// # use ess_encoders::SparseEncoder;
    /// let encoder = SparseEncoder::load("splade-v3")?;
    /// let weights = vec![1.0; encoder.dim()];
    /// let encoder = encoder.with_query_weights(weights)?;
    /// # Ok::<(), ess_encoders::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ess_core::Error::DimensionMismatch`] for another number of weights than terms, [`ess_core::Error::NonFinite`];
    /// [`Error::Tokenizer`] where the tokenizer cannot be copied.
    pub fn with_query_weights(mut self, weights: Vec<f32>) -> Result<Self, Error> {
        CoreError::check_dim("weights of the terms of queries", self.dim(), weights.len())?;
        if let Some(at) = weights.iter().position(|weight| !weight.is_finite()) {
            let what = "weights of the terms of queries";
            return Err(CoreError::NonFinite { what, row: 0, column: at, value: weights[at] }.into());
        }
        let tokenizer = match self.query.as_ref().unwrap_or(&self.item) {
            Way::Masked(encoder) => encoder.tokenizer.uncut()?,
            Way::Weights(weights) => weights.tokenizer.uncut()?,
        };
        self.query = Some(Way::Weights(Box::new(TermWeights { tokenizer, weights })));
        Ok(self)
    }

    /// The number of terms.
    pub fn dim(&self) -> usize {
        self.item.dim()
    }

    /// Whether queries are encoded without a transformer.
    pub fn has_inference_free_queries(&self) -> bool {
        matches!(self.query, Some(Way::Weights(_)))
    }

    /// The text that is put before each query and the text before each item; empty where there is none.
    pub fn prompts(&self) -> [&str; 2] {
        [&self.prompts.query, &self.prompts.item]
    }

    /// The maximum number of components of a vector that are not 0, the largest of them, where the model says so.
    pub fn max_active(&self) -> Option<usize> {
        self.max_active
    }

    /// Cuts texts that a transformer encodes to `tokens` tokens, the special ones counted, instead of to the model's own limit.
    ///
    /// # Errors
    /// [`ess_core::Error::InvalidParameter`] for fewer than 5 or more than the model has positions for.
    pub fn with_max_tokens(mut self, tokens: usize) -> Result<Self, Error> {
        for way in self.query.iter_mut().chain([&mut self.item]) {
            let Way::Masked(encoder) = way else { continue };
            if !(MIN_TOKENS..=encoder.longest).contains(&tokens) {
                let expected = "between 5 and the model's positions";
                let found = format!("{tokens}; the model has {} positions", encoder.longest);
                return Err(CoreError::InvalidParameter { name: "max_tokens", expected, found }.into());
            }
            encoder.tokenizer.cut_at(Some(tokens))?;
        }
        Ok(self)
    }

    /// The term of each component; none where the tokenizer has no token of that number.
    ///
    /// ```no_run
    /// # use ess_encoders::SparseEncoder;
    /// let encoder = SparseEncoder::load("splade-v3")?;
    /// let item = encoder.encode_items(&["The cat sat on the mat."])?;
    /// let terms = encoder.terms();
    /// for (component, value) in item.row(0) {
    ///     println!("{} {value}", terms[component as usize].as_deref().unwrap_or("?"));
    /// }
    /// # Ok::<(), ess_encoders::Error>(())
    /// ```
    pub fn terms(&self) -> Vec<Option<String>> {
        let tokenizer = match &self.item {
            Way::Masked(encoder) => &encoder.tokenizer,
            Way::Weights(weights) => &weights.tokenizer,
        };
        let mut terms = tokenizer.tokens();
        terms.resize(self.dim(), None);
        terms
    }

    /// Encodes `n` items, in order, into `n` sparse vectors.
    ///
    /// # Errors
    /// [`ess_core::Error::Empty`] for no item, [`Error::Tokenizer`].
    pub fn encode_items(&self, items: &[&str]) -> Result<SparseVectors, Error> {
        self.encode(&self.item, &self.prompts.item, items)
    }

    fn encode(&self, way: &Way, prompt: &str, texts: &[&str]) -> Result<SparseVectors, Error> {
        let mut rows = way.encode(texts.iter().map(|text| format!("{prompt}{text}")).collect())?;
        if let Some(most) = self.max_active {
            rows.iter_mut().filter(|row| row.len() > most).for_each(|row| {
                row.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
                row.truncate(most);
            });
        }
        Ok(SparseVectors::new(way.dim(), &rows)?)
    }
}

impl QueryEncoder for SparseEncoder {
    type Query = str;
    type Encoding = SparseVectors;

    fn dim(&self) -> usize {
        self.item.dim()
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<SparseVectors, CoreError> {
        let way = self.query.as_ref().unwrap_or(&self.item);
        Ok(self.encode(way, &self.prompts.query, queries)?)
    }
}
