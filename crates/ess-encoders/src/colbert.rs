//! ColBERT: a vector for each token of a text, compared by the largest inner product.

mod folder;
mod settings;
mod token_list;

use std::path::Path;

use ess_core::{Embeddings, Error as CoreError, QueryEncoder, TokenStates};

use self::{
    folder::ColbertFolder,
    token_list::{Lists, TokenLists},
};
use crate::{
    compute::{place::Place, precision::Precision},
    error::Error,
    model::{folder::ModelFolder, tokenizer::text_tokenizer::TextTokenizer},
    sentence::{engine::Engine, head::HeadStep},
};

/// A ColBERT encoder (Khattab and Zaharia 2020; Santhanam et al., "ColBERTv2", 2022). Every token of a text has a vector of unit
/// norm, and a query is as near to an item as the sum, over the query's tokens, of the largest inner product with a token of
/// the item (MaxSim).
///
/// Loads the folders of ColBERT's own program (`linear.weight` beside BERT, and artifact.metadata) and those of PyLate, of any
/// architecture that [`SentenceEncoder`](crate::SentenceEncoder) loads. A marker tells queries from items. A query is filled up
/// to [`ColbertEncoder::query_length`] tokens with `[MASK]`, whose vectors count like those of words; words attend to them only
/// where the model says so. Tokens of items that the model skips, such as punctuation, have no vector.
///
/// It gives [`TokenStates`] of dimension [`QueryEncoder::dim`] for both sides; the embedding beside them, of the same dimension,
/// is the mean of a text's vectors, and zero for a text without any.
///
/// # Example
/// ```no_run
/// use ess_core::QueryEncoder;
/// use ess_encoders::ColbertEncoder;
///
/// let encoder = ColbertEncoder::load("colbertv2.0")?;
/// let queries = encoder.encode_queries(&["Where is the cat?"])?;
/// let items = encoder.encode_items(&["The cat sat on the mat."])?;
/// assert_eq!((queries.tokens(0), queries.token_dim(), items.token_dim()), (32, 128, 128));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ColbertEncoder {
    engine: Engine,
    lists: TokenLists,
    projection: Vec<HeadStep>,
    layers: usize,
    state_dim: usize,
    dim: usize,
}

impl ColbertEncoder {
    /// Loads a model folder, to be computed on the CPU.
    ///
    /// # Errors
    /// What is missing from the folder or wrong in it: [`Error::MissingTensor`] or [`Error::Config`] where there is no
    /// projection, [`Error::Config`] where its dimension is not the transformer's or not the stated one, and for a marker that is
    /// no token; [`Error::Setting`] for a setting that would give other vectors; [`Error::Adapter`].
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Host(Precision::F32))
    }

    /// Loads a model folder as [`ColbertEncoder::load`] does, with the weights of the transformer's layers at a precision.
    ///
    /// # Errors
    /// As [`ColbertEncoder::load`].
    pub fn load_at(folder: impl AsRef<Path>, precision: Precision) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Host(precision))
    }

    /// Loads a model folder, to be computed by Burn on a device.
    ///
    /// # Errors
    /// As [`ColbertEncoder::load`].
    #[cfg(feature = "device")]
    pub fn load_on(folder: impl AsRef<Path>, device: &burn::tensor::Device) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Device(device.clone()))
    }

    /// Whether a folder is of a ColBERT model: it has artifact.metadata, or says that PyLate's `ColBERT` saved it.
    pub fn is_folder(folder: impl AsRef<Path>) -> bool {
        ModelFolder::new(folder.as_ref()).is_ok_and(|folder| folder::is_of_colbert(&folder))
    }

    fn read(folder: &Path, place: &Place) -> Result<Self, Error> {
        let model = ColbertFolder::read(&ModelFolder::new(folder)?)?;
        let config = &model.config;
        let mut tokenizer =
            TextTokenizer::load(&model.transformer, config.longest(), config.vocabulary, config.token_types)?;
        if model.lowercases {
            tokenizer.lowercase()?;
        }
        Ok(Self {
            lists: TokenLists::new(tokenizer, &model.transformer, &model.settings, config)?,
            engine: Engine::load(&model.weights, config, place)?,
            layers: config.layers,
            state_dim: config.dim,
            dim: model.dim(),
            projection: model.projection,
        })
    }

    /// The maximum number of tokens of a query, markers and special tokens counted. Where the model fills queries up, every
    /// query has as many.
    pub fn query_length(&self) -> usize {
        self.lists.longest()[0]
    }

    /// The maximum number of tokens of an item, markers, special and skipped tokens counted.
    pub fn item_length(&self) -> usize {
        self.lists.longest()[1]
    }

    /// How the weights of the transformer's layers are kept; on a device in `f32`.
    pub fn precision(&self) -> Precision {
        self.engine.precision()
    }

    /// The vectors of the tokens of `n` items.
    ///
    /// # Errors
    /// [`CoreError::Empty`] for no item; [`Error::Tokenizer`] and [`Error::Device`], wrapped.
    pub fn encode_items(&self, items: &[&str]) -> Result<TokenStates, CoreError> {
        Ok(self.encode(items, |texts| self.lists.items(texts), |id| self.lists.keeps(id))?)
    }

    fn encode(
        &self,
        texts: &[&str],
        tokenize: impl Fn(&[&str]) -> Result<Lists, Error>,
        keeps: impl Fn(u32) -> bool + Sync,
    ) -> Result<TokenStates, Error> {
        if texts.is_empty() {
            return Err(CoreError::Empty { what: "texts to encode" }.into());
        }
        let Lists { tokens, attended } = tokenize(texts)?;
        let vectors = |text: usize, states: &[&[f32]]| {
            let kept = tokens[text].ids.iter().zip(states[0].chunks_exact(self.state_dim));
            let kept: Vec<f32> =
                kept.filter(|(id, _)| keeps(**id)).flat_map(|(_, state)| state).copied().collect();
            self.project(kept)
        };
        let vectors = match attended {
            Some(attended) => self.engine.run_attending(&tokens, &attended, &[self.layers], vectors)?,
            None => self.engine.run(&tokens, &[self.layers], vectors)?,
        };
        let means = vectors.iter().flat_map(|text| mean(text, self.dim)).collect();
        Ok(TokenStates::from_texts(Embeddings::from_vec(means, self.dim)?, self.dim, &vectors)?)
    }

    /// From `t × state_dim` to `t × dim`, each of unit norm.
    fn project(&self, mut vectors: Vec<f32>) -> Vec<f32> {
        let mut dim = self.state_dim;
        for step in &self.projection {
            vectors = step.apply(vectors, dim);
            dim = step.dim(dim);
        }
        HeadStep::Normalize.apply(vectors, dim)
    }
}

fn mean(vectors: &[f32], dim: usize) -> Vec<f32> {
    let (mut sum, tokens) = (vec![0.0; dim], vectors.len() / dim);
    for vector in vectors.chunks_exact(dim) {
        sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
    }
    sum.iter_mut().for_each(|sum| *sum /= tokens.max(1) as f32);
    sum
}

impl QueryEncoder for ColbertEncoder {
    type Query = str;
    type Encoding = TokenStates;

    /// The dimension of a token's vector.
    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<TokenStates, CoreError> {
        Ok(self.encode(queries, |texts| self.lists.queries(texts), |_| true)?)
    }
}
