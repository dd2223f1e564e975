//! Two passes over a collection: what each signal says of the items that may be relevant.

use std::sync::Arc;

use ess_core::{Embeddings, Error, Hit, Index, SearchModule, Searcher};
use ess_lexical::SparseVectors;
use ess_searchers::{FeedbackWeights, QueryExpansion};
use rayon::prelude::*;

use crate::{
    features::{
        candidates::Candidates,
        neighbours::{Memory, Recalled},
        weights::{SIGNALS, Signal, Weights},
    },
    input::{
        batch::{Batch, Found},
        collection::{Collection, Passages, Words},
    },
};

/// BM25 scores are times this, which brings them to the size of cosines.
const WORDS_SCALE: f32 = 0.02;

/// The same for BM25 by words whose weights sum to 1.
const EXPANSION_SCALE: f32 = 0.1;

/// How far the second pass moves a query towards what the first one found, to find more. It decides which items are
/// looked at, not how they are ranked.
const MOVE: f32 = 0.5;

/// What the signals are made from.
pub(crate) struct Passes<'a> {
    pub(crate) collection: &'a Collection,
    pub(crate) head: Option<&'a dyn SearchModule>,
    pub(crate) memory: Option<&'a Memory>,
    /// Folds of the memory that it is used without.
    pub(crate) hidden: Vec<usize>,
    pub(crate) attention: FeedbackWeights,
    pub(crate) expansion: QueryExpansion,
    /// Items of each search whose tokens are looked at.
    pub(crate) pool: usize,
    /// Items of each search that are ranked; no fewer than the pool.
    pub(crate) depth: usize,
    pub(crate) scale: Scale,
}

/// Mean lengths, so that similarities are of the size of cosines whatever the encoder gives.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scale {
    pub(crate) query: f32,
    pub(crate) item: f32,
    /// 1 where there are no passages.
    #[serde(default = "one")]
    pub(crate) passage: f32,
}

fn one() -> f32 {
    1.0
}

impl Scale {
    pub(crate) fn of(queries: &Embeddings, collection: &Collection) -> Self {
        let length = |embeddings: &Embeddings| {
            let squares: f64 = embeddings.as_slice().iter().map(|&x| f64::from(x).powi(2)).sum();
            ((squares / embeddings.len() as f64).sqrt() as f32).max(f32::MIN_POSITIVE)
        };
        let passage = collection.passages.as_ref().map_or(1.0, |passages| length(&passages.embeddings));
        Self { query: length(queries), item: length(&collection.items), passage }
    }
}

/// A batch after the first pass.
pub(crate) struct FirstPass<'b> {
    batch: &'b Batch,
    // f(q), where there is a head.
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
        let depth = self.depth;
        let found = rows_of(self.collection.index.search(&batch.dense, depth)?);
        let found = found.into_iter().map(|embeddings| Found { embeddings, ..Found::default() });
        let mut found: Vec<Found> = found.collect();
        if let Some(passages) = &self.collection.passages {
            let rows = rows_of(passages.index.search(&batch.dense, depth)?);
            found.iter_mut().zip(rows).for_each(|(found, rows)| found.passages = rows);
        }
        if let Some((words, queries)) = self.words(batch) {
            let rows = rows_of(words.index.search(queries, depth)?);
            found.iter_mut().zip(rows).for_each(|(found, rows)| found.words = rows);
        }
        Ok(found.into_iter().map(Arc::new).collect())
    }

    /// Finds candidates by every signal that needs no feedback, and says what each of these signals says of them.
    pub(crate) fn first<'b>(&self, batch: &'b Batch) -> Result<FirstPass<'b>, Error> {
        let depth = self.depth;
        let mapped = self.head.map(|head| head.apply(&batch.dense)).transpose()?;
        let found = match &batch.found {
            Some(found) => found.clone(),
            None => self.find(batch)?,
        };
        let by_head =
            mapped.as_ref().map(|mapped| self.collection.index.search(mapped, depth)).transpose()?;
        let by_head = by_head.map(rows_of);
        let by_words = self.words(batch).is_some();
        let recalled = match self.memory {
            Some(memory) => memory.recall(batch, &self.hidden)?,
            None => vec![Recalled { near: -1.0, ..Recalled::default() }; batch.dense.len()],
        };
        let mut pass = FirstPass { batch, mapped, recalled, candidates: Vec::new() };
        pass.candidates = self.each(&pass, |row, scratch| {
            let recalled = pass.recalled[row].strongest(depth);
            let Found { embeddings, passages, words } = &*found[row];
            let mut lists = vec![&embeddings[..], passages, &recalled];
            lists.extend(by_head.as_ref().map(|rows| &rows[row][..]));
            lists.extend(by_words.then_some(&words[..]));
            let close = firsts(&lists, self.pool);
            let mut candidates = Candidates::new(firsts(&lists, depth).collect(), close.collect());
            self.fill(&pass, row, scratch, &mut candidates)?;
            Ok(candidates)
        })?;
        Ok(pass)
    }

    /// Looks at the items that the first pass puts first under `weights`, searches again with what they say, and adds
    /// the signals of feedback.
    pub(crate) fn second(
        &self,
        pass: &FirstPass<'_>,
        weights: impl Fn(usize) -> Weights + Sync,
    ) -> Result<Vec<Candidates>, Error> {
        let depth = self.depth;
        let feedback = self.each(pass, |row, _| {
            let best = pass.candidates[row].rank(&weights(row), self.attention.depth);
            Ok(self.feedback(pass.batch, &best))
        })?;
        let by_embedding = self.collection.index.search(&self.moved(pass.batch, &feedback)?, depth)?;
        let mut found = vec![rows_of(by_embedding)];
        if let Some((words, queries)) = self.words(pass.batch) {
            let moved: Vec<_> =
                feedback.iter().enumerate().map(|(row, f)| merged(queries, row, &f.words)).collect();
            found.push(rows_of(words.index.search(&SparseVectors::new(queries.dim(), &moved)?, depth)?));
        }
        self.each(pass, |row, scratch| {
            let before = &pass.candidates[row];
            let lists: Vec<&[u32]> = found.iter().map(|rows| &rows[row][..]).collect();
            let close = firsts(&lists, self.pool).chain(before.close.iter().copied());
            let items = firsts(&lists, depth).chain(before.items.iter().copied());
            let mut candidates = Candidates::new(items.collect(), close.collect());
            self.fill(pass, row, scratch, &mut candidates)?;
            self.fill_feedback(&feedback[row], scratch, &mut candidates);
            Ok(candidates)
        })
    }

    /// Does something for each query, in parallel, with a place for the words of one.
    fn each<T: Send>(
        &self,
        pass: &FirstPass<'_>,
        one: impl Fn(usize, &mut Vec<f32>) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let dim = self.collection.words.as_ref().map_or(0, |words| words.index.dim());
        let rows = (0..pass.batch.dense.len()).into_par_iter();
        rows.map_init(|| vec![0.0; dim], |scratch, row| one(row, scratch)).collect()
    }

    fn words<'w>(&self, batch: &'w Batch) -> Option<(&'a Words, &'w SparseVectors)> {
        self.collection.words.as_ref().zip(batch.words.as_ref().map(|words| &words.counts))
    }

    fn fill(
        &self,
        pass: &FirstPass<'_>,
        row: usize,
        scratch: &mut [f32],
        candidates: &mut Candidates,
    ) -> Result<(), Error> {
        let Candidates { items, close, columns } = candidates;
        let scale = 1.0 / (self.scale.query * self.scale.item);
        let query = pass.batch.dense.row(row);
        let vector = |item: u32| self.collection.items.row(item as usize);
        column(columns, Signal::Dense, items, |item| scale * dot(query, vector(item)));
        if let Some(mapped) = &pass.mapped {
            let change: Vec<f32> = mapped.row(row).iter().zip(query).map(|(z, q)| z - q).collect();
            column(columns, Signal::Head, items, |item| scale * dot(&change, vector(item)));
        }
        if let Some(passages) = &self.collection.passages {
            let scale = 1.0 / (self.scale.query * self.scale.passage);
            column(columns, Signal::Passages, items, |item| scale * best_passage(passages, query, item));
        }
        if let (Some(tokens), Some(queries)) = (&self.collection.tokens, &pass.batch.tokens) {
            let known = queries[row].similarities(tokens, close)?;
            columns[Signal::Tokens as usize] = spread(&known, close, items);
        }
        let recalled = |item: u32| pass.recalled[row].items.get(&item).copied().unwrap_or_default();
        column(columns, Signal::DenseMemory, items, |item| recalled(item)[0]);
        column(columns, Signal::WordMemory, items, |item| recalled(item)[1]);
        if let Some((words, queries)) = self.words(pass.batch) {
            let query: Vec<_> = queries.row(row).collect();
            let scaled = |scores: Vec<f32>| scores.into_iter().map(|score| WORDS_SCALE * score).collect();
            columns[Signal::Words as usize] = scaled(sparse_products(&query, &words.items, items, scratch));
            if let Some(titles) = &words.titles {
                columns[Signal::TitleWords as usize] =
                    scaled(sparse_products(&query, titles, items, scratch));
            }
        }
        Ok(())
    }

    fn fill_feedback(&self, feedback: &Feedback, scratch: &mut [f32], candidates: &mut Candidates) {
        let Candidates { items, columns, .. } = candidates;
        let scale = 1.0 / self.scale.item.powi(2);
        let vector = |item: u32| self.collection.items.row(item as usize);
        column(columns, Signal::DenseFeedback, items, |item| scale * dot(&feedback.centroid, vector(item)));
        if let Some(words) = self.collection.words.as_ref().filter(|_| !feedback.words.is_empty()) {
            let scores = sparse_products(&feedback.words, &words.items, items, scratch);
            let scaled = scores.into_iter().map(|score| EXPANSION_SCALE * score);
            columns[Signal::WordFeedback as usize] = scaled.collect();
        }
    }

    fn feedback(&self, batch: &Batch, best: &[Hit]) -> Feedback {
        let mut centroid = vec![0.0; batch.dense.dim()];
        self.attention.centroid(best, |item| self.collection.items.row(item), &mut centroid);
        let words = match self.words(batch) {
            Some((words, _)) => self.expansion.weighted_terms(&self.attention, best, &words.items),
            None => Vec::new(),
        };
        Feedback { centroid, words }
    }

    fn moved(&self, batch: &Batch, feedback: &[Feedback]) -> Result<Embeddings, Error> {
        let mut moved = batch.dense.view().to_owned();
        for (mut query, feedback) in moved.rows_mut().into_iter().zip(feedback) {
            let factor = MOVE * self.scale.query / self.scale.item;
            query.iter_mut().zip(&feedback.centroid).for_each(|(q, c)| *q += factor * c);
        }
        Embeddings::new(moved)
    }
}

/// What the first pass says of a query.
struct Feedback {
    centroid: Vec<f32>,
    words: Vec<(u32, f32)>,
}

/// The items that a search found, query by query.
fn rows_of(hits: Vec<Vec<Hit>>) -> Vec<Vec<u32>> {
    hits.into_iter().map(|hits| hits.iter().map(|hit| hit.item as u32).collect()).collect()
}

/// The first items of each list.
fn firsts<'l>(lists: &'l [&[u32]], most: usize) -> impl Iterator<Item = u32> + 'l {
    lists.iter().flat_map(move |list| list.iter().take(most).copied())
}

/// What is known of some of the items, all in row order; of the others, the least of it.
fn spread(known: &[f32], some: &[u32], items: &[u32]) -> Vec<f32> {
    if known.is_empty() {
        return vec![0.0; items.len()];
    }
    let least = known.iter().copied().fold(f32::INFINITY, f32::min);
    items.iter().map(|item| some.binary_search(item).map_or(least, |at| known[at])).collect()
}

fn column(columns: &mut [Vec<f32>; SIGNALS], signal: Signal, items: &[u32], value: impl Fn(u32) -> f32) {
    columns[signal as usize] = items.iter().map(|&item| value(item)).collect();
}

/// The similarity of the item's most similar passage.
fn best_passage(passages: &Passages, query: &[f32], item: u32) -> f32 {
    let rows = passages.index.passage_rows().of_item(item as usize);
    rows.map(|row| dot(query, passages.embeddings.row(row))).fold(f32::NEG_INFINITY, f32::max)
}

/// A query's counts with the words of feedback, on the scale on which they are combined.
fn merged(queries: &SparseVectors, row: usize, words: &[(u32, f32)]) -> Vec<(u32, f32)> {
    let mut sums: std::collections::BTreeMap<u32, f32> =
        queries.row(row).map(|(place, count)| (place, WORDS_SCALE * count)).collect();
    words
        .iter()
        .for_each(|&(place, value)| *sums.entry(place).or_default() += MOVE * EXPANSION_SCALE * value);
    sums.into_iter().collect()
}

/// The inner products of one sparse vector with some items; `scratch` is all zeros before and after.
fn sparse_products(
    query: &[(u32, f32)],
    all: &SparseVectors,
    items: &[u32],
    scratch: &mut [f32],
) -> Vec<f32> {
    query.iter().for_each(|&(place, value)| scratch[place as usize] = value);
    let product =
        |&item: &u32| all.row(item as usize).map(|(place, value)| scratch[place as usize] * value).sum();
    let products = items.iter().map(product).collect();
    query.iter().for_each(|&(place, _)| scratch[place as usize] = 0.0);
    products
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a_chunks.zip(b_chunks) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (x, y))| *sum += x * y);
    }
    rest + sums.iter().sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn items_that_were_not_looked_at_are_as_the_least_of_the_others() {
        assert_eq!(spread(&[0.5, 0.2], &[1, 3], &[0, 1, 3]), [0.2, 0.5, 0.2]);
        assert_eq!(spread(&[], &[], &[4]), [0.0]);
    }
}
