//! Models with one encoder for queries and another for items.

use std::path::Path;

use ess_core::{Embeddings, Error as CoreError, ItemEncoder, QueryEncoder};

use super::{
    modules::{LIST, STATIC, listed_classes, model_parts},
    router::{both_ways, is_router},
    side::Side,
    tower::Tower,
};
use crate::{
    compute::{place::Place, precision::Precision},
    error::Error,
    model::folder::ModelFolder,
    static_encoder::encoder::StaticEncoder,
};

/// Two encoders: one is enc1', the other enc2.
///
/// A folder that lists a `Router` (`Asym` before release 5 of sentence-transformers) has both: queries and items go through
/// the modules of their own routes, and through those before the router and behind it. What both go through is loaded twice. A
/// route may begin with a `StaticEmbedding`: queries become means of token vectors then, and no transformer runs for them. A
/// whole model may begin with one, such as sentence-transformers/static-retrieval-mrl-en-v1; then both sides do.
/// A model such as DPR comes in two folders, put together with [`TwoTowerEncoder::new`].
///
/// ```no_run
/// use ess_encoders::{SentenceEncoder, TwoTowerEncoder};
///
/// let one_folder = TwoTowerEncoder::load("my-router-model")?;
/// let query = SentenceEncoder::load("dpr-question_encoder-single-nq-base")?;
/// let item = SentenceEncoder::load("dpr-ctx_encoder-single-nq-base")?;
/// let two_folders = TwoTowerEncoder::new(query, item);
/// # Ok::<(), ess_encoders::Error>(())
/// ```
pub struct TwoTowerEncoder {
    query: Tower,
    item: Tower,
}

impl TwoTowerEncoder {
    /// Encodes queries with `query` and items with `item`, each a [`SentenceEncoder`](crate::SentenceEncoder) or a
    /// [`StaticEncoder`](crate::StaticEncoder); their dimensions may differ.
    pub fn new(query: impl Into<Tower>, item: impl Into<Tower>) -> Self {
        Self { query: query.into(), item: item.into() }
    }

    /// Whether a folder lists a router among its modules, so that it has an encoder for queries and one for items; or begins with
    /// a `StaticEmbedding`, and is no Model2Vec folder ([`StaticEncoder::is_folder`]).
    pub fn is_folder(folder: impl AsRef<Path>) -> bool {
        let classes = ModelFolder::new(folder.as_ref()).and_then(|folder| listed_classes(&folder));
        classes.is_ok_and(|classes| {
            let is_table = classes.first().is_some_and(|class| class == STATIC);
            classes.iter().any(|class| is_router(class)) || is_table && !StaticEncoder::is_folder(folder)
        })
    }

    /// Loads both from one folder, to be computed on the CPU.
    ///
    /// Routes are found as `encode_query` and `encode_document` of sentence-transformers 6 find them: by `route_mappings`, and
    /// by their names. Other routes are not read.
    ///
    /// # Errors
    /// [`Error::Config`] when the folder has no routes for queries and documents, when a route is named that there is not, and
    /// for a router in a route; and the errors of [`SentenceEncoder::load`](crate::SentenceEncoder::load).
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Host(Precision::F32))
    }

    /// Loads both from one folder, with the weights of the transformers' layers at a precision.
    ///
    /// # Errors
    /// As [`TwoTowerEncoder::load`].
    pub fn load_at(folder: impl AsRef<Path>, precision: Precision) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Host(precision))
    }

    /// Loads both from one folder, to be computed by Burn on a device.
    ///
    /// # Errors
    /// As [`TwoTowerEncoder::load`].
    #[cfg(feature = "device")]
    pub fn load_on(folder: impl AsRef<Path>, device: &burn::tensor::Device) -> Result<Self, Error> {
        Self::read(folder.as_ref(), &Place::Device(device.clone()))
    }

    /// Cuts texts to `tokens` tokens on both sides.
    ///
    /// # Errors
    /// As [`SentenceEncoder::with_max_tokens`](crate::SentenceEncoder::with_max_tokens), and as
    /// [`StaticEncoder::with_max_tokens`](crate::StaticEncoder::with_max_tokens) for a table of token vectors.
    pub fn with_max_tokens(self, tokens: usize) -> Result<Self, Error> {
        Ok(Self { query: self.query.with_max_tokens(tokens)?, item: self.item.with_max_tokens(tokens)? })
    }

    /// The encoder of queries.
    pub fn query(&self) -> &Tower {
        &self.query
    }

    /// The encoder of items.
    pub fn item(&self) -> &Tower {
        &self.item
    }

    fn read(folder: &Path, place: &Place) -> Result<Self, Error> {
        let folder = ModelFolder::new(folder)?;
        let parts = model_parts(&folder)?;
        let [query, item] = match both_ways(&parts)? {
            Some(ways) => ways,
            None if parts.first().is_some_and(|part| part.class == STATIC) => [parts.clone(), parts],
            None => {
                let classes: Vec<_> = parts.iter().map(|part| part.class.as_str()).collect();
                let expected =
                    "a Router, with an encoder for queries and one for items, or StaticEmbedding first";
                return Err(Error::config(&folder.file(LIST), "type", expected, classes.join(", ")));
            }
        };
        Ok(Self {
            query: Tower::from_parts(&folder, &query, place)?,
            item: Tower::from_parts(&folder, &item, place)?,
        })
    }
}

impl QueryEncoder for TwoTowerEncoder {
    type Query = str;
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.query.dim()
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<Embeddings, CoreError> {
        self.query.encode(queries, Side::Query)
    }
}

impl ItemEncoder for TwoTowerEncoder {
    type Item = str;

    fn dim(&self) -> usize {
        self.item.dim()
    }

    fn encode_items(&self, items: &[&str]) -> Result<Embeddings, CoreError> {
        self.item.encode(items, Side::Item)
    }
}
