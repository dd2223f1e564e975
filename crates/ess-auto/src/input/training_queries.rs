//! What is learned from.

use ess_core::{Embeddings, Error, TokenStates};
use ess_lexical::SparseVectors;
use ess_search::DeviceEncoding;
use ess_train::QuerySet;

use super::{
    auto_queries::check_len,
    further_queries::{self, Further, FurtherQueries, insert_once},
    item_scores::ItemScores,
};

/// Judged queries with their embeddings (`n × d`) and, for hybrid searching, their texts; perhaps with the states of their
/// tokens, and by further encoders, too.
///
/// ```
/// use ess_auto::TrainingQueries;
/// use ess_core::Embeddings;
/// use ess_train::{Judgement, QuerySet};
///
/// let relevant = vec![vec![Judgement { item: 0, grade: 1 }]];
/// let set = QuerySet::new(Embeddings::from_rows(&[[1.0, 0.0]])?, relevant)?;
/// let queries = TrainingQueries::new(set).with_texts(vec!["does a statin help?".into()])?;
/// assert_eq!(queries.set().len(), 1);
/// # Ok::<(), ess_auto::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrainingQueries {
    set: QuerySet,
    texts: Option<Vec<String>>,
    tokens: Option<TokenStates>,
    pub(crate) further: Further,
}

impl TrainingQueries {
    /// Queries without texts. Their weights, a teacher's scores and negatives count where modules are trained; weights of
    /// features are fitted to all queries alike, and all judge alike. An item that a query leaves out of its rankings
    /// ([`QuerySet::with_left_out`]) is no candidate of it: not where modules are trained on mined negatives, not where
    /// weights are fitted, and not where choices are judged.
    pub fn new(set: QuerySet) -> Self {
        Self { set, texts: None, tokens: None, further: Further::new() }
    }

    /// Adds the texts, in the same order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their number is another.
    pub fn with_texts(mut self, texts: Vec<String>) -> Result<Self, Error> {
        check_len("texts of queries", self.set.len(), texts.len())?;
        self.texts = Some(texts);
        Ok(self)
    }

    /// Adds the states of their tokens, in the same order; the embeddings beside them are not looked at.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their number is another.
    pub fn with_tokens(mut self, tokens: TokenStates) -> Result<Self, Error> {
        check_len("token states of queries", self.set.len(), tokens.embeddings().len())?;
        self.tokens = Some(tokens);
        Ok(self)
    }

    /// Adds the same queries by another encoder (`n × d` of whatever dimension), under the name of the items by it
    /// ([`Collection::with_encoding`](crate::Collection::with_encoding)).
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their number is another, [`Error::InvalidParameter`] for a name that is given twice.
    pub fn with_encoding(self, name: &str, queries: Embeddings) -> Result<Self, Error> {
        self.with_further(name, FurtherQueries::Dense(queries))
    }

    /// Adds the same queries as sparse vectors by a learned sparse encoder, under the name of the items by it
    /// ([`Collection::with_sparse_encoding`](crate::Collection::with_sparse_encoding)).
    ///
    /// # Errors
    /// Those of [`TrainingQueries::with_encoding`].
    pub fn with_sparse_encoding(self, name: &str, queries: SparseVectors) -> Result<Self, Error> {
        self.with_further(name, FurtherQueries::Sparse(queries))
    }

    /// Adds what another system scores of its first items for the same queries, under a name: rows of items with their scores, the
    /// larger the better, such as a cross-encoder's for the first hundred items of a first pass. Their place between the least and
    /// the largest score of the query is a feature of this name, where [`register_scores`](crate::register_scores) made it
    /// known, and the items are ranked too. A system that learned from the judgements of these queries makes the choice
    /// see them, which no cross-validation notices.
    ///
    /// # Errors
    /// Those of [`TrainingQueries::with_encoding`]; [`Error::NonFinite`] for a score that is no number,
    /// [`Error::InvalidParameter`] for an item that stands twice for a query.
    pub fn with_scores(self, name: &str, scores: Vec<Vec<(usize, f32)>>) -> Result<Self, Error> {
        self.with_further(name, FurtherQueries::Scores(ItemScores::new(scores)?))
    }

    /// Adds what an encoder or a system of any kind says of the same queries, under a name: as
    /// [`with_encoding`](Self::with_encoding), [`with_sparse_encoding`](Self::with_sparse_encoding) and
    /// [`with_scores`](Self::with_scores) do for one of a kind.
    ///
    /// # Errors
    /// Those of [`TrainingQueries::with_encoding`].
    pub fn with_further(mut self, name: &str, queries: FurtherQueries) -> Result<Self, Error> {
        check_len("queries by a further encoder", self.set.len(), queries.rows())?;
        insert_once(&mut self.further, name, queries)?;
        Ok(self)
    }

    /// The queries with their judgements.
    pub fn set(&self) -> &QuerySet {
        &self.set
    }

    /// The texts.
    pub fn texts(&self) -> Option<&[String]> {
        self.texts.as_deref()
    }

    /// The states of their tokens.
    pub fn tokens(&self) -> Option<&TokenStates> {
        self.tokens.as_ref()
    }

    /// The queries of both, these first; texts, tokens and further encodings where both have them.
    pub(crate) fn join(&self, other: Option<&Self>) -> Result<Self, crate::error::Error> {
        let Some(other) = other else {
            return Ok(self.clone());
        };
        let texts = self.texts.as_ref().zip(other.texts.as_ref());
        let tokens = self.tokens.as_ref().zip(other.tokens.as_ref());
        Ok(Self {
            set: self.set.join(&other.set)?,
            texts: texts.map(|(these, those)| [&these[..], those].concat()),
            tokens: tokens.map(|(these, those)| these.join(those)).transpose()?,
            further: further_queries::join(&self.further, &other.further)?,
        })
    }
}
