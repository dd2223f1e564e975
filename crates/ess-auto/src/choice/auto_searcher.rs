//! Searching with what was chosen.

use std::collections::BTreeMap;

use ess_core::{Embeddings, Encoding, Hit, QueryEncoder, SearchModule, Searcher};
use ess_search::PersistentModule;

use super::{
    auto_module::AutoModule,
    plan::{Plan, mark},
    selection::Choice,
};
use crate::{
    error::Error,
    features::{neighbours::NeighbourMemory, passes::Passes, weights::weighed},
    input::{
        auto_queries::AutoQueries,
        batch::{Batch, LexicalQueries},
        collection::Collection,
        encoding::{check_further, check_kind, check_left_out, tokens},
    },
    validation::training::build,
};

/// Queries that are searched together.
const TOGETHER: usize = 256;

/// The share of remembered items that a collection must have to be the one of training.
const KNOWN_SHARE: f64 = 0.5;

/// A chosen searching operation over a collection. [`AutoQueries`] with lexical encodings are searched by the hybrid choice; those
/// without, and plain embeddings, by the dense one.
///
/// A query far from all training queries (see [`Choice::gate`]), and every query of a collection that is not the one of
/// training, is searched with [`Weights::cautious`](crate::Weights::cautious), or less where training found less.
///
/// Tokens are looked at for as many items of each search as when it was chosen ([`AutoConfig::pool`](crate::AutoConfig::pool));
/// where more are asked for, the others get the lowest score of these. Up to that many hits are those of the ranking that
/// held-out queries judged. For more, each search goes as deep as hits are asked for, and what only the deeper part finds may rank
/// among the first: such a ranking was not judged.
///
/// A query costs two searches of the dense index (three with a trained module), one of the passages, one by each further encoder that is
/// weighed, and two lexical ones. It looks at every training query. Where tokens are weighed, it costs late interaction with some
/// hundred items too. Runnable at [`Auto`](crate::Auto).
pub struct AutoSearcher<'c> {
    pub(super) collection: &'c Collection,
    pub(super) plan: Plan,
    pub(super) modules: BTreeMap<String, Box<dyn PersistentModule>>,
    // None where the collection is not the one of training.
    pub(super) dense_neighbours: Option<NeighbourMemory>,
    pub(super) hybrid_neighbours: Option<NeighbourMemory>,
}

impl AutoModule {
    /// Makes it search a collection.
    ///
    /// # Errors
    /// [`Error::Core`] for items of another dimension, [`Error::OtherEncoding`] for those by a further encoder; [`Error::Search`] for a trained module that cannot be built.
    pub fn bind<'c>(&self, collection: &'c Collection) -> Result<AutoSearcher<'c>, Error> {
        AutoSearcher::new(self, collection)
    }
}

impl<'c> AutoSearcher<'c> {
    pub(crate) fn new(module: &AutoModule, collection: &'c Collection) -> Result<Self, Error> {
        let what = "items searched by a saved choice";
        ess_core::Error::check_dim(what, module.dim(), collection.items().dim())?;
        let plan = module.plan.clone();
        check_encodings(&plan, collection)?;
        let rows: Vec<Option<u32>> =
            plan.neighbours.items.iter().map(|item| row_of(collection, item)).collect();
        let known = rows.iter().flatten().count() as f64 >= KNOWN_SHARE * rows.len() as f64;
        let (mut dense_neighbours, mut hybrid_neighbours, mut modules) = (None, None, BTreeMap::new());
        if known {
            let value = |&(position, share): &(u32, f32)| {
                Some((rows.get(position as usize).copied().flatten()?, share))
            };
            let values: Vec<Vec<(u32, f32)>> = plan
                .neighbours
                .values
                .iter()
                .map(|values| values.iter().filter_map(value).collect())
                .collect();
            let dense = Batch::of(module.queries.clone());
            if let (Some(lexical), Some(texts)) = (&collection.lexical, &plan.neighbours.texts) {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let counts = lexical.encoder.encode_queries(&texts)?;
                let lexical = LexicalQueries::new(counts, lexical.encoder.term_weights())?;
                let batch = Batch { lexical: Some(lexical), ..dense.clone() };
                hybrid_neighbours = Some(NeighbourMemory::new(&batch, values.clone()));
            }
            dense_neighbours = Some(NeighbourMemory::new(&dense, values));
            for (name, state) in &module.modules {
                modules.insert(name.clone(), build(state)?);
            }
        }
        Ok(Self { collection, plan, modules, dense_neighbours, hybrid_neighbours })
    }

    /// Whether the collection has the items of training: at least half of the remembered ones, by id and embedding.
    pub fn knows_collection(&self) -> bool {
        self.dense_neighbours.is_some()
    }

    fn search_batch(
        &self,
        batch: &Batch,
        choice: &Choice,
        neighbours: Option<&NeighbourMemory>,
        k: usize,
    ) -> Result<Vec<Vec<Hit>>, ess_core::Error> {
        let module = choice.trial.as_ref().and_then(|name| self.modules.get(name));
        let passes = Passes {
            collection: self.collection,
            features: weighed(&choice.first, &choice.second),
            module: module.map(|module| module as &dyn SearchModule),
            neighbours,
            hidden: Vec::new(),
            feedback_weights: self.plan.feedback_weights,
            query_expansion: self.plan.query_expansion,
            pool: self.plan.pool,
            depth: self.plan.pool.max(k),
            scale: self.plan.scale,
            meter: None,
        };
        let searched = passes.search(batch, &choice.first, choice.gate)?;
        Ok((0..batch.dense.len()).map(|row| searched.rank(row, &choice.second, k)).collect())
    }

    fn batch(&self, queries: &AutoQueries, choice: &Choice) -> Result<Batch, ess_core::Error> {
        let mut batch = Batch::of(queries.dense().clone()).leaving_out(queries.left_out());
        if let Some(counts) = queries.lexical() {
            let lexical =
                self.collection.lexical.as_ref().ok_or(Error::NoTexts { what: "the collection" })?;
            let what = "lexical queries given to a saved choice";
            ess_core::Error::check_dim(what, lexical.index.dim(), counts.dim())?;
            batch.lexical = Some(LexicalQueries::new(counts.clone(), lexical.encoder.term_weights())?);
        }
        check_further(self.collection, &queries.further, "queries given to a saved choice")?;
        batch.further = queries.further.clone();
        let reads_tokens =
            weighed(&choice.first, &choice.second).iter().any(|feature| feature.reads_tokens());
        if let Some(queries) = queries.tokens().filter(|_| reads_tokens) {
            let what = "token states of queries given to a saved choice";
            batch.tokens = Some(tokens(self.collection, queries, what)?);
        }
        Ok(batch)
    }

    /// A choice says nothing of a collection that lost what it looks at, nor of queries without it.
    fn check_features(&self, choice: &Choice, queries: &AutoQueries) -> Result<(), Error> {
        for feature in weighed(&choice.first, &choice.second) {
            if feature.reads_texts() && self.collection.lexical.is_none() {
                return Err(Error::NoTexts { what: "the collection" });
            }
            if !feature.has_items(self.collection) {
                return Err(Error::NoFeature { feature: feature.name(), what: "the items" });
            }
            if !feature.has_queries(queries) {
                return Err(Error::NoFeature { feature: feature.name(), what: "the queries" });
            }
        }
        Ok(())
    }

    fn check(&self, dense: &Embeddings, k: usize) -> Result<(), ess_core::Error> {
        let what = "queries given to a saved choice";
        ess_core::Error::check_dim(what, self.collection.items().dim(), dense.dim())?;
        ess_core::Error::check_k(k, self.collection.len())
    }
}

impl Searcher<Embeddings> for AutoSearcher<'_> {
    /// As [`Searcher::search`] of [`AutoQueries`] by embedding alone.
    ///
    /// # Errors
    /// Those of that, [`Error::NoFeature`] for every dense choice that weighs tokens.
    fn search(&self, queries: &Embeddings, k: usize) -> Result<Vec<Vec<Hit>>, ess_core::Error> {
        self.search(&AutoQueries::new(queries.clone()), k)
    }
}

impl Searcher<AutoQueries> for AutoSearcher<'_> {
    /// As [`Searcher::search`].
    ///
    /// # Errors
    /// As an [`ess_core::Error::External`], [`Error::NoTexts`] for queries with lexical encodings when there were no texts to choose with
    /// or the collection has none, and [`Error::NoFeature`] when items or queries lack what the choice weighs.
    fn search(&self, queries: &AutoQueries, k: usize) -> Result<Vec<Vec<Hit>>, ess_core::Error> {
        self.check(queries.dense(), k)?;
        check_left_out(queries.left_out(), self.collection.len())?;
        let (choice, neighbours) = match queries.lexical() {
            None => (&self.plan.dense, self.dense_neighbours.as_ref()),
            Some(_) => {
                let choice = self.plan.hybrid.as_ref();
                (choice.ok_or(Error::NoTexts { what: "the saved choice" })?, self.hybrid_neighbours.as_ref())
            }
        };
        if neighbours.is_some() {
            self.check_features(choice, queries)?;
        }
        let mut hits = Vec::with_capacity(queries.rows());
        for rows in blocks(queries.rows()) {
            let batch = self.batch(&queries.select_rows(&rows)?, choice)?;
            hits.extend(self.search_batch(&batch, choice, neighbours, k)?);
        }
        Ok(hits)
    }
}

/// Refuses items that are otherwise by a further encoder than those that the choice was made with.
pub(super) fn check_encodings(plan: &Plan, collection: &Collection) -> Result<(), Error> {
    for (name, expected) in &plan.encodings {
        let Some(items) = collection.further.get(name) else { continue };
        check_kind(name, "items searched by a saved choice", *expected, items.kind())?;
    }
    Ok(())
}

fn blocks(rows: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..rows).step_by(TOGETHER).map(move |first| (first..rows.min(first + TOGETHER)).collect())
}

fn row_of(collection: &Collection, (id, embedding): &(String, String)) -> Option<u32> {
    let row = collection.ids().row(id).ok()?;
    (mark(collection.items().row(row)) == *embedding).then_some(row as u32)
}
