//! Queries of one encoder and items of another.

use anyhow::{Context, Result};
use ess_core::{Embeddings, Ids};
use ess_data::EmbeddingStore;
use ess_kit::JudgedQueries;
use ess_train::QuerySet;
use serde::{Deserialize, Serialize};

use crate::data::{dataset::searchable, split_data_set::Opened};

use super::other::Other;

/// Whose queries search whose items.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Direction {
    /// Queries of the data set's encoder, items of the other.
    ToOther,
    /// Queries of the other, items of the data set's encoder.
    FromOther,
}

/// Both.
pub(super) const DIRECTIONS: [Direction; 2] = [Direction::ToOther, Direction::FromOther];

impl Direction {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ToOther => "to the other",
            Self::FromOther => "from the other",
        }
    }
}

/// A data set by two encoders. Rows of items go together.
pub(super) struct PairOfSpaces {
    /// Training, dev and test queries, by the encoder of queries.
    pub(super) train: QuerySet,
    pub(super) dev: QuerySet,
    pub(super) test: JudgedQueries,
    /// Items by the encoder of queries, where they are paired: those that no dev or test query is named as.
    pub(super) paired: [Embeddings; 2],
    /// All items, by the encoder of items.
    pub(super) items: Embeddings,
    pub(super) ids: Ids,
    /// Test queries and items of one encoder: that of the queries, and that of the items.
    pub(super) shared: [(Embeddings, Embeddings); 2],
}

/// Queries of training, dev and test, and items.
struct Side {
    queries: [Embeddings; 3],
    items: Embeddings,
}

impl PairOfSpaces {
    pub(super) fn open(data: &Opened, other: &Other, direction: Direction) -> Result<Self> {
        let own = Side {
            queries: [&data.train, &data.dev, &data.test].map(|judged| judged.set.encodings().clone()),
            items: data.dataset.items().clone(),
        };
        let other = Side::open(data, other)?;
        let (queries, items) = match direction {
            Direction::ToOther => (own, other),
            Direction::FromOther => (other, own),
        };
        let ids = data.dataset.item_ids().clone();
        let is_paired =
            |id: &str| ![&data.dev, &data.test].iter().any(|judged| judged.ids.iter().any(|q| q == id));
        let rows: Vec<usize> = (0..ids.len()).filter(|&row| ids.get(row).is_some_and(is_paired)).collect();
        let [train, dev, test] = queries.queries;
        let test_set = data.test.set.with_encodings(test.clone())?;
        Ok(Self {
            train: data.train.set.with_encodings(train)?,
            dev: data.dev.set.with_encodings(dev)?,
            test: JudgedQueries { set: test_set, ..data.test.clone() },
            paired: [queries.items.select(&rows)?, items.items.select(&rows)?],
            ids,
            shared: [(test, queries.items), (items.queries[2].clone(), items.items.clone())],
            items: items.items,
        })
    }
}

impl Side {
    fn open(data: &Opened, other: &Other) -> Result<Self> {
        let (queries, corpus) = (other.file("queries"), other.file("corpus"));
        let store = EmbeddingStore::open(&queries)?;
        let of = |judged: &JudgedQueries| {
            let ids: Vec<&str> = judged.ids.iter().map(String::as_str).collect();
            store.embeddings_of(&ids).with_context(|| queries.display().to_string())
        };
        let queries = [of(&data.train)?, of(&data.dev)?, of(&data.test)?];
        let store = EmbeddingStore::open(&corpus)?;
        let row = |id: &String| store.ids().row(id).with_context(|| corpus.display().to_string());
        let rows = data.dataset.item_ids().as_slice().iter().map(row).collect::<Result<Vec<_>>>()?;
        Ok(Self { queries, items: searchable(&store, &corpus)?.select(&rows)? })
    }
}
