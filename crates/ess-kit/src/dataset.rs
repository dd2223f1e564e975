//! Embeddings of queries and items from a folder.

use std::path::{Path, PathBuf};

use ess_core::{Embeddings, Ids};
use ess_data::{EmbeddingStore, Provenance};
use ess_index::{FlatIndex, IdentifiedIndex, ItemVectors, PassageRows};
#[cfg(feature = "searchers")]
use ess_searchers::ItemTokens;

use crate::{error::Error, searchable};

/// The item embeddings of a dataset's folder.
const CORPUS: &str = "corpus.safetensors";
/// The query embeddings of a dataset's folder.
const QUERIES: &str = "queries.safetensors";
/// The embeddings of the items' passages, where a dataset's folder has them.
const PASSAGES: &str = "passages.safetensors";

/// Items whose token states are in full precision at once.
#[cfg(feature = "searchers")]
const TOGETHER: usize = 512;

/// The frozen embeddings of queries and items: a folder with `queries.safetensors` and `corpus.safetensors`.
///
/// Item vectors are brought to unit norm where their encoder is meant for the cosine and did not do it
/// ([`searchable`]).
///
/// ```
/// use ess_kit::prelude::*;
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let ids = |names: &[&str]| Ids::new(names.iter().map(|name| name.to_string()).collect());
/// let (items, queries) = ([[1.0, 0.0], [0.6, 0.8]], [[0.0, 1.0]]);
/// let (items, queries) = (Embeddings::from_rows(&items)?, Embeddings::from_rows(&queries)?);
/// let provenance = Provenance::default();
/// write_store(folder.join("corpus.safetensors"), &ids(&["cat", "dog"])?, &items, Dtype::F32, &provenance)?;
/// write_store(folder.join("queries.safetensors"), &ids(&["q1"])?, &queries, Dtype::F32, &provenance)?;
///
/// let dataset = Dataset::open(folder)?;
/// let hits = dataset.index()?.search_ids(&dataset.query_embeddings(&["q1"])?, 1)?;
/// assert_eq!(hits[0][0].id, "dog");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Dataset {
    folder: PathBuf,
    pub(crate) queries: EmbeddingStore,
    corpus: EmbeddingStore,
    items: Embeddings,
    #[cfg_attr(not(feature = "train"), expect(dead_code, reason = "judgements need training"))]
    pub(crate) allow_missing: bool,
    #[cfg_attr(not(feature = "train"), expect(dead_code, reason = "judgements need training"))]
    pub(crate) ignore_identical_ids: bool,
}

/// The items of a [`Dataset`] in passages.
///
/// ```no_run
/// use ess_kit::prelude::*;
///
/// let dataset = Dataset::open("embeddings")?;
/// if let Some(passages) = dataset.passages()? {
///     println!("{} passages of {} items", passages.embeddings.len(), passages.rows.items());
/// }
/// # Ok::<(), ess_kit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Passages {
    /// One embedding a passage, `p × d_item`.
    pub embeddings: Embeddings,
    /// Which passages are of which item.
    pub rows: PassageRows,
    /// Where the embeddings come from.
    pub provenance: Provenance,
}

impl Dataset {
    /// Opens a folder and reads it through once.
    ///
    /// # Errors
    /// [`Error::NoStore`] when one of the two files is missing; [`Error::Data`] when one is torn or altered.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref().to_owned();
        let corpus = open_store(&folder, CORPUS)?;
        let queries = open_store(&folder, QUERIES)?;
        let items = searchable(&corpus)?;
        Ok(Self { folder, queries, corpus, items, allow_missing: false, ignore_identical_ids: false })
    }

    /// Whether judgements of queries and items without an embedding are left out and counted. Default: they are refused.
    ///
    /// A query that is left still counts its relevant items without an embedding as not found.
    #[must_use]
    pub fn allow_missing(mut self, allow: bool) -> Self {
        self.allow_missing = allow;
        self
    }

    /// Whether the item that has a query's own id is left out of its ranking, as BEIR does where queries are items too
    /// (ArguAna, Quora). Default: it is not.
    #[must_use]
    pub fn ignore_identical_ids(mut self, ignore: bool) -> Self {
        self.ignore_identical_ids = ignore;
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The item embeddings, `m × d_item`.
    pub fn items(&self) -> &Embeddings {
        &self.items
    }

    /// The ids of the items, in row order.
    pub fn item_ids(&self) -> &Ids {
        self.corpus.ids()
    }

    /// The store of the items, as it is on disk.
    pub fn item_store(&self) -> &EmbeddingStore {
        &self.corpus
    }

    /// The store of the queries, as it is on disk.
    pub fn query_store(&self) -> &EmbeddingStore {
        &self.queries
    }

    /// The embeddings of some queries, in the order given: `n × d_query`.
    ///
    /// # Errors
    /// [`Error::UnknownId`] for an id without an embedding; [`Error::Data`] for no id at all.
    pub fn query_embeddings(&self, ids: &[&str]) -> Result<Embeddings, Error> {
        let row = |id: &&str| self.queries.ids().row(id).map_err(|_| Error::unknown_query(id, &self.queries));
        Ok(self.queries.select(&ids.iter().map(row).collect::<Result<Vec<_>, _>>()?)?)
    }

    /// An exact index of the items, with their ids. It has a copy of the item embeddings.
    ///
    /// # Errors
    /// [`Error::Index`] for items that cannot be indexed.
    pub fn index(&self) -> Result<IdentifiedIndex<FlatIndex>, Error> {
        let index = FlatIndex::new(self.items.clone())?;
        let index = IdentifiedIndex::new(index, self.item_ids().as_slice().to_vec())?;
        Ok(index.with_vectors(ItemVectors::Encoded))
    }

    /// The embeddings of the items' passages, where the folder has `passages.safetensors`.
    ///
    /// # Errors
    /// [`Error::Data`] when the file is torn or altered; [`Error::Passages`] when they are not those of the items.
    pub fn passages(&self) -> Result<Option<Passages>, Error> {
        let path = self.folder.join(PASSAGES);
        if !path.exists() {
            return Ok(None);
        }
        let store = EmbeddingStore::open(&path)?;
        let rows = PassageRows::from_ids(self.item_ids(), store.ids());
        let rows = rows.map_err(|cause| Error::Passages { path, cause })?;
        Ok(Some(Passages { embeddings: searchable(&store)?, rows, provenance: store.provenance().clone() }))
    }

    /// The states of the items' tokens, where items and queries have token states.
    ///
    /// # Errors
    /// [`Error::TokenLayers`] when the states are of another layer than those of the queries.
    #[cfg(feature = "searchers")]
    pub fn item_tokens(&self) -> Result<Option<ItemTokens>, Error> {
        let Some(dim) = self.corpus.token_dim().filter(|_| self.has_token_states()) else {
            return Ok(None);
        };
        let [items, queries] = [&self.corpus, &self.queries].map(|store| store.provenance().layers.clone());
        if items != queries {
            return Err(Error::TokenLayers { path: self.folder.clone(), expected: queries, found: items });
        }
        let mut tokens = ItemTokens::of_dim(dim)?;
        tokens.reserve(self.corpus.token_count().unwrap_or(0));
        for first in (0..self.corpus.len()).step_by(TOGETHER) {
            let rows = first..self.corpus.len().min(first + TOGETHER);
            tokens.append(&self.corpus.token_states(rows)?)?;
        }
        Ok(Some(tokens))
    }

    /// Whether items and queries have token states.
    #[cfg(any(feature = "searchers", feature = "train"))]
    pub(crate) fn has_token_states(&self) -> bool {
        self.corpus.token_dim().is_some() && self.queries.token_dim().is_some()
    }

    /// What queries and items say of their representations, where inner products of the two mean nothing though their dimensions
    /// agree: another layer or pooling, or another order. A module may be trained between them all the same.
    pub fn differing_spaces(&self) -> Option<String> {
        let [items, queries] = [&self.corpus, &self.queries].map(|store| store.provenance().spaces());
        let (items, queries) = (items?, queries?);
        let differ = items != queries && self.corpus.dim() == self.queries.dim();
        differ.then(|| format!("queries are of {}, items of {}", queries.join(" + "), items.join(" + ")))
    }

    /// The dimension of the query embeddings, `d_query`.
    pub fn query_dim(&self) -> usize {
        self.queries.dim()
    }

    /// The dimension of the queries' token states, `d_token`.
    ///
    /// # Errors
    /// [`Error::NoTokenStates`] when the queries were encoded without them.
    pub fn token_dim(&self) -> Result<usize, Error> {
        let path = || self.folder.join(QUERIES);
        self.queries.token_dim().ok_or_else(|| Error::NoTokenStates { path: path() })
    }
}

/// Opens one of a dataset's two files; of one that is missing it says what the folder has.
fn open_store(folder: &Path, name: &str) -> Result<EmbeddingStore, Error> {
    let path = folder.join(name);
    if path.exists() {
        return Ok(EmbeddingStore::open(path)?);
    }
    let found = match std::fs::read_dir(folder) {
        Err(error) => format!("none that can be read ({error})"),
        Ok(entries) => {
            let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
            let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
            names.sort_unstable();
            let more = if names.len() > 8 { ", …" } else { "" };
            names.truncate(8);
            if names.is_empty() {
                "an empty one".to_owned()
            } else {
                format!("one with {}{more}", names.join(", "))
            }
        }
    };
    Err(Error::NoStore { path, found })
}
