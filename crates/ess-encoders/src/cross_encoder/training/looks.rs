//! How well a cross-encoder reorders the candidates of dev queries.

use std::{cell::Cell, collections::HashSet};

use ess_core::Hit;
use ess_metrics::{Evaluator, RowQrels};

use super::{config::PairTrainingConfig, network::PairNetwork, parts::CrossParts, texts::PairTexts};
use crate::{
    cross_encoder::pair_cut::PairCut,
    error::Error,
    model::tokenizer::token_ids::TokenIds,
    training::{cached_pass::encode, draws::drawn_below},
};

/// Dev queries and what is reordered for each.
pub(super) struct Looker {
    /// Rows of items; for a query of given candidates in their order, and else in that of the rows.
    lists: Vec<Vec<usize>>,
    /// Whether the candidates were given.
    given: bool,
    /// Of all pairs, list by list.
    tokens: Vec<TokenIds>,
    qrels: RowQrels,
    evaluator: Evaluator,
    chunk_tokens: usize,
    /// How many pairs looks have read.
    read: Cell<usize>,
}

impl Looker {
    /// Takes texts that were checked.
    pub(super) fn new(
        parts: &CrossParts,
        config: &PairTrainingConfig,
        items: &[&str],
        dev: &PairTexts<'_>,
    ) -> Result<Self, Error> {
        let given = dev.candidates.iter().any(|rows| !rows.is_empty());
        let list = |query: usize| match given {
            true => first(&dev.candidates[query], config.look_depth),
            false => drawn_list(config, items.len(), dev, query),
        };
        let lists: Vec<Vec<usize>> = (0..dev.queries.texts().len()).map(list).collect();
        let queries = dev.queries.texts().iter().zip(&lists);
        let pairs: Vec<(&str, &str)> =
            queries.flat_map(|(&query, rows)| rows.iter().map(move |&row| (query, items[row]))).collect();
        let judged = dev.queries.judgements().iter();
        let grades = judged.map(|judged| judged.iter().map(|known| (known.item, known.grade)));
        Ok(Self {
            given,
            tokens: parts.tokenizer.encode(&pairs, PairCut::Item)?,
            qrels: RowQrels::new(grades).map_err(ess_train::Error::from)?,
            evaluator: Evaluator::new(vec![config.measure]).map_err(ess_train::Error::from)?,
            chunk_tokens: config.chunk_tokens,
            read: Cell::new(0),
            lists,
        })
    }

    /// How many pairs are read in a look.
    pub(super) fn pairs(&self) -> usize {
        self.tokens.len()
    }

    /// How many pairs all looks have read.
    pub(super) fn read_pairs(&self) -> usize {
        self.read.get()
    }

    /// The measure of each dev query, whose candidates these parameters reorder after a step.
    pub(super) fn measure(&self, parts: &CrossParts, values: &[f32], step: usize) -> Result<Vec<f64>, Error> {
        self.read.set(self.read.get() + self.tokens.len());
        let network = PairNetwork::new(parts, values, false);
        let scores = encode(&network, &self.tokens.iter().collect::<Vec<_>>(), 0, self.chunk_tokens);
        if let Some(&score) = scores.iter().find(|score| !score.is_finite()) {
            return Err(ess_train::Error::Diverged { step, loss: score.into() }.into());
        }
        let mut start = 0;
        let reordered = self.lists.iter().map(|rows| {
            let own = &scores[start..start + rows.len()];
            start += rows.len();
            let mut hits: Vec<Hit> =
                rows.iter().zip(own).map(|(&row, &score)| Hit::new(row, score)).collect();
            hits.sort_by(Hit::by_relevance);
            hits.into_iter().map(|hit| hit.item).collect()
        });
        self.evaluate(reordered.collect())
    }

    /// The measure of each dev query with its candidates in the order in which they were given; none where they were not.
    pub(super) fn first_pass(&self) -> Result<Option<Vec<f64>>, Error> {
        self.given.then(|| self.evaluate(self.lists.clone())).transpose()
    }

    fn evaluate(&self, rankings: Vec<Vec<usize>>) -> Result<Vec<f64>, Error> {
        let evaluation =
            self.evaluator.evaluate_rows(&self.qrels, rankings).map_err(ess_train::Error::from)?;
        Ok(evaluation.measures()[0].per_query.clone())
    }
}

/// The first of these, each once.
fn first(rows: &[usize], depth: usize) -> Vec<usize> {
    let mut seen = HashSet::new();
    rows.iter().copied().filter(|&row| seen.insert(row)).take(depth).collect()
}

/// The judged items of a query and others, in the order of their rows.
fn drawn_list(config: &PairTrainingConfig, items: usize, dev: &PairTexts<'_>, query: usize) -> Vec<usize> {
    let mut rows = drawn_below(items, config.look_depth, config.seed, (0, query, 1));
    rows.extend(dev.queries.judgements()[query].iter().map(|known| known.item));
    rows.sort_unstable();
    rows.dedup();
    rows
}
