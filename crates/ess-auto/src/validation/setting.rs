//! What all trials share: the folds with their queries, and what passes are made with.

use std::collections::{BTreeMap, BTreeSet};

use ess_core::{Error as CoreError, SearchModule};
use ess_train::Judgement;

use super::{budget::Budget, folds::relevant, too_dear::TooDear, training::TrainingItems};
use crate::{
    config::AutoConfig,
    error::Error,
    features::{
        feature::Feature,
        neighbours::NeighbourMemory,
        passes::Passes,
        scale::Scale,
        table::{encoders, reads_further, used},
    },
    input::{
        batch::Batch, collection::Collection, encoding_kind::EncodingKind, training_queries::TrainingQueries,
    },
};

/// Queries that are judged; of more, a part.
const MAX_JUDGED: usize = 4000;

/// Queries that weights are fitted to; of more, an even part: a few weights need no more.
const MAX_FITTED: usize = 1500;

/// What is fixed before the first trial.
pub(crate) struct Trials<'a> {
    pub(crate) collection: &'a Collection,
    pub(crate) queries: &'a TrainingQueries,
    pub(crate) batch: &'a Batch,
    pub(crate) fold_of: &'a [usize],
    pub(crate) training_items: &'a TrainingItems,
    pub(crate) config: &'a AutoConfig,
    pub(crate) scale: Scale,
    pub(crate) budget: &'a Budget,
    /// Called after each part of a trial.
    pub(crate) tick: &'a dyn Fn() -> Result<(), Error>,
    /// All queries; a look-up names the folds that it must not see.
    pub(crate) neighbours: NeighbourMemory,
    /// The folds that have queries.
    pub(crate) parts: Vec<Part>,
    /// The features that a search budget has no room for.
    pub(crate) too_dear: Vec<TooDear>,
}

/// The queries of a fold.
pub(crate) struct Part {
    pub(crate) fold: usize,
    /// Those that judge what was learned without the fold.
    pub(crate) held: Queries,
    /// Those of them that weights for other folds are fitted to.
    pub(crate) fitted: Queries,
    // Of each held-out query, whether the other folds know a relevant item of it.
    pub(crate) seen: Vec<bool>,
}

/// Some of the queries, by row and encoded.
pub(crate) struct Queries {
    pub(crate) rows: Vec<usize>,
    pub(crate) batch: Batch,
}

impl Queries {
    /// An even part of them, or all.
    fn every(&self, every: usize) -> Result<Self, CoreError> {
        let some: Vec<usize> = (0..self.rows.len()).step_by(every).collect();
        let rows = some.iter().map(|&at| self.rows[at]).collect();
        Ok(Self { rows, batch: self.batch.select(&some)? })
    }

    pub(crate) fn judgements<'q>(&self, all: &'q TrainingQueries) -> Vec<&'q [Judgement]> {
        self.rows.iter().map(|&row| &all.set().judgements()[row][..]).collect()
    }
}

impl Part {
    /// The folds of queries, without those that have none. What `finder` finds without training is found here, once for
    /// all trials.
    pub(crate) fn all(
        queries: &TrainingQueries,
        batch: &Batch,
        fold_of: &[usize],
        folds: usize,
        finder: &Passes<'_>,
    ) -> Result<Vec<Self>, CoreError> {
        let every = fold_of.len().div_ceil(MAX_JUDGED);
        let others = fold_of.len() / every * (folds - 1) / folds;
        let fitted_every = others.div_ceil(MAX_FITTED).max(1);
        let mut parts = Vec::new();
        for fold in 0..folds {
            let rows = 0..fold_of.len();
            let held: Vec<usize> = rows.filter(|row| fold_of[*row] == fold && row % every == 0).collect();
            if held.is_empty() {
                continue;
            }
            let learned: Vec<usize> = (0..fold_of.len()).filter(|&row| fold_of[row] != fold).collect();
            let seen = seen(queries.set().judgements(), &learned, &held);
            let batch = finder.with_found(batch.select(&held)?)?;
            let held = Queries { rows: held, batch };
            parts.push(Self { fold, fitted: held.every(fitted_every)?, held, seen });
        }
        Ok(parts)
    }
}

impl Trials<'_> {
    /// The folds, or none where there are too few: what judges a fold is learned without it and, query by query, without
    /// the fold of the query.
    pub(crate) fn judged_parts(&self) -> &[Part] {
        if self.parts.len() < 3 { &[] } else { &self.parts }
    }

    /// What further encoders give for queries and items alike, and other systems for queries, where a feature reads it.
    pub(crate) fn encodings(&self) -> BTreeMap<String, EncodingKind> {
        let names = encoders(&used(&self.config.features));
        let kind = |name: &str| {
            let kind = self.batch.further.get(name)?.kind();
            let both = kind == EncodingKind::Scores || self.collection.further.contains_key(name);
            both.then(|| (name.to_owned(), kind))
        };
        names.into_iter().filter_map(kind).collect()
    }

    /// Those of them whose features loading a choice makes known. A feature of a program's own that reads one is made known by
    /// the program, perhaps under the same name.
    pub(crate) fn saved_encodings(&self) -> BTreeMap<String, EncodingKind> {
        let features = used(&self.config.features).into_iter().filter(|feature| reads_further(*feature));
        let names: Vec<&str> = features.map(|feature| feature.name()).collect();
        let mut encodings = self.encodings();
        encodings.retain(|name, _| names.contains(&name.as_str()));
        encodings
    }

    /// The passes with what was learned without some folds.
    pub(crate) fn passes<'f>(
        &'f self,
        without: &[usize],
        features: Vec<&'static dyn Feature>,
        module: Option<&'f dyn SearchModule>,
    ) -> Passes<'f> {
        Passes {
            collection: self.collection,
            features,
            module,
            neighbours: Some(&self.neighbours),
            hidden: without.to_vec(),
            feedback_weights: self.config.feedback_weights,
            query_expansion: self.config.query_expansion,
            pool: self.config.pool,
            depth: self.config.pool,
            scale: self.scale,
            meter: None,
        }
    }
}

/// Which of the held-out queries have a relevant item that is relevant to one of the learned.
fn seen(judgements: &[Vec<Judgement>], learned: &[usize], held: &[usize]) -> Vec<bool> {
    let known: BTreeSet<usize> = learned.iter().flat_map(|&row| relevant(&judgements[row])).collect();
    held.iter().map(|&row| relevant(&judgements[row]).any(|item| known.contains(&item))).collect()
}
