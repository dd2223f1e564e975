//! One trial: what is learned, with the weights of all signals, judged on held-out queries.

use std::collections::{BTreeMap, BTreeSet};

use ess_search::PersistentModule;
use ess_train::Judgement;
use serde::{Deserialize, Serialize};

use crate::{
    AutoConfig, Collection, Error, HeadConfig, Signal, TrainingQueries, Weights,
    ascent::ascend,
    batch::Batch,
    budget::Budget,
    candidates::Candidates,
    folds::relevant,
    head::HeadItems,
    memory::{Memory, shares},
    passes::{FirstPass, Passes, Scale},
    selection::rounded,
    table::Table,
};

/// Shares of the way from the frozen encoder to the fitted weights that are judged.
pub(crate) const SHRINKS: [f32; 4] = [0.25, 0.5, 0.75, 1.0];

/// Queries that are judged; of more, a part.
const MOST_JUDGED: usize = 4000;

/// Whether texts are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// Embeddings alone: what f_search can do with what the encoder gives.
    Dense,
    /// Embeddings and texts.
    Hybrid,
}

/// What a trial learns from training queries beside the weights.
#[derive(Clone, Copy)]
pub(crate) enum Learns<'c> {
    /// Nothing: the weights of signals that need no training.
    Nothing,
    /// A memory of the queries.
    Memory,
    /// A memory and a head.
    Head(&'c HeadConfig),
}

impl<'c> Learns<'c> {
    pub(crate) fn name(self) -> &'c str {
        match self {
            Self::Nothing => "weights alone",
            Self::Memory => "no head",
            Self::Head(head) => &head.name,
        }
    }

    fn head(self) -> Option<&'c HeadConfig> {
        if let Self::Head(head) = self { Some(head) } else { None }
    }

    fn allows(self, signal: Signal) -> bool {
        match self {
            Self::Nothing => !signal.is_trained(),
            Self::Memory => signal != Signal::Head,
            Self::Head(_) => true,
        }
    }
}

/// What a trial found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrialRecord {
    pub(crate) name: String,
    pub(crate) head: Option<HeadConfig>,
    /// Whether each judged query has a relevant item that is relevant to a query that the fold learned from.
    pub(crate) seen: Vec<bool>,
    pub(crate) variants: BTreeMap<Variant, VariantRecord>,
    pub(crate) cpu_seconds: f64,
}

/// What a trial found of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariantRecord {
    /// The weights of the first pass, the mean of those of all folds.
    pub(crate) first: Weights,
    /// The weights of the second pass, likewise.
    pub(crate) second: Weights,
    /// nDCG@10 of each judged query under each share of [`SHRINKS`], by the weights of the folds without it.
    pub(crate) values: Vec<Vec<f32>>,
    /// nDCG@10 of each judged query by the frozen encoder.
    pub(crate) frozen: Vec<f32>,
    /// Cosines to the nearest training query: the 1 % and the 10 % quantile of held-out queries.
    pub(crate) gate: [f32; 2],
}

/// What all trials share.
pub(crate) struct Trials<'a> {
    pub(crate) collection: &'a Collection,
    pub(crate) queries: &'a TrainingQueries,
    pub(crate) batch: &'a Batch,
    pub(crate) fold_of: &'a [usize],
    pub(crate) head_items: &'a HeadItems,
    pub(crate) config: &'a AutoConfig,
    pub(crate) scale: Scale,
    pub(crate) budget: &'a Budget,
    /// Called after each part of a trial.
    pub(crate) tick: &'a dyn Fn() -> Result<(), Error>,
}

/// A fold: what is learned from the others, and the queries that judge it.
struct Fold {
    held: Vec<usize>,
    // Of each held-out query, whether the fold learned of a relevant item of it.
    seen: Vec<bool>,
    batch: Batch,
    head: Option<Box<dyn PersistentModule>>,
    memory: Memory,
}

impl Trials<'_> {
    /// Runs a trial; `None` when the budget ends before it does.
    pub(crate) fn run(&self, learns: Learns<'_>) -> Result<Option<TrialRecord>, Error> {
        let before = self.budget.spent();
        let mut folds = Vec::new();
        for fold in 0..self.config.folds {
            if self.budget.is_over() {
                return Ok(None);
            }
            folds.extend(self.fold(fold, learns.head())?);
            (self.tick)()?;
        }
        let mut variants = BTreeMap::new();
        for variant in [Variant::Dense, Variant::Hybrid] {
            if variant == Variant::Hybrid && self.batch.words.is_none() {
                continue;
            }
            match self.judge(&folds, variant, learns)? {
                Some(record) => variants.insert(variant, record),
                None => return Ok(None),
            };
        }
        let seen = folds.iter().flat_map(|fold| fold.seen.iter().copied()).collect();
        let cpu_seconds = rounded(self.budget.spent() - before);
        let (name, head) = (learns.name().to_owned(), learns.head().cloned());
        Ok(Some(TrialRecord { name, head, seen, variants, cpu_seconds }))
    }

    fn fold(&self, fold: usize, head: Option<&HeadConfig>) -> Result<Option<Fold>, Error> {
        let rows =
            |held: bool| (0..self.fold_of.len()).filter(move |&row| (self.fold_of[row] == fold) == held);
        let every = self.fold_of.len().div_ceil(MOST_JUDGED);
        let held: Vec<usize> = rows(true).filter(|row| row % every == 0).collect();
        let learned: Vec<usize> = rows(false).collect();
        if held.is_empty() || learned.is_empty() {
            return Ok(None);
        }
        let head = head.map(|config| {
            let queries = self.queries.set().select(&learned)?;
            self.head_items.train(config, self.config.seed, self.collection.items(), &queries)
        });
        let (batch, memory) = (self.batch.select(&held)?, self.memory(&learned)?);
        let seen = seen(self.queries.set().judgements(), &learned, &held);
        Ok(Some(Fold { batch, held, seen, head: head.transpose()?, memory }))
    }

    fn memory(&self, rows: &[usize]) -> Result<Memory, Error> {
        let values = rows.iter().map(|&row| shares(&self.queries.set().judgements()[row]));
        Ok(Memory::new(&self.batch.select(rows)?, values.collect()))
    }

    fn passes<'f>(&'f self, fold: &'f Fold) -> Passes<'f> {
        Passes {
            collection: self.collection,
            head: fold.head.as_deref().map(|head| head as &dyn ess_core::SearchModule),
            memory: Some(&fold.memory),
            attention: self.config.attention,
            expansion: self.config.expansion,
            pool: self.config.pool,
            depth: self.config.pool,
            scale: self.scale,
        }
    }

    /// Fits the weights of both passes on all folds but one, for each, and measures that one.
    fn judge(
        &self,
        folds: &[Fold],
        variant: Variant,
        learns: Learns<'_>,
    ) -> Result<Option<VariantRecord>, Error> {
        let batches: Vec<Batch> = folds.iter().map(|fold| batch_of(fold, variant)).collect();
        let passes: Vec<Passes<'_>> = folds.iter().map(|fold| self.passes(fold)).collect();
        let mut first: Vec<FirstPass<'_>> = Vec::new();
        for (passes, batch) in passes.iter().zip(&batches) {
            if self.budget.is_over() {
                return Ok(None);
            }
            first.push(passes.first(batch)?);
        }
        let gate = gate(first.iter().flat_map(|pass| pass.near()));
        let candidates: Vec<&[Candidates]> = first.iter().map(|pass| &pass.candidates[..]).collect();
        let table = self.table(folds, &candidates);
        let allowed = |signal| learns.allows(signal) && allows(variant, signal, false);
        let Some(first_weights) = self.fit(folds, &table, allowed)? else {
            return Ok(None);
        };
        let mut second: Vec<Vec<Candidates>> = Vec::new();
        for ((passes, pass), weights) in passes.iter().zip(&first).zip(&first_weights) {
            if self.budget.is_over() {
                return Ok(None);
            }
            second.push(passes.second(pass, |_| *weights)?);
        }
        let table = self.table(folds, &second.iter().map(|fold| &fold[..]).collect::<Vec<_>>());
        let allowed = |signal| learns.allows(signal) && allows(variant, signal, true);
        let Some(second_weights) = self.fit(folds, &table, allowed)? else {
            return Ok(None);
        };
        let measure = |weights: &dyn Fn(usize) -> Weights| -> Vec<f32> {
            let spans = spans(folds).into_iter().enumerate();
            let values =
                spans.flat_map(|(fold, span)| table.per_query(&span.collect::<Vec<_>>(), &weights(fold)));
            values.map(|value| value as f32).collect()
        };
        Ok(Some(VariantRecord {
            first: Weights::mean(&first_weights),
            second: Weights::mean(&second_weights),
            values: SHRINKS
                .iter()
                .map(|&share| measure(&|fold| second_weights[fold].shrunk(share)))
                .collect(),
            frozen: measure(&|_| Weights::frozen()),
            gate,
        }))
    }

    fn table(&self, folds: &[Fold], candidates: &[&[Candidates]]) -> Table {
        let judgements = self.queries.set().judgements();
        let judged: Vec<&[Judgement]> =
            folds.iter().flat_map(|fold| fold.held.iter().map(|&row| &judgements[row][..])).collect();
        let candidates: Vec<Candidates> = candidates.iter().flat_map(|fold| fold.iter().cloned()).collect();
        Table::new(&candidates, &judged)
    }

    /// For each fold the weights that are best on all others; `None` when the budget ends.
    fn fit(
        &self,
        folds: &[Fold],
        table: &Table,
        allowed: impl Fn(Signal) -> bool,
    ) -> Result<Option<Vec<Weights>>, Error> {
        let signals: Vec<Signal> =
            Signal::ALL.into_iter().filter(|&signal| allowed(signal) && table.has(signal)).collect();
        let spans = spans(folds);
        let mut weights = Vec::new();
        for fold in 0..folds.len() {
            if self.budget.is_over() {
                return Ok(None);
            }
            let others = spans.iter().enumerate().filter(|(other, _)| *other != fold);
            let rows: Vec<usize> = others.flat_map(|(_, span)| span.clone()).collect();
            let penalty = self.config.penalty / (rows.len() as f64).sqrt();
            weights.push(ascend(table, &rows, &signals, penalty));
            (self.tick)()?;
        }
        Ok(Some(weights))
    }
}

fn allows(variant: Variant, signal: Signal, feedback: bool) -> bool {
    (variant == Variant::Hybrid || !signal.is_lexical()) && (feedback || !signal.is_feedback())
}

/// Which of the held-out queries have a relevant item that is relevant to one of the learned.
fn seen(judgements: &[Vec<Judgement>], learned: &[usize], held: &[usize]) -> Vec<bool> {
    let known: BTreeSet<usize> = learned.iter().flat_map(|&row| relevant(&judgements[row])).collect();
    held.iter().map(|&row| relevant(&judgements[row]).any(|item| known.contains(&item))).collect()
}

/// The rows of a table that belong to each fold.
fn spans(folds: &[Fold]) -> Vec<std::ops::Range<usize>> {
    let mut start = 0;
    let span = |fold: &Fold| {
        start += fold.held.len();
        start - fold.held.len()..start
    };
    folds.iter().map(span).collect()
}

fn batch_of(fold: &Fold, variant: Variant) -> Batch {
    match variant {
        Variant::Dense => fold.batch.without_words(),
        Variant::Hybrid => fold.batch.clone(),
    }
}

/// The 1 % and the 10 % quantile.
fn gate(near: impl Iterator<Item = f32>) -> [f32; 2] {
    let mut near: Vec<f32> = near.collect();
    near.sort_unstable_by(f32::total_cmp);
    let quantile = |share: f64| near.get((share * near.len() as f64) as usize).copied().unwrap_or(-1.0);
    [quantile(0.01), quantile(0.1)]
}
