//! One training run under way.

use burn::{
    grad_clipping::GradientClippingConfig,
    optim::{AdamWConfig, GradientsParams, ModuleOptimizer},
    tensor::{Device, Tensor},
};
use ess_core::Encoding;
use ess_search::{DeviceEncoding, embeddings_from_tensor, largest_tensor};

use super::{
    batches::Batches, config::TrainerConfig, curve::CurvePoint, definition::Trainer, kept::Kept,
    loss_context::LossContext, sides::Sides,
};
use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
    loss::kind::Loss,
};

/// The sides that are trained, with all that changes on the way.
pub(crate) struct Run<'a, 'i, S: Sides> {
    config: &'a TrainerConfig,
    /// The maximum number of steps.
    pub(crate) steps: usize,
    pub(crate) sides: S,
    pub(crate) optimizer: ModuleOptimizer,
    /// Whether another run goes on with what this one keeps.
    goes_on: bool,
    loss: &'a dyn Loss,
    pub(crate) batches: Batches,
    items: &'a Items<'i>,
    queries: &'a QuerySet<S::Encoding>,
    pub(crate) loss_context: LossContext,
    /// All queries, where the device has room for them.
    encodings: Option<<S::Encoding as DeviceEncoding>::Tensors>,
    /// All items, where they are mapped.
    frozen_items: Option<Tensor<2>>,
    device: Device,
    pub(crate) points: Vec<CurvePoint>,
    /// What each measurement on the way found, dev query by dev query.
    pub(crate) looks: Vec<Vec<f64>>,
    /// What was found where an observer ended the run, and which the curve of one that goes on does not have.
    pub(crate) looks_at_ends: Vec<Vec<f64>>,
}

impl<'a, 'i, S: Sides> Run<'a, 'i, S> {
    pub(super) fn new(
        trainer: &'a Trainer,
        start: Kept<S>,
        goes_on: bool,
        items: &'a Items<'i>,
        queries: &'a QuerySet<S::Encoding>,
        steps: usize,
    ) -> Result<Self, Error> {
        let (config, loss, Kept { sides, optimizer }) = (trainer.config(), &*trainer.loss, start);
        if sides.row_scoring().is_some() && !loss.takes_scoring() {
            return Err(Error::LossOfScored { loss: loss.config().kind() });
        }
        let device = items.device().clone().autodiff();
        let fits = queries.encodings().largest_part() <= largest_tensor(items.device());
        Ok(Self {
            config,
            steps,
            optimizer: optimizer.unwrap_or_else(|| new_optimizer(config)),
            goes_on,
            loss,
            batches: Batches::new(queries.len(), config.batch_size, config.seed),
            encodings: fits.then(|| queries.encodings().to_tensors(&device)),
            frozen_items: sides.trains_items().then(|| items.embeddings().to_tensors(&device)),
            sides,
            device,
            items,
            queries,
            loss_context: LossContext::new(loss.needs(), config, queries, items)?,
            points: Vec::new(),
            looks: Vec::new(),
            looks_at_ends: Vec::new(),
        })
    }

    /// Takes one step and returns the loss before it.
    pub(super) fn step(&mut self, step: usize) -> Result<f64, Error> {
        let moved = self.frozen_items.clone().map(|items| self.sides.map_items(items));
        let values = moved.clone().map(|moved| embeddings_from_tensor(moved.without_autodiff()));
        let values = values.transpose().map_err(|error| diverged(error.into(), step))?;
        let of_step = values.as_ref().map(|values| Items::new(values, self.items.device()));
        let items = of_step.as_ref().unwrap_or(self.items);
        if self.loss_context.is_mining_due(step) {
            let mapped = self.sides.apply(self.queries.encodings(), self.items.device())?;
            let scoring = self.sides.row_scoring();
            self.loss_context.mine(&mapped, scoring.as_deref(), self.queries, items, step)?;
        }
        let rows = self.batches.next_batch();
        let batch = self.loss_context.batch(self.queries, &rows, self.items.device());
        let mapped = self.sides.map_queries(self.batch(&rows)?);
        let batch = batch.with_item_gradient(moved.is_some()).with_lasting_items(moved.is_none());
        let batch = batch.with_scoring(self.sides.row_scoring());
        let value = self.loss.evaluate(mapped.clone().without_autodiff(), &batch, items);
        let value = value.map_err(|error| diverged(error, step))?;
        if !value.loss.is_finite() {
            return Err(Error::Diverged { step, loss: value.loss });
        }
        let of_queries = self.sides.trains_queries().then(|| carrier(mapped, value.gradient));
        let of_items = moved.zip(value.item_gradient).map(|(moved, gradient)| carrier(moved, gradient));
        let Some(carrier) = [of_queries, of_items].into_iter().flatten().reduce(|a, b| a + b) else {
            return Err(Error::Missing { what: "gradients of the side that is trained" });
        };
        let carrier = self.sides.penalties().into_iter().fold(carrier, |sum, penalty| sum + penalty);
        let gradients = GradientsParams::from_grads(carrier.backward(), &self.sides);
        let sides = self.sides.clone();
        self.sides = self.optimizer.step(self.config.rate(step, self.steps), sides, gradients);
        Ok(value.loss)
    }

    /// The sides as they are now, to be kept.
    pub(crate) fn kept(&self) -> Kept<S> {
        Kept { sides: self.sides.clone(), optimizer: self.goes_on.then(|| self.optimizer.clone()) }
    }

    /// The device that training runs on.
    pub(super) fn device(&self) -> &Device {
        self.items.device()
    }

    fn batch(&self, rows: &[usize]) -> Result<<S::Encoding as DeviceEncoding>::Tensors, Error> {
        Ok(match &self.encodings {
            Some(all) if rows.len() == self.queries.len() && self.batches.is_whole() => all.clone(),
            Some(all) => S::Encoding::select(all, rows),
            None => self.queries.encodings().select_rows(rows)?.to_tensors(&self.device),
        })
    }
}

fn new_optimizer(config: &TrainerConfig) -> ModuleOptimizer {
    let clip = config.clip_norm.map(GradientClippingConfig::Norm);
    let optimizer = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(config.weight_decay);
    optimizer.with_grad_clipping(clip).init()
}

/// Vectors that overflowed say no more than a loss that did.
pub(super) fn diverged(error: Error, step: usize) -> Error {
    match error {
        Error::Core(ess_core::Error::NonFinite { .. })
        | Error::Search(ess_search::Error::Core(ess_core::Error::NonFinite { .. })) => {
            Error::Diverged { step, loss: f64::NAN }
        }
        error => error,
    }
}

/// A product whose gradient with respect to the vectors is the loss's own.
fn carrier(vectors: Tensor<2>, gradient: Tensor<2>) -> Tensor<1> {
    (vectors * gradient.autodiff()).sum()
}
