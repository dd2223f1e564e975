//! One of the two encoders of a model.

use ess_core::{Embeddings, Error as CoreError, ItemEncoder, QueryEncoder};

use super::{
    encoder::SentenceEncoder,
    modules::{ModelPart, STATIC},
    pooling::PoolingMode,
    side::Side,
    static_tower::StaticTower,
};
use crate::{
    compute::{place::Place, precision::Precision},
    error::Error,
    model::folder::ModelFolder,
    static_encoder::encoder::StaticEncoder,
    token_counter::TokenCounter,
};

/// One of the two encoders of a [`TwoTowerEncoder`](crate::TwoTowerEncoder): a transformer, or a table of token vectors.
///
/// Where queries go through a table, no transformer runs when they are searched. The table is that of a `StaticEmbedding` in a
/// Router's folder, as sentence-transformers has it: the mean of all tokens, behind the model's prompt, with the Dense, LayerNorm
/// and Normalize that follow. A [`StaticEncoder`] is one as it is, without prompts.
///
/// ```no_run
/// use ess_encoders::{SentenceEncoder, StaticEncoder, TwoTowerEncoder};
///
/// let query = StaticEncoder::load("my-distilled-queries")?;
/// let towers = TwoTowerEncoder::new(query, SentenceEncoder::load("my-encoder")?);
/// assert!(towers.query().sentence().is_none());
/// # Ok::<(), ess_encoders::Error>(())
/// ```
pub struct Tower(Kind);

enum Kind {
    Sentence(Box<SentenceEncoder>),
    Static(Box<StaticTower>),
}

impl Tower {
    /// Made of the parts on one way through a model; `folder` is the whole model's.
    pub(super) fn from_parts(
        folder: &ModelFolder,
        parts: &[ModelPart],
        place: &Place,
    ) -> Result<Self, Error> {
        match parts {
            [first, rest @ ..] if first.class == STATIC => {
                let tower = StaticTower::from_parts(folder, first, rest)?;
                Ok(Self(Kind::Static(Box::new(tower))))
            }
            _ => SentenceEncoder::from_parts(folder, parts, place).map(Self::from),
        }
    }

    /// The encoder where it is a transformer.
    pub fn sentence(&self) -> Option<&SentenceEncoder> {
        match &self.0 {
            Kind::Sentence(encoder) => Some(encoder),
            Kind::Static(_) => None,
        }
    }

    /// The dimension of the embeddings.
    pub fn dim(&self) -> usize {
        match &self.0 {
            Kind::Sentence(encoder) => SentenceEncoder::dim(encoder),
            Kind::Static(tower) => tower.dim,
        }
    }

    /// How the weights of a transformer's layers are kept; a table of token vectors is in `f32`.
    pub fn precision(&self) -> Precision {
        self.sentence().map_or(Precision::F32, SentenceEncoder::precision)
    }

    /// The maximum number of tokens of a text; `None` where texts are not cut.
    pub fn max_tokens(&self) -> Option<usize> {
        match &self.0 {
            Kind::Sentence(encoder) => Some(encoder.max_tokens()),
            Kind::Static(tower) => tower.encoder.max_tokens(),
        }
    }

    /// Cuts texts to `tokens` tokens.
    pub(super) fn with_max_tokens(self, tokens: usize) -> Result<Self, Error> {
        Ok(match self.0 {
            Kind::Sentence(encoder) => Self::from(encoder.with_max_tokens(tokens)?),
            Kind::Static(tower) => Self(Kind::Static(Box::new(tower.with_max_tokens(tokens)?))),
        })
    }

    /// How token vectors become one vector.
    pub fn poolings(&self) -> &[PoolingMode] {
        self.sentence().map_or(&[PoolingMode::Mean], SentenceEncoder::poolings)
    }

    /// Whether the embeddings are scaled to unit norm.
    pub fn normalizes(&self) -> bool {
        match &self.0 {
            Kind::Sentence(encoder) => encoder.normalizes(),
            Kind::Static(tower) => tower.normalizes(),
        }
    }

    /// The similarity that the model is meant for, where it says so, as [`SentenceEncoder::similarity`] has it.
    pub fn similarity(&self) -> Option<&str> {
        match &self.0 {
            Kind::Sentence(encoder) => encoder.similarity(),
            Kind::Static(tower) => tower.similarity.as_deref(),
        }
    }

    /// What had to be assumed of the model, as [`SentenceEncoder::assumptions`] has it.
    pub fn assumptions(&self) -> &[String] {
        match &self.0 {
            Kind::Sentence(encoder) => encoder.assumptions(),
            Kind::Static(tower) => &tower.assumptions,
        }
    }

    /// The text that is put before each query and the text before each item; empty where there is none.
    pub fn prompts(&self) -> [&str; 2] {
        match &self.0 {
            Kind::Sentence(encoder) => encoder.prompts(),
            Kind::Static(tower) => [&tower.prompts.query, &tower.prompts.item],
        }
    }

    /// Counts the tokens of texts as this encoder has them before it cuts them.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] where the tokenizer cannot be copied.
    pub fn token_counter(&self) -> Result<TokenCounter, Error> {
        match &self.0 {
            Kind::Sentence(encoder) => encoder.token_counter(),
            Kind::Static(tower) => tower.encoder.token_counter(),
        }
    }

    /// The embeddings of `n` texts of a side, in order, `n × dim`.
    pub(super) fn encode(&self, texts: &[&str], side: Side) -> Result<Embeddings, CoreError> {
        match (&self.0, side) {
            (Kind::Sentence(encoder), Side::Query) => encoder.encode_queries(texts),
            (Kind::Sentence(encoder), Side::Item) => encoder.encode_items(texts),
            (Kind::Static(tower), side) => Ok(tower.encode(texts, side)?),
        }
    }
}

impl From<SentenceEncoder> for Tower {
    fn from(encoder: SentenceEncoder) -> Self {
        Self(Kind::Sentence(Box::new(encoder)))
    }
}

impl From<StaticEncoder> for Tower {
    fn from(encoder: StaticEncoder) -> Self {
        Self(Kind::Static(Box::new(StaticTower::from(encoder))))
    }
}
