//! The items that are searched.

use std::{collections::BTreeMap, ops::Range};

use ess_core::{Embeddings, Encoding, Error, Ids, Index, QueryEncoder};
use ess_index::{FlatIndex, PassageIndex, PassageRows};
use ess_lexical::{Bm25Config, Bm25Encoder, SparseIndex, SparseVectors};
use ess_searchers::ItemTokens;

use super::{
    auto_queries::{AutoQueries, check_len},
    further_items::FurtherItems,
    further_queries::insert_once,
};

/// `m` items: their ids, their frozen embeddings (`m × d`) with an exact index, and, where there are texts, their lexical encodings;
/// perhaps their titles, embeddings of their passages, the states of their tokens and what further encoders give for them too.
///
/// ```
/// use ess_auto::Collection;
/// use ess_core::{Embeddings, Ids};
///
/// let ids = Ids::new(vec!["d1".into(), "d2".into()])?;
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let collection = Collection::new(ids, items)?.with_texts(&["statins", "bones"], Default::default())?;
/// assert!(collection.has("lexical") && !collection.has("passages"));
/// # Ok::<(), ess_core::Error>(())
/// ```
pub struct Collection {
    pub(crate) ids: Ids,
    pub(crate) items: Embeddings,
    pub(crate) index: FlatIndex,
    pub(crate) lexical: Option<LexicalItems>,
    pub(crate) passages: Option<Passages>,
    pub(crate) tokens: Option<ItemTokens>,
    /// Which components of a vector are which part.
    pub(crate) parts: BTreeMap<String, Range<usize>>,
    /// The items by each further encoder, by its name.
    pub(crate) further: BTreeMap<String, FurtherItems>,
}

/// The items' passages, in the space of the items.
pub(crate) struct Passages {
    pub(crate) embeddings: Embeddings,
    pub(crate) index: PassageIndex<FlatIndex>,
}

/// The items' lexical encodings.
pub(crate) struct LexicalItems {
    pub(crate) encoder: Bm25Encoder,
    pub(crate) items: SparseVectors,
    pub(crate) index: SparseIndex,
    // In the vocabulary of the whole texts.
    pub(crate) titles: Option<SparseVectors>,
}

impl Collection {
    /// Items with their ids, in the same order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when there are not as many ids as embeddings.
    pub fn new(ids: Ids, items: Embeddings) -> Result<Self, Error> {
        check_len("ids of items", items.len(), ids.len())?;
        let index = FlatIndex::new(items.clone())?;
        let (parts, further) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { ids, items, index, lexical: None, passages: None, tokens: None, parts, further })
    }

    /// Adds the items' texts, in the same order, for lexical search; titles that were given before are dropped.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for another number of texts, and those of [`Bm25Encoder::fit`].
    pub fn with_texts(mut self, texts: &[&str], config: Bm25Config) -> Result<Self, Error> {
        check_len("texts of items", self.items.len(), texts.len())?;
        let (encoder, items) = Bm25Encoder::fit_and_encode(texts, config)?;
        let index = SparseIndex::new(&items);
        self.lexical = Some(LexicalItems { encoder, items, index, titles: None });
        Ok(self)
    }

    /// Adds the items' titles, in the same order, which texts have besides: words in them may count more. Their words are
    /// those of the texts, which come first.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for another number of titles; [`Error::External`] around [`Error::NoTexts`](crate::Error::NoTexts) without
    /// texts.
    pub fn with_titles(mut self, titles: &[&str]) -> Result<Self, Error> {
        check_len("titles of items", self.items.len(), titles.len())?;
        let lexical = self.lexical.as_mut().ok_or(crate::error::Error::NoTexts { what: "the collection" })?;
        lexical.titles = Some(lexical.encoder.encode_items(titles)?);
        Ok(self)
    }

    /// Adds the states of the items' tokens, in the same order, for comparing queries with items token by token.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for another number of items.
    pub fn with_tokens(mut self, tokens: ItemTokens) -> Result<Self, Error> {
        check_len("items with token states", self.items.len(), tokens.items())?;
        self.tokens = Some(tokens);
        Ok(self)
    }

    /// Adds the same items by another encoder (`m × d` of whatever dimension), in the same order. Their similarity to queries
    /// by the same encoder is a feature of this name, where [`register_encoding`](crate::register_encoding) made it known. It is
    /// the inner product, for a query of norm 1 and items of mean norm 1; what is nearest by it is ranked too.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for another number of items, [`Error::InvalidParameter`] for a name that is given twice.
    pub fn with_encoding(mut self, name: &str, items: Embeddings) -> Result<Self, Error> {
        check_len("items by a further encoder", self.items.len(), items.len())?;
        insert_once(&mut self.further, name, FurtherItems::dense(items)?)?;
        Ok(self)
    }

    /// Adds the same items as sparse vectors by a learned sparse encoder (such as SPLADE), in the same order. All that
    /// [`Collection::with_encoding`] says of a further encoder is so of this one.
    ///
    /// # Errors
    /// Those of [`Collection::with_encoding`].
    pub fn with_sparse_encoding(mut self, name: &str, items: SparseVectors) -> Result<Self, Error> {
        check_len("items by a further encoder", self.items.len(), items.rows())?;
        insert_once(&mut self.further, name, FurtherItems::sparse(items))?;
        Ok(self)
    }

    /// Says of which parts a vector is made, of queries and items alike: names, and how many components each has, in order. The
    /// similarity of each is a feature of its name, where [`register_part`](crate::register_part) made it known.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless the components are those of a vector; [`Error::InvalidParameter`] for a name that stands twice.
    pub fn with_parts(mut self, parts: &[(&str, usize)]) -> Result<Self, Error> {
        let dims = parts.iter().map(|(_, dim)| dim).sum();
        check_len("components of the parts", self.items.dim(), dims)?;
        self.parts.clear();
        let mut start = 0;
        for (name, dim) in parts {
            if self.parts.insert((*name).to_owned(), start..start + dim).is_some() {
                let (parameter, expected) = ("name of a part", "one that stands once");
                return Err(Error::InvalidParameter { name: parameter, expected, found: (*name).to_owned() });
            }
            start += dim;
        }
        Ok(self)
    }

    /// Adds embeddings of the items' passages (`p × d`), by the same encoder, for searching by the best of them.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] for another dimension than the items', [`Error::LengthMismatch`] unless `rows` has as
    /// many items and as many passages.
    pub fn with_passages(mut self, passages: Embeddings, rows: PassageRows) -> Result<Self, Error> {
        Error::check_dim("passages of the items", self.items.dim(), passages.dim())?;
        check_len("items with passages", self.items.len(), rows.items())?;
        let index = PassageIndex::new(FlatIndex::new(passages.clone())?, rows)?;
        self.passages = Some(Passages { embeddings: passages, index });
        Ok(self)
    }

    /// The number of items, `m`.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The items' embeddings, `m × d`.
    pub fn items(&self) -> &Embeddings {
        &self.items
    }

    /// The items' ids.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// The exact index of the embeddings.
    pub fn index(&self) -> &dyn Index {
        &self.index
    }

    /// The states of the items' tokens, where there are some.
    pub fn tokens(&self) -> Option<&ItemTokens> {
        self.tokens.as_ref()
    }

    /// The embeddings of the items' passages (`p × d`), and which are of which item; where there are some.
    pub fn passages(&self) -> Option<(&Embeddings, &PassageRows)> {
        self.passages.as_ref().map(|passages| (&passages.embeddings, passages.index.passage_rows()))
    }

    /// The items' texts as BM25 encodes them, and their titles in the same vocabulary; none without texts.
    pub fn lexical(&self) -> Option<(&SparseVectors, Option<&SparseVectors>)> {
        self.lexical.as_ref().map(|lexical| (&lexical.items, lexical.titles.as_ref()))
    }

    /// Queries, given by embedding (`n × d`) and text, as a hybrid choice reads them.
    ///
    /// # Errors
    /// [`Error::External`] around [`Error::NoTexts`](crate::Error::NoTexts) without texts of the items; [`Error::LengthMismatch`] when
    /// there are not as many texts as embeddings.
    pub fn encode(&self, queries: &Embeddings, texts: &[&str]) -> Result<AutoQueries, Error> {
        let lexical = self.lexical.as_ref().ok_or(crate::error::Error::NoTexts { what: "the collection" })?;
        AutoQueries::new(queries.clone()).with_lexical(lexical.encoder.encode_queries(texts)?)
    }
}
