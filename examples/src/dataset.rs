//! Embeddings and judgements from a folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use ess_core::{Embeddings, Encoding, Ids, TokenStates};
use ess_data::{Dropped, EmbeddingStore, Judgements};
use ess_index::{ItemTokens, PassageRows};
use ess_metrics::Qrels;
use ess_train::{Judgement, QuerySet};

use crate::searchable;

/// Items whose token states are in full precision at once.
const TOGETHER: usize = 512;

/// The frozen embeddings of queries and items: a folder with `queries.safetensors` and `corpus.safetensors`.
pub struct Dataset {
    folder: PathBuf,
    queries: EmbeddingStore,
    corpus: EmbeddingStore,
    items: Embeddings,
    allow_missing: bool,
    ignore_identical_ids: bool,
}

/// What becomes of judgements without embeddings, on the command line.
#[derive(clap::Args, Clone, Copy, Default)]
pub struct JoinArguments {
    /// Leave out queries and judged items that have no embedding, and say how many, instead of refusing the judgements. A
    /// query that is left still counts its relevant items without an embedding as not found.
    #[arg(long)]
    pub allow_missing: bool,
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
    /// What was left out for want of an embedding.
    pub left_out: Dropped,
    /// For each query the item that no ranking of it may have: the one of its own id, where these are ignored.
    pub own_items: Vec<Option<usize>>,
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
        Self::open_with(folder, JoinArguments::default())
    }

    /// As [`Dataset::open`], with a choice of what becomes of judgements without embeddings.
    ///
    /// # Errors
    /// Those of [`Dataset::open`].
    pub fn open_with(folder: &Path, join: JoinArguments) -> Result<Self> {
        let corpus = EmbeddingStore::open(folder.join("corpus.safetensors"))?;
        let queries = EmbeddingStore::open(folder.join("queries.safetensors"))?;
        let items = searchable(&corpus, &folder.join("corpus.safetensors"))?;
        let folder = folder.to_owned();
        let allow_missing = join.allow_missing;
        Ok(Self { folder, queries, corpus, items, allow_missing, ignore_identical_ids: false })
    }

    /// Whether the item that has a query's own id is left out of its ranking, as BEIR does where queries are items too
    /// (ArguAna, Quora).
    #[must_use]
    pub fn ignore_identical_ids(mut self, ignore: bool) -> Self {
        self.ignore_identical_ids = ignore;
        self
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
        Ok(Some((searchable(&store, &path)?, rows.with_context(|| path.display().to_string())?)))
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
    /// For a query or an item that has no embedding, unless these are left out, and when no query has a relevant item.
    pub fn judge(&self, qrels: &Qrels) -> Result<JudgedQueries> {
        self.judge_as(qrels)
    }

    /// As [`Dataset::judge`], with another encoding of the queries.
    ///
    /// # Errors
    /// Those of [`Dataset::judge`], and when the store does not have the encoding.
    pub fn judge_as<E: StoredEncoding>(&self, qrels: &Qrels) -> Result<JudgedQueries<E>> {
        let (judgements, mut left_out) = self.join(qrels)?;
        let judgements = judgements.with_positive()?;
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
        left_out.queries = with_relevant(qrels) - ids.len();
        let tokens = self.has_token_states().then(|| self.queries.select_token_states(&rows)).transpose()?;
        let own_item = |id: &String| self.item_ids().row(id).ok().filter(|_| self.ignore_identical_ids);
        let own_items = ids.iter().map(own_item).collect();
        Ok(JudgedQueries { qrels: kept, ids, set, tokens, left_out, own_items })
    }

    fn join(&self, qrels: &Qrels) -> Result<(Judgements, Dropped)> {
        let (queries, items) = (self.queries.ids(), self.item_ids());
        Ok(match self.allow_missing {
            true => Judgements::join_known(qrels, queries, items)?,
            false => (Judgements::join(qrels, queries, items)?, Dropped::default()),
        })
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
        let judged = self
            .judge_as(&qrels)
            .with_context(|| format!("{} does not fit the embeddings", path.display()))?;
        say_left_out(path, &judged.left_out);
        Ok(judged)
    }
}

/// The number of queries that have a relevant item.
fn with_relevant(qrels: &Qrels) -> usize {
    let judged = |query| qrels.get(query).into_iter().flat_map(|judged| judged.iter());
    qrels.queries().filter(|query| judged(query).any(|(_, grade)| grade > 0)).count()
}

/// Says on the terminal what was left out for want of an embedding, if anything was.
pub fn say_left_out(qrels: &Path, left_out: &Dropped) {
    if *left_out != Dropped::default() {
        crate::note!(
            "{}: left out for want of an embedding (queries: {}, judgements: {})",
            qrels.display(),
            left_out.queries,
            left_out.judgements
        );
    }
}
