//! Embeddings and judgements from a folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use ess_core::{Embeddings, Encoding, Ids, TokenStates};
use ess_data::{EmbeddingStore, Judgements};
use ess_index::{ItemTokens, PassageRows};
use ess_metrics::Qrels;
use ess_train::{Judgement, QuerySet};

/// Items whose token states are in full precision at once.
const TOGETHER: usize = 512;

/// The frozen embeddings of queries and items: a folder with `queries.safetensors` and `corpus.safetensors`.
pub struct Dataset {
    folder: PathBuf,
    queries: EmbeddingStore,
    corpus: EmbeddingStore,
    items: Embeddings,
}

/// Judged queries, by id and by row.
pub struct JudgedQueries<E = Embeddings> {
    /// The judgements by id, of queries with a relevant item.
    pub qrels: Qrels,
    /// The ids of the queries, in row order.
    pub ids: Vec<String>,
    /// The encoded queries and their judgements by row.
    pub set: QuerySet<E>,
    /// The states of the queries' tokens, where queries and items have token states.
    pub tokens: Option<TokenStates>,
}

/// What a store of queries may have for each of them.
pub trait StoredEncoding: Encoding + Sized {
    /// Copies rows of a store.
    ///
    /// # Errors
    /// When the store does not have it.
    fn select(store: &EmbeddingStore, rows: &[usize]) -> Result<Self>;
}

impl StoredEncoding for Embeddings {
    fn select(store: &EmbeddingStore, rows: &[usize]) -> Result<Self> {
        Ok(store.select(rows)?)
    }
}

impl StoredEncoding for TokenStates {
    fn select(store: &EmbeddingStore, rows: &[usize]) -> Result<Self> {
        Ok(store.select_token_states(rows)?)
    }
}

impl Dataset {
    /// Opens a folder.
    ///
    /// # Errors
    /// When a file is missing, torn or altered.
    pub fn open(folder: &Path) -> Result<Self> {
        let corpus = EmbeddingStore::open(folder.join("corpus.safetensors"))?;
        let queries = EmbeddingStore::open(folder.join("queries.safetensors"))?;
        let folder = folder.to_owned();
        let items = corpus.to_embeddings()?;
        Ok(Self { folder, queries, corpus, items })
    }

    /// The item embeddings, `m × d_item`.
    pub fn items(&self) -> &Embeddings {
        &self.items
    }

    /// The ids of the items, in row order.
    pub fn item_ids(&self) -> &Ids {
        self.corpus.ids()
    }

    /// The embeddings of the items' passages, where the folder has `passages.safetensors`.
    ///
    /// # Errors
    /// When the file is torn or altered, or its passages are not those of the items.
    pub fn passages(&self) -> Result<Option<(Embeddings, PassageRows)>> {
        let path = self.folder.join("passages.safetensors");
        if !path.exists() {
            return Ok(None);
        }
        let store = EmbeddingStore::open(&path)?;
        let rows = PassageRows::from_ids(self.item_ids(), store.ids());
        Ok(Some((store.to_embeddings()?, rows.with_context(|| path.display().to_string())?)))
    }

    /// The states of the items' tokens, where items and queries have token states.
    ///
    /// # Errors
    /// When the file is torn or altered, or the states are of another layer than those of the queries.
    pub fn item_tokens(&self) -> Result<Option<ItemTokens>> {
        let Some(dim) = self.corpus.token_dim().filter(|_| self.has_token_states()) else {
            return Ok(None);
        };
        let [items, queries] = [&self.corpus, &self.queries].map(|store| store.provenance().layers.clone());
        ensure!(
            items == queries,
            "{}: token states of items are of layer {items:?}, those of queries of layer {queries:?}",
            self.folder.display()
        );
        let mut tokens = ItemTokens::of_dim(dim)?;
        tokens.reserve(self.corpus.token_count().unwrap_or(0));
        for first in (0..self.corpus.len()).step_by(TOGETHER) {
            let rows = first..self.corpus.len().min(first + TOGETHER);
            tokens.append(&self.corpus.token_states(rows)?)?;
        }
        Ok(Some(tokens))
    }

    /// Whether items and queries have token states.
    fn has_token_states(&self) -> bool {
        self.corpus.token_dim().is_some() && self.queries.token_dim().is_some()
    }

    /// The dimension of the query embeddings, `d_query`.
    pub fn query_dim(&self) -> usize {
        self.queries.dim()
    }

    /// The dimension of the queries' token states, `d_token`.
    ///
    /// # Errors
    /// When the queries were encoded without token states.
    pub fn token_dim(&self) -> Result<usize> {
        self.queries.token_dim().context(
            "queries.safetensors has no token states, which this kind of module reads: `encode --states LAYER` writes them",
        )
    }

    /// Joins judgements with the embeddings; queries without a relevant item teach and measure nothing and are left out.
    ///
    /// # Errors
    /// For a query or an item that has no embedding, and when no query has a relevant item.
    pub fn judge(&self, qrels: &Qrels) -> Result<JudgedQueries> {
        self.judge_as(qrels)
    }

    /// As [`Dataset::judge`], with another encoding of the queries.
    ///
    /// # Errors
    /// Those of [`Dataset::judge`], and when the store does not have the encoding.
    pub fn judge_as<E: StoredEncoding>(&self, qrels: &Qrels) -> Result<JudgedQueries<E>> {
        let judgements = Judgements::join(qrels, self.queries.ids(), self.item_ids())?.with_positive()?;
        let rows = judgements.query_rows();
        let ids: Vec<String> =
            rows.iter().filter_map(|&row| self.queries.ids().get(row)).map(str::to_owned).collect();
        let by_row = judgements
            .queries()
            .iter()
            .map(|query| query.grades.iter().map(|&(item, grade)| Judgement { item, grade }).collect());
        let encodings = E::select(&self.queries, &rows)?;
        let set = QuerySet::new(encodings, by_row.collect())?;
        let mut kept = Qrels::new();
        for id in &ids {
            for (item, grade) in qrels.get(id).iter().flat_map(|judged| judged.iter()) {
                kept.insert(id, item, grade)?;
            }
        }
        let tokens = self.has_token_states().then(|| self.queries.select_token_states(&rows)).transpose()?;
        Ok(JudgedQueries { qrels: kept, ids, set, tokens })
    }

    /// Reads a qrels file and joins it with the embeddings.
    ///
    /// # Errors
    /// Those of reading and of [`Dataset::judge`].
    pub fn judge_file(&self, path: &Path) -> Result<JudgedQueries> {
        self.judge_file_as(path)
    }

    /// As [`Dataset::judge_file`], with another encoding of the queries.
    ///
    /// # Errors
    /// Those of reading and of [`Dataset::judge_as`].
    pub fn judge_file_as<E: StoredEncoding>(&self, path: &Path) -> Result<JudgedQueries<E>> {
        let qrels = ess_data::read_qrels(path)?;
        self.judge_as(&qrels).with_context(|| format!("{} does not fit the embeddings", path.display()))
    }
}
