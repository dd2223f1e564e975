//! Encoded queries with their judgements, by id and by row.

use std::path::Path;

use ess_core::{Embeddings, Encoding, Ids, TokenStates};
use ess_data::{Dropped, Judgements, cut_dev, read_qrels};
use ess_metrics::Qrels;
use ess_train::{Judgement, QuerySet};

use crate::{dataset::Dataset, error::Error, stored_encoding::StoredEncoding};

/// Judged queries, by id and by row: what training and evaluation start from.
///
/// The lists go together: one entry a query, in the same order.
///
/// ```
/// use ess_kit::prelude::*;
///
/// let ids = |names: &[&str]| Ids::new(names.iter().map(|name| name.to_string()).collect());
/// let encodings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let mut qrels = Qrels::new();
/// qrels.insert("q2", "d3", 1)?;
///
/// let judged = JudgedQueries::join(&qrels, &ids(&["q1", "q2"])?, &encodings, &ids(&["d1", "d2", "d3"])?)?;
/// assert_eq!((judged.ids[0].as_str(), judged.set.judgements()[0][0].item), ("q2", 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
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

impl<E: Encoding> JudgedQueries<E> {
    /// Joins judgements by id with encoded queries (one row an id) and the ids of the items. Queries without a relevant item
    /// teach and measure nothing and are left out.
    ///
    /// # Errors
    /// [`Error::UnknownId`] for a query or an item without an embedding, [`Error::NothingJudged`] when no query has a
    /// relevant item, [`Error::Core`] when there are not as many ids as encodings.
    pub fn join(qrels: &Qrels, query_ids: &Ids, encodings: &E, item_ids: &Ids) -> Result<Self, Error> {
        let (what, expected, found) = ("ids of encoded queries", encodings.rows(), query_ids.len());
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        let (judgements, left_out) = join(qrels, query_ids, item_ids, false)?;
        let encodings = encodings.select_rows(&judgements.query_rows())?;
        Self::of(qrels, &judgements, query_ids, encodings, left_out)
    }

    /// The queries of joined judgements, encoded.
    fn of(
        qrels: &Qrels,
        judgements: &Judgements,
        query_ids: &Ids,
        encodings: E,
        left_out: Dropped,
    ) -> Result<Self, Error> {
        let queries = judgements.queries();
        let ids = queries.iter().filter_map(|query| query_ids.get(query.row));
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        let by_row = queries
            .iter()
            .map(|query| query.grades.iter().map(|&(item, grade)| Judgement { item, grade }).collect());
        let set = QuerySet::new(encodings, by_row.collect())?;
        let mut kept = Qrels::new();
        for id in &ids {
            for (item, grade) in qrels.get(id).iter().flat_map(|judged| judged.iter()) {
                kept.insert(id, item, grade)?;
            }
        }
        let own_items = vec![None; ids.len()];
        Ok(Self { qrels: kept, ids, set, tokens: None, left_out, own_items })
    }
}

impl Dataset {
    /// Joins judgements with the embeddings; queries without a relevant item teach and measure nothing and are left out.
    ///
    /// # Errors
    /// [`Error::UnknownId`] for a query or an item that has no embedding, unless these are left out
    /// ([`Dataset::allow_missing`]); [`Error::NothingJudged`] when no query has a relevant item.
    pub fn judge(&self, qrels: &Qrels) -> Result<JudgedQueries, Error> {
        self.judge_as(qrels)
    }

    /// As [`Dataset::judge`], with another encoding of the queries.
    ///
    /// # Errors
    /// Those of [`Dataset::judge`], and [`Error::Data`] when the store does not have the encoding.
    pub fn judge_as<E: StoredEncoding>(&self, qrels: &Qrels) -> Result<JudgedQueries<E>, Error> {
        let (ids, items) = (self.queries.ids(), self.item_ids());
        let (judgements, left_out) = join(qrels, ids, items, self.allow_missing)?;
        let rows = judgements.query_rows();
        let encodings = E::select(&self.queries, &rows)?;
        let judged = JudgedQueries::of(qrels, &judgements, ids, encodings, left_out)?;
        let tokens = self.has_token_states().then(|| self.queries.select_token_states(&rows)).transpose()?;
        let own_item = |id: &String| items.row(id).ok().filter(|_| self.ignore_identical_ids);
        let own_items: Vec<Option<usize>> = judged.ids.iter().map(own_item).collect();
        let set = judged.set.with_left_out(own_items.clone())?;
        Ok(JudgedQueries { set, tokens, own_items, ..judged })
    }

    /// Reads a qrels file, BEIR's or TREC's, and joins it with the embeddings.
    ///
    /// # Errors
    /// [`Error::Data`] for a file that cannot be read; [`Error::Judgements`] with the file and what does not fit.
    pub fn judge_file(&self, path: impl AsRef<Path>) -> Result<JudgedQueries, Error> {
        self.judge_file_as(path)
    }

    /// As [`Dataset::judge_file`], with another encoding of the queries.
    ///
    /// # Errors
    /// Those of [`Dataset::judge_file`].
    pub fn judge_file_as<E: StoredEncoding>(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<JudgedQueries<E>, Error> {
        let path = path.as_ref();
        let qrels = read_qrels(path)?;
        self.judge_as(&qrels)
            .map_err(|cause| Error::Judgements { path: path.to_owned(), cause: Box::new(cause) })
    }

    /// Reads a qrels file and cuts a share of its queries off as dev: train and dev.
    ///
    /// The draw depends on the ids of the judged queries and the seed ([`cut_dev`]).
    ///
    /// # Errors
    /// [`Error::Data`] for a file that cannot be read; [`Error::NotCut`] with the file and why not.
    pub fn train_and_dev(
        &self,
        path: impl AsRef<Path>,
        dev_share: f64,
        seed: u64,
    ) -> Result<(JudgedQueries, JudgedQueries), Error> {
        self.train_and_dev_as(path, dev_share, seed)
    }

    /// As [`Dataset::train_and_dev`], with another encoding of the queries.
    ///
    /// # Errors
    /// Those of [`Dataset::train_and_dev`].
    pub fn train_and_dev_as<E: StoredEncoding>(
        &self,
        path: impl AsRef<Path>,
        dev_share: f64,
        seed: u64,
    ) -> Result<(JudgedQueries<E>, JudgedQueries<E>), Error> {
        let path = path.as_ref();
        let qrels = read_qrels(path)?;
        let cut = || {
            let (train, dev) = cut_dev(&qrels, dev_share, seed)?;
            Ok((self.judge_as(&train)?, self.judge_as(&dev)?))
        };
        cut().map_err(|cause| Error::NotCut { path: path.to_owned(), cause: Box::new(cause) })
    }
}

/// Judgements by row of queries with a relevant item, and what was left out for want of an embedding.
fn join(
    qrels: &Qrels,
    queries: &Ids,
    items: &Ids,
    allow_missing: bool,
) -> Result<(Judgements, Dropped), Error> {
    let joined = match allow_missing {
        true => Judgements::join_known(qrels, queries, items),
        false => Judgements::join(qrels, queries, items).map(|joined| (joined, Dropped::default())),
    };
    let joined = joined.and_then(|(joined, left_out)| Ok((joined.with_positive()?, left_out)));
    let (judgements, mut left_out) = joined.map_err(|error| explained(error, qrels, queries, items))?;
    left_out.queries = with_relevant(qrels) - judgements.queries().len();
    Ok((judgements, left_out))
}

/// A join that failed, with what the ids look like on both sides.
fn explained(error: ess_data::Error, qrels: &Qrels, queries: &Ids, items: &Ids) -> Error {
    let first = |ids: &Ids| ids.get(0).unwrap_or_default().to_owned();
    match error {
        ess_data::Error::UnknownId { what, id, .. } => {
            Error::unknown(what, &id, if what == "query" { queries } else { items })
        }
        ess_data::Error::TooFew { .. } => Error::NothingJudged {
            found: qrels.queries().count(),
            example: qrels.queries().next().unwrap_or_default().to_owned(),
            query: first(queries),
            item: first(items),
        },
        error => error.into(),
    }
}

/// The number of queries that have a relevant item.
fn with_relevant(qrels: &Qrels) -> usize {
    let judged = |query| qrels.get(query).into_iter().flat_map(|judged| judged.iter());
    qrels.queries().filter(|query| judged(query).any(|(_, grade)| grade > 0)).count()
}
