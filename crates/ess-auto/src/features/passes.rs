//! Two passes over a collection: what each feature says of the items that may be relevant.

use std::{cell::RefCell, sync::Arc};

use ess_core::{Embeddings, Error, Hit, Index, SearchModule, Searcher};
use ess_lexical::SparseVectors;
use ess_searchers::{FeedbackWeights, QueryExpansion};
use rayon::prelude::*;

use super::{
    asked::Asked,
    candidates::Candidates,
    columns::fill,
    feature::Feature,
    feedback::{Feedback, merged, moved},
    found::{find, firsts, rows_of},
    meter::{Meter, metered},
    neighbours::{NeighbourMemory, Recalled},
    scale::Scale,
    table::encoders,
    weights::Weights,
};
use crate::input::{
    batch::{Batch, Found},
    collection::{Collection, LexicalItems},
};

/// The name of the feature that a trained module is for.
const TRAINED_MODULE: &str = "trained_module";

/// What the features are made from.
pub(crate) struct Passes<'a> {
    pub(crate) collection: &'a Collection,
    /// Those that are asked.
    pub(crate) features: Vec<&'static dyn Feature>,
    pub(crate) module: Option<&'a dyn SearchModule>,
    pub(crate) neighbours: Option<&'a NeighbourMemory>,
    /// Folds of the neighbours that they are used without.
    pub(crate) hidden: Vec<usize>,
    pub(crate) feedback_weights: FeedbackWeights,
    pub(crate) query_expansion: QueryExpansion,
    /// Items of each search whose tokens are looked at.
    pub(crate) pool: usize,
    /// Items of each search that are ranked; no fewer than the pool.
    pub(crate) depth: usize,
    pub(crate) scale: Scale,
    /// Where what each feature takes is noted, if it is.
    pub(crate) meter: Option<&'a Meter>,
}

/// The queries of a batch by a trained module, and the items that each of them finds.
type Mapped = (Embeddings, Vec<Vec<u32>>);

/// A batch after the first pass.
pub(crate) struct FirstPass<'b> {
    batch: &'b Batch,
    // f(q), where there is a trained module.
    mapped: Option<Embeddings>,
    recalled: Vec<Recalled>,
    pub(crate) candidates: Vec<Candidates>,
}

impl FirstPass<'_> {
    /// The cosine of each query to the nearest training query.
    pub(crate) fn near(&self) -> impl Iterator<Item = f32> {
        self.recalled.iter().map(|recalled| recalled.near)
    }
}

impl<'a> Passes<'a> {
    /// The queries with what searches that need no training find.
    pub(crate) fn with_found(&self, batch: Batch) -> Result<Batch, Error> {
        Ok(Batch { found: Some(self.find(&batch)?), ..batch })
    }

    fn find(&self, batch: &Batch) -> Result<Vec<Arc<Found>>, Error> {
        find(self.collection, batch, self.depth, &encoders(&self.features), self.meter)
    }

    /// The queries by a trained module, where there is one, and what they find.
    fn by_module(&self, batch: &Batch) -> Result<Option<Mapped>, Error> {
        let Some(module) = self.module else { return Ok(None) };
        metered(self.meter, TRAINED_MODULE, || {
            let mapped = module.apply(&batch.dense)?;
            let hits = self.collection.index.search(&mapped, batch.search_depth(self.depth))?;
            Ok(Some((mapped, rows_of(hits))))
        })
    }

    /// Finds candidates by every feature that needs no feedback, and says what each of these features says of them.
    pub(crate) fn first<'b>(&self, batch: &'b Batch) -> Result<FirstPass<'b>, Error> {
        let searched = batch.search_depth(self.depth);
        let (mapped, by_module) = self.by_module(batch)?.unzip();
        let found = match &batch.found {
            Some(found) => found.clone(),
            None => self.find(batch)?,
        };
        let (by_lexical, encoders) = (self.lexical(batch).is_some(), encoders(&self.features));
        let recalled = match self.neighbours {
            Some(neighbours) => neighbours.recall(batch, &self.hidden)?,
            None => vec![Recalled { near: -1.0, ..Recalled::default() }; batch.dense.len()],
        };
        let mut pass = FirstPass { batch, mapped, recalled, candidates: Vec::new() };
        pass.candidates = self.each(&pass, |row, scratch| {
            let recalled = pass.recalled[row].strongest(searched);
            let Found { embeddings, passages, lexical, further } = &*found[row];
            let mut lists = vec![&embeddings[..], passages, &recalled];
            let asked = further.iter().filter(|(name, _)| encoders.contains(name));
            lists.extend(asked.map(|(_, rows)| &rows[..]));
            lists.extend(by_module.as_ref().map(|rows| &rows[row][..]));
            lists.extend(by_lexical.then_some(&lexical[..]));
            self.candidates(&pass, row, scratch, &lists, None)
        })?;
        Ok(pass)
    }

    /// Looks at the items that the first pass puts first under `weights`, searches again with what they say, and adds
    /// the features of feedback.
    pub(crate) fn second(
        &self,
        pass: &FirstPass<'_>,
        weights: impl Fn(usize) -> Weights + Sync,
    ) -> Result<Vec<Candidates>, Error> {
        let depth = pass.batch.search_depth(self.depth);
        let feedback = self.each(pass, |row, _| {
            let weights = weights(row).of(&self.features);
            Ok(self.feedback(pass.batch, &pass.candidates[row].rank(&weights, self.feedback_weights.depth)))
        })?;
        let by_embedding = self.collection.index.search(&moved(pass.batch, &feedback, self.scale)?, depth)?;
        let mut found = vec![rows_of(by_embedding)];
        if let Some((lexical, queries)) = self.lexical(pass.batch) {
            let moved: Vec<_> =
                feedback.iter().enumerate().map(|(row, f)| merged(queries, row, &f.terms)).collect();
            found.push(rows_of(lexical.index.search(&SparseVectors::new(queries.dim(), &moved)?, depth)?));
        }
        self.each(pass, |row, scratch| {
            let lists: Vec<&[u32]> = found.iter().map(|rows| &rows[row][..]).collect();
            self.candidates(pass, row, scratch, &lists, Some(&feedback[row]))
        })
    }

    /// Does something for each query, in parallel, with a place for the terms of one.
    fn each<T: Send>(
        &self,
        pass: &FirstPass<'_>,
        one: impl Fn(usize, &mut Vec<f32>) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let dim = self.collection.lexical.as_ref().map_or(0, |lexical| lexical.index.dim());
        let rows = (0..pass.batch.dense.len()).into_par_iter();
        rows.map_init(|| vec![0.0; dim], |scratch, row| one(row, scratch)).collect()
    }

    fn lexical<'w>(&self, batch: &'w Batch) -> Option<(&'a LexicalItems, &'w SparseVectors)> {
        self.collection.lexical.as_ref().zip(batch.lexical.as_ref().map(|lexical| &lexical.counts))
    }

    /// The items that searches and features found for a query, with what the features say of them. With feedback, what the
    /// first pass found and said is kept.
    fn candidates(
        &self,
        pass: &FirstPass<'_>,
        row: usize,
        scratch: &mut [f32],
        lists: &[&[u32]],
        feedback: Option<&Feedback>,
    ) -> Result<Candidates, Error> {
        let query = pass.batch.dense.row(row);
        let change: Option<Vec<f32>> = pass
            .mapped
            .as_ref()
            .map(|mapped| mapped.row(row).iter().zip(query).map(|(z, q)| z - q).collect());
        let asked = Asked {
            collection: self.collection,
            scale: self.scale,
            query,
            further: &pass.batch.further,
            row,
            terms: self.lexical(pass.batch).map(|(_, queries)| queries.row(row).collect()),
            tokens: pass.batch.tokens.as_ref().map(|tokens| &*tokens[row]),
            change: change.as_deref(),
            recalled: &pass.recalled[row].items,
            feedback,
            close: &[],
            scratch: RefCell::new(scratch),
        };
        let before = feedback.map(|_| &pass.candidates[row]);
        let by_features = self.found_by_features(&asked, pass.batch.search_depth(self.depth))?;
        let lists: Vec<&[u32]> = lists.iter().copied().chain(by_features.iter().map(Vec::as_slice)).collect();
        let known = |of: fn(&Candidates) -> &[u32]| before.into_iter().flat_map(of).copied();
        let left_out = pass.batch.left_out_of(row);
        let items = firsts(&lists, self.depth, left_out).chain(known(|before| &before.items)).collect();
        let close = firsts(&lists, self.pool, left_out).chain(known(|before| &before.close)).collect();
        let mut candidates = Candidates::new(items, close, self.features.len());
        let close = std::mem::take(&mut candidates.close);
        let asked = Asked { close: &close, ..asked };
        fill(&self.features, &asked, &mut candidates, before, self.meter)?;
        Ok(Candidates { close, ..candidates })
    }

    /// What features find by themselves: those of feedback in the second pass, the others in the first.
    fn found_by_features(&self, asked: &Asked<'_>, depth: usize) -> Result<Vec<Vec<u32>>, Error> {
        let of_this_pass =
            |feature: &&&'static dyn Feature| feature.is_feedback() == asked.feedback.is_some();
        let mut found = Vec::new();
        for feature in self.features.iter().filter(of_this_pass) {
            let found_rows = metered(self.meter, feature.name(), || feature.finds(asked, depth))?;
            let Some(rows) = found_rows else { continue };
            let (what, len) = ("items that a feature finds", self.collection.len());
            if let Some(&row) = rows.iter().find(|row| **row as usize >= len) {
                return Err(Error::RowOutOfRange { what, row: row as usize, len });
            }
            found.push(rows);
        }
        Ok(found)
    }

    fn feedback(&self, batch: &Batch, best: &[Hit]) -> Feedback {
        let mut centroid = vec![0.0; batch.dense.dim()];
        self.feedback_weights.centroid(best, |item| self.collection.items.row(item), &mut centroid);
        let terms = match self.lexical(batch) {
            Some((lexical, _)) => {
                self.query_expansion.weighted_terms(&self.feedback_weights, best, &lexical.items)
            }
            None => Vec::new(),
        };
        Feedback { centroid, terms }
    }
}
