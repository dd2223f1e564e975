//! The steps of one training.

use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::Embeddings;
use ess_files::Checksum;
use ess_search::embeddings_from_tensor;
use ess_train::{Items, Loss, LossBatch, LossValue};

use super::{
    config::{TextTrainingConfig, Towers},
    encoder_parts::EncoderParts,
    frozen::Frozen,
    side_tokens::SideTokens,
    step_items::{KnownItems, StepItems},
    vector_network::VectorNetwork,
};
use crate::{
    error::Error,
    model::tokenizer::token_ids::TokenIds,
    training::{
        cached_pass::{CachedPass, StepSide},
        draws::{drawn, rows_of_step},
        state::State,
    },
};

/// What steps are taken with.
pub(super) struct Run<'a> {
    pub(super) config: &'a TextTrainingConfig,
    pub(super) parts: &'a EncoderParts,
    pub(super) frozen: &'a Frozen,
    loss: Box<dyn Loss>,
    known: KnownItems,
}

/// The gradients of a loss with respect to the vectors of queries and, where they are trained, of items.
type OfVectors = [Option<Vec<f32>>; 2];

impl<'a> Run<'a> {
    /// Refuses a loss that needs what is not there.
    pub(super) fn new(
        config: &'a TextTrainingConfig,
        parts: &'a EncoderParts,
        frozen: &'a Frozen,
    ) -> Result<Self, Error> {
        let loss = config.loss.build()?;
        if loss.needs().teacher && frozen.train_set.teacher().is_empty() {
            let what = "a teacher's scores of items for the training queries";
            return Err(ess_train::Error::Missing { what }.into());
        }
        if loss.needs().negatives && frozen.mined.is_empty() {
            let what = "negatives of the training queries";
            return Err(ess_train::Error::Missing { what }.into());
        }
        let (judged, teacher) = (frozen.train_set.judgements(), frozen.train_set.teacher());
        let known = KnownItems::new(&frozen.items.texts, judged, &frozen.mined, teacher);
        tracing::debug!(copies = known.copies(), "items of the same text count as one");
        Ok(Self { config, parts, frozen, loss, known })
    }

    /// Takes one step and returns the loss before it.
    pub(super) fn step(&self, state: &mut State, step: usize) -> Result<f64, Error> {
        let started = Instant::now();
        let config = self.config;
        let rows = rows_of_step(self.frozen.train.texts.len(), config.batch_size, config.seed, step);
        let of_step = match config.towers {
            Towers::Query => self.all_items(&rows, step),
            Towers::Shared | Towers::Two => self.known.of_step(config, &rows, step),
        };
        let (loss, tokens, gradients) = self.gradients(&state.towers, &rows, &of_step, step)?;
        state.update(&gradients, &self.parts.layout.tensors, &config.trainer(), step)?;
        state.passed(tokens, started.elapsed());
        Ok(loss)
    }

    /// The loss of a step, its tokens, and the gradients of each tower's parameters.
    pub(super) fn gradients(
        &self,
        towers: &[Vec<f32>],
        rows: &[usize],
        of_step: &StepItems,
        step: usize,
    ) -> Result<(f64, usize, Vec<Vec<f32>>), Error> {
        let (parts, frozen, dim) = (self.parts, self.frozen, self.parts.shape.vector_dim());
        let network = |values| VectorNetwork::new(&parts.shape, &parts.layout, values, true);
        let networks: Vec<VectorNetwork<'_>> = towers.iter().map(|values| network(values)).collect();
        let side = |tower: usize, tokens: &'a SideTokens, rows: &[usize]| StepSide {
            network: &networks[tower],
            tower,
            texts: tokens.select(rows),
            skipped: tokens.skipped,
            dim,
        };
        let mut sides = vec![side(0, &frozen.train, rows)];
        if self.config.towers != Towers::Query {
            sides.push(side(towers.len() - 1, &frozen.items, &of_step.items));
        }
        let pass = CachedPass::forward(&sides, self.config.chunk_tokens, self.config.kept_tokens);
        let vectors =
            |side: usize| pass.vectors.get(side).map(|values| embeddings(values, dim, step)).transpose();
        let (queries, items) = (vectors(0)?, vectors(1)?);
        let items = items.as_ref().unwrap_or(&frozen.item_vectors);
        let (loss, of_vectors) = self.loss_of(queries.as_ref(), items, rows, of_step, step)?;
        let mut gradients: Vec<Vec<f32>> = towers.iter().map(|values| vec![0.0; values.len()]).collect();
        pass.back(&of_vectors, &mut gradients);
        Ok((loss, pass.tokens(), gradients))
    }

    fn loss_of(
        &self,
        queries: Option<&Embeddings>,
        items: &Embeddings,
        rows: &[usize],
        of_step: &StepItems,
        step: usize,
    ) -> Result<(f64, OfVectors), Error> {
        let device = Device::flex();
        let tensor = |vectors: &Embeddings| -> Tensor<2> {
            let data = TensorData::new(vectors.as_slice().to_vec(), [vectors.len(), vectors.dim()]);
            Tensor::from_data(data, &device)
        };
        let trains_items = self.config.towers != Towers::Query;
        let mut batch = LossBatch::new(of_step.judgements.iter().map(Vec::as_slice).collect())
            .with_negatives(of_step.negatives.iter().map(Vec::as_slice).collect())
            .with_teacher(of_step.teacher.iter().map(Vec::as_slice).collect())
            .with_rows(rows.to_vec())
            .with_item_gradient(trains_items);
        if self.loss.needs().frozen {
            batch = batch.with_frozen(tensor(&self.frozen.train_set.encodings().select(rows)?));
        }
        let Some(queries) = queries else {
            return Err(ess_core::Error::Empty { what: "queries of a step" }.into());
        };
        let value = self.loss.evaluate(tensor(queries), &batch, &Items::new(items, &device))?;
        if !value.loss.is_finite() {
            return Err(ess_train::Error::Diverged { step, loss: value.loss }.into());
        }
        let LossValue { loss, gradient, item_gradient } = value;
        let values = |gradient: Tensor<2>| -> Result<Vec<f32>, Error> {
            let gradient = embeddings_from_tensor(gradient).map_err(ess_train::Error::from)?;
            Ok(gradient.as_slice().to_vec())
        };
        Ok((loss, [Some(values(gradient)?), item_gradient.map(values).transpose()?]))
    }

    /// All items, which keep their vectors.
    fn all_items(&self, rows: &[usize], step: usize) -> StepItems {
        let config = self.config;
        let negatives = rows.iter().map(|&row| {
            let mined = self.frozen.mined.get(row).map(Vec::as_slice).unwrap_or_default();
            drawn(mined, config.negatives_per_query, config.seed, (step, row, 1))
        });
        let (judged, teacher) = (self.frozen.train_set.judgements(), self.frozen.train_set.teacher());
        StepItems {
            items: Vec::new(),
            judgements: rows.iter().map(|&row| judged[row].clone()).collect(),
            negatives: negatives.collect(),
            teacher: rows.iter().filter_map(|&row| teacher.get(row)).cloned().collect(),
        }
    }

    /// What the training queries came with beside judgements; nothing where they came with nothing.
    fn push_given(&self, bytes: &mut Vec<u8>) {
        let queries = &self.frozen.train_set;
        let mut push = |number: u64| bytes.extend_from_slice(&number.to_le_bytes());
        for negatives in queries.negatives() {
            push(negatives.len() as u64);
            negatives.iter().for_each(|&item| push(item as u64));
        }
        for scores in queries.teacher() {
            push(scores.len() as u64 | (1 << 63));
            scores.iter().for_each(|known| {
                [known.item as u64, known.score.to_bits().into()].into_iter().for_each(&mut push)
            });
        }
    }

    /// All that decides it: settings, the encoder it begins with, and all texts with their judgements.
    pub(super) fn identity(&self) -> [String; 3] {
        let settings = serde_json::to_string(self.config).unwrap_or_default();
        let mut bytes: Vec<u8> = self.parts.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let encoder = Checksum::of(&bytes).to_string();
        bytes.clear();
        let mut push = |number: u64| bytes.extend_from_slice(&number.to_le_bytes());
        let sides = [&self.frozen.items, &self.frozen.train, &self.frozen.dev];
        for TokenIds { ids, .. } in sides.into_iter().flat_map(|side| &side.texts) {
            push(ids.len() as u64);
            ids.iter().for_each(|&id| push(u64::from(id)));
        }
        let sets = [&self.frozen.train_set, &self.frozen.dev_set];
        for judged in sets.into_iter().flat_map(|set| set.judgements()) {
            push(judged.len() as u64);
            judged
                .iter()
                .for_each(|known| [known.item as u64, known.grade as u64].into_iter().for_each(&mut push));
        }
        self.push_given(&mut bytes);
        [settings, encoder, Checksum::of(&bytes).to_string()]
    }
}

/// Vectors, which are finite unless training has diverged.
fn embeddings(values: &[f32], dim: usize, step: usize) -> Result<Embeddings, Error> {
    Embeddings::from_vec(values.to_vec(), dim).map_err(|error| match error {
        ess_core::Error::NonFinite { .. } => ess_train::Error::Diverged { step, loss: f64::NAN }.into(),
        error => error.into(),
    })
}

#[cfg(test)]
mod tests;
