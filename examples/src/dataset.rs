//! Embeddings and judgements from a folder.

use std::path::Path;

use anyhow::{Context, Result};
use ess_core::{Embeddings, Ids};
use ess_data::{EmbeddingStore, Judgements};
use ess_metrics::Qrels;
use ess_train::{Judgement, QuerySet};

/// The frozen embeddings of queries and items: a folder with `queries.safetensors` and `corpus.safetensors`.
pub struct Dataset {
    queries: EmbeddingStore,
    item_ids: Ids,
    items: Embeddings,
}

/// Judged queries, by id and by row.
pub struct JudgedQueries {
    /// The judgements by id, of queries with a relevant item.
    pub qrels: Qrels,
    /// The ids of the queries, in row order.
    pub ids: Vec<String>,
    /// The encoded queries and their judgements by row.
    pub set: QuerySet,
}

impl Dataset {
    /// Opens a folder.
    ///
    /// # Errors
    /// When a file is missing, torn or altered.
    pub fn open(folder: &Path) -> Result<Self> {
        let items = EmbeddingStore::open(folder.join("corpus.safetensors"))?;
        let queries = EmbeddingStore::open(folder.join("queries.safetensors"))?;
        Ok(Self { queries, item_ids: items.ids().clone(), items: items.to_embeddings()? })
    }

    /// The item embeddings, `m × d_item`.
    pub fn items(&self) -> &Embeddings {
        &self.items
    }

    /// The ids of the items, in row order.
    pub fn item_ids(&self) -> &Ids {
        &self.item_ids
    }

    /// The dimension of the query embeddings, `d_query`.
    pub fn query_dim(&self) -> usize {
        self.queries.dim()
    }

    /// Joins judgements with the embeddings; queries without a relevant item teach and measure nothing and are left out.
    ///
    /// # Errors
    /// For a query or an item that has no embedding, and when no query has a relevant item.
    pub fn judge(&self, qrels: &Qrels) -> Result<JudgedQueries> {
        let judgements = Judgements::join(qrels, self.queries.ids(), &self.item_ids)?.with_positive()?;
        let rows = judgements.query_rows();
        let ids: Vec<String> =
            rows.iter().filter_map(|&row| self.queries.ids().get(row)).map(str::to_owned).collect();
        let by_row = judgements
            .queries()
            .iter()
            .map(|query| query.grades.iter().map(|&(item, grade)| Judgement { item, grade }).collect());
        let encodings = self.queries.select(&rows)?;
        let set = QuerySet::new(encodings, by_row.collect())?;
        let mut kept = Qrels::new();
        for id in &ids {
            for (item, grade) in qrels.get(id).iter().flat_map(|judged| judged.iter()) {
                kept.insert(id, item, grade)?;
            }
        }
        Ok(JudgedQueries { qrels: kept, ids, set })
    }

    /// Reads a qrels file and joins it with the embeddings.
    ///
    /// # Errors
    /// Those of reading and of [`Dataset::judge`].
    pub fn judge_file(&self, path: &Path) -> Result<JudgedQueries> {
        let qrels = ess_data::read_qrels(path)?;
        self.judge(&qrels).with_context(|| format!("{} does not fit the embeddings", path.display()))
    }
}
