//! What a loss gets beyond judgements.

use burn::tensor::Device;
use ess_core::{Embeddings, Scoring, SearchModule};
use ess_search::DeviceEncoding;

use super::{
    config::TrainerConfig,
    negatives::{
        config::NegativesConfig,
        mapped::MappedQueries,
        mining::{MinedQuery, mine},
        report::MiningReport,
    },
};
use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
    loss::{batch::LossBatch, needs::Needs},
};

/// Negatives and frozen vectors of all training queries, as far as the loss needs them.
pub(crate) struct LossContext {
    mining_config: Option<NegativesConfig>,
    seed: u64,
    pub(crate) mined: Vec<Vec<usize>>,
    /// Of all queries, with a mean of 1; empty where none were given.
    weights: Vec<f32>,
    rows: Vec<usize>,
    /// How many items there are.
    items: usize,
    frozen: Option<Embeddings>,
    /// What each mining found.
    pub(crate) mining: Vec<MiningReport>,
}

impl LossContext {
    /// Refuses a loss that needs what is not there, before any work.
    pub(crate) fn new<E: DeviceEncoding>(
        needs: Needs,
        config: &TrainerConfig,
        queries: &QuerySet<E>,
        items: &Items<'_>,
    ) -> Result<Self, Error> {
        if needs.teacher && queries.teacher().iter().all(Vec::is_empty) {
            return Err(Error::Missing { what: "a teacher's scores of items for the training queries" });
        }
        let given = !queries.negatives().is_empty() && config.negatives.is_none();
        let mining_config = (needs.negatives && !given).then(|| config.negatives.clone().unwrap_or_default());
        let frozen = match queries.encodings().identity(items.embeddings().dim()) {
            _ if !needs.frozen => None,
            Some(identity) => Some(identity.apply(queries.encodings())?),
            None => {
                let what = "queries in the space of the items, for there to be an identity";
                return Err(Error::Missing { what });
            }
        };
        let (weights, rows) = (with_mean_1(queries.weights()), queries.rows());
        Ok(Self {
            mining_config,
            seed: config.seed,
            mined: Vec::new(),
            weights,
            rows,
            items: items.embeddings().len(),
            frozen,
            mining: Vec::new(),
        })
    }

    /// Whether negatives are mined before this step.
    pub(crate) fn is_mining_due(&self, step: usize) -> bool {
        self.mining_config.as_ref().is_some_and(|config| config.is_due(step))
    }

    /// Mines negatives for all training queries, as they are mapped now.
    pub(crate) fn mine<E: DeviceEncoding>(
        &mut self,
        mapped: &Embeddings,
        scoring: Option<&dyn Scoring>,
        queries: &QuerySet<E>,
        items: &Items<'_>,
        step: usize,
    ) -> Result<(), Error> {
        let Some(config) = &self.mining_config else { return Ok(()) };
        let known = |(query, judgements)| {
            let teacher = queries.teacher().get(query).map(Vec::as_slice).unwrap_or_default();
            let left_out = queries.left_out().get(query).copied().flatten();
            MinedQuery { judgements, teacher, left_out }
        };
        let known: Vec<MinedQuery<'_>> =
            queries.judgements().iter().map(Vec::as_slice).enumerate().map(known).collect();
        let index = items.index()?;
        let mapped = MappedQueries { rows: mapped, items: items.embeddings(), index, scoring };
        let (mined, report) = mine(config, &mapped, &known, (self.seed, step))?;
        self.mined = mined;
        self.mining.push(report);
        Ok(())
    }

    /// Whether these may be the negatives of all training queries, as far as can be seen.
    pub(crate) fn could_have_mined(&self, mined: &[Vec<usize>]) -> bool {
        let of_queries = mined.is_empty() || (mined.len() == self.rows.len() && self.mining_config.is_some());
        of_queries && mined.iter().flatten().all(|&item| item < self.items)
    }

    /// What the loss gets of these queries.
    pub(crate) fn batch<'a, E: DeviceEncoding>(
        &'a self,
        queries: &'a QuerySet<E>,
        rows: &[usize],
        device: &Device,
    ) -> LossBatch<'a> {
        fn lists<'a, T>(lists: &'a [Vec<T>], rows: &[usize]) -> Vec<&'a [T]> {
            if lists.is_empty() {
                return Vec::new();
            }
            rows.iter().map(|&row| &lists[row][..]).collect()
        }
        let negatives = if self.mined.is_empty() { queries.negatives() } else { &self.mined };
        let batch = LossBatch::new(lists(queries.judgements(), rows))
            .with_teacher(lists(queries.teacher(), rows))
            .with_negatives(lists(negatives, rows))
            .with_weights(rows.iter().filter_map(|&row| self.weights.get(row).copied()).collect())
            .with_rows(rows.iter().map(|&row| self.rows[row]).collect());
        // The rows of a batch exist.
        match self.frozen.as_ref().and_then(|frozen| frozen.select(rows).ok()) {
            Some(frozen) => batch.with_frozen(frozen.to_tensors(device)),
            None => batch,
        }
    }
}

/// Weights divided by their mean.
fn with_mean_1(weights: &[f32]) -> Vec<f32> {
    let mean = weights.iter().map(|&weight| f64::from(weight)).sum::<f64>() / weights.len().max(1) as f64;
    weights.iter().map(|&weight| (f64::from(weight) / mean) as f32).collect()
}
