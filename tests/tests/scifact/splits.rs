//! SciFact as it lies in the repository.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ess_core::{Embeddings, Ids};
use ess_data::{EmbeddingStore, Judgements, cut_dev, read_qrels};
use ess_index::FlatIndex;
use ess_metrics::Qrels;
use ess_train::{Judgement, QuerySet};

/// The items, frozen and indexed once.
pub(crate) struct SciFact {
    pub(crate) queries: EmbeddingStore,
    pub(crate) item_ids: Ids,
    pub(crate) items: Embeddings,
    pub(crate) index: FlatIndex,
}

/// Judged queries by id, and by row for training.
pub(crate) struct Judged {
    pub(crate) ids: Vec<String>,
    pub(crate) qrels: Qrels,
    pub(crate) set: QuerySet,
}

/// The three sides of a split.
pub(crate) struct Split {
    pub(crate) train: Judged,
    pub(crate) dev: Judged,
    pub(crate) test: Judged,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/scifact")
}

impl SciFact {
    pub(crate) fn get() -> &'static Self {
        static SCIFACT: OnceLock<SciFact> = OnceLock::new();
        SCIFACT.get_or_init(|| {
            let queries = EmbeddingStore::open(folder().join("minilm/queries.safetensors")).unwrap();
            let items = EmbeddingStore::open(folder().join("minilm/corpus.safetensors")).unwrap();
            let (item_ids, items) = (items.ids().clone(), items.to_embeddings().unwrap());
            let index = FlatIndex::new(items.clone()).unwrap();
            Self { queries, item_ids, items, index }
        })
    }

    /// BEIR's split; dev is a fifth of its training queries.
    pub(crate) fn official(&self) -> Split {
        let (train, dev) = cut_dev(&read_qrels(folder().join("qrels/train.tsv")).unwrap(), 0.2, 0).unwrap();
        let test = read_qrels(folder().join("qrels/test.tsv")).unwrap();
        Split { train: self.judge(train), dev: self.judge(dev), test: self.judge(test) }
    }

    /// The split in which no relevant item is on two sides.
    pub(crate) fn item_disjoint(&self) -> Split {
        let side =
            |name: &str| self.judge(read_qrels(folder().join("qrels_item_disjoint").join(name)).unwrap());
        Split { train: side("train.tsv"), dev: side("dev.tsv"), test: side("test.tsv") }
    }

    fn judge(&self, qrels: Qrels) -> Judged {
        let judgements = Judgements::join(&qrels, self.queries.ids(), &self.item_ids).unwrap();
        let judgements = judgements.with_positive().unwrap();
        let rows = judgements.query_rows();
        let ids = rows.iter().map(|&row| self.queries.ids().get(row).unwrap().to_owned()).collect();
        let of_query =
            |grades: &[(usize, i32)]| grades.iter().map(|&(item, grade)| Judgement { item, grade }).collect();
        let by_row = judgements.queries().iter().map(|query| of_query(&query.grades)).collect();
        let set = QuerySet::new(self.queries.select(&rows).unwrap(), by_row).unwrap();
        Judged { ids, qrels, set }
    }
}
