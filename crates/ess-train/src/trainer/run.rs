//! One training run under way.

use burn::{
    grad_clipping::GradientClippingConfig,
    optim::{AdamWConfig, GradientsParams, ModuleOptimizer},
    tensor::Device,
};
use ess_core::{Encoding, SearchModule};
use ess_search::{DeviceEncoding, OnDevice, TrainableModule, largest_tensor};

use super::Trainer;
use crate::{CurvePoint, Error, Items, Loss, QuerySet, TrainerConfig, batches::Batches, told::Told};

/// A module with all that changes as it is trained.
pub(crate) struct Run<'a, 'i, M: TrainableModule> {
    config: &'a TrainerConfig,
    /// The most steps.
    pub(crate) steps: usize,
    pub(crate) module: M,
    pub(crate) optimizer: ModuleOptimizer,
    loss: &'a dyn Loss,
    pub(crate) batches: Batches,
    items: &'a Items<'i>,
    queries: &'a QuerySet<M::Encoding>,
    pub(crate) told: Told,
    /// All queries, where the device has room for them.
    encodings: Option<<M::Encoding as DeviceEncoding>::Tensors>,
    device: Device,
    pub(crate) points: Vec<CurvePoint>,
}

impl<'a, 'i, M: TrainableModule> Run<'a, 'i, M> {
    pub(super) fn new(
        trainer: &'a Trainer,
        module: M,
        items: &'a Items<'i>,
        queries: &'a QuerySet<M::Encoding>,
        steps: usize,
    ) -> Result<Self, Error> {
        let config = trainer.config();
        let device = items.device().clone().autodiff();
        let clip = config.clip_norm.map(GradientClippingConfig::Norm);
        let optimizer = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(config.weight_decay);
        let loss = &*trainer.loss;
        let module = module.fork(items.device()).train();
        module.noises().into_iter().for_each(|noise| noise.reseed(config.seed));
        let fits = queries.encodings().largest_part() <= largest_tensor(items.device());
        Ok(Self {
            config,
            steps,
            module,
            optimizer: optimizer.with_grad_clipping(clip).init(),
            loss,
            batches: Batches::new(queries.len(), config.batch_size, config.seed),
            encodings: fits.then(|| queries.encodings().to_tensors(&device)),
            device,
            items,
            queries,
            told: Told::new(loss.needs(), config, queries, items)?,
            points: Vec::new(),
        })
    }

    /// Takes one step and returns the loss before it.
    pub(super) fn step(&mut self, step: usize) -> Result<f64, Error> {
        if self.told.is_mining_due(step) {
            let mapped = self.snapshot().apply(self.queries.encodings())?;
            self.told.mine(&mapped, self.queries, self.items, step)?;
        }
        let rows = self.batches.next_batch();
        let batch = self.told.batch(self.queries, &rows, self.items.device());
        let mapped = self.module.forward(self.batch(&rows)?);
        let value = self.loss.evaluate(mapped.clone().without_autodiff(), &batch, self.items);
        let value = value.map_err(|error| match error {
            // Mapped queries that overflowed say no more than a loss that did.
            Error::Search(ess_search::Error::Core(ess_core::Error::NonFinite { .. })) => {
                Error::Diverged { step, loss: f64::NAN }
            }
            error => error,
        })?;
        if !value.loss.is_finite() {
            return Err(Error::Diverged { step, loss: value.loss });
        }
        // A product whose gradient with respect to the mapped queries is the loss's own.
        let carrier = (mapped * value.gradient.autodiff()).sum();
        let carrier = self.module.penalty().into_iter().fold(carrier, |sum, penalty| sum + penalty);
        let gradients = GradientsParams::from_grads(carrier.backward(), &self.module);
        let module = self.module.clone();
        self.module = self.optimizer.step(self.config.rate(step, self.steps), module, gradients);
        Ok(value.loss)
    }

    /// The module as it is now, out of training.
    pub(crate) fn snapshot(&self) -> OnDevice<M> {
        self.on_device(self.module.clone())
    }

    /// A module on the items' device, out of training.
    pub(crate) fn on_device(&self, module: M) -> OnDevice<M> {
        OnDevice::new(module, self.items.device())
    }

    fn batch(&self, rows: &[usize]) -> Result<<M::Encoding as DeviceEncoding>::Tensors, Error> {
        Ok(match &self.encodings {
            Some(all) if rows.len() == self.queries.len() && self.batches.is_whole() => all.clone(),
            Some(all) => M::Encoding::select(all, rows),
            None => self.queries.encodings().select_rows(rows)?.to_tensors(&self.device),
        })
    }
}
