//! The training loop.

use std::{sync::Arc, time::Instant};

use burn::{
    grad_clipping::GradientClippingConfig,
    module::{Module, ModuleVisitor, Param},
    optim::{AdamWConfig, GradientsParams, ModuleOptimizer},
    tensor::{Device, Tensor},
};
use ess_core::{Encoding, SearchModule};
use ess_search::{DeviceEncoding, OnDevice, TrainableModule, largest_tensor};

use crate::{
    Curve, CurvePoint, DevSet, Error, Items, Loss, Progress, QuerySet, TrainerConfig, batches::Batches,
    best::Best, told::Told,
};

/// Trains searching modules on frozen embeddings.
///
/// [`Trainer::fit`] is what most callers want; [`Trainer::train`] is one run of the loop.
#[derive(Clone)]
pub struct Trainer {
    config: TrainerConfig,
    pub(crate) loss: Arc<dyn Loss>,
    pub(crate) progress: Progress,
}

/// When a training run ends.
pub enum Stop<'a, 'i, E> {
    /// When the dev measure has not risen for a while; the best parameters are kept.
    OnDev(&'a DevSet<'i, E>),
    /// After so many steps; the last parameters are kept.
    After(usize),
}

impl Trainer {
    /// A trainer with these settings.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting outside its range.
    pub fn new(config: TrainerConfig) -> Result<Self, Error> {
        config.check()?;
        let loss = config.loss.build()?.into();
        Ok(Self { config, loss, progress: Progress::default() })
    }

    /// Makes a loss of the caller's own small, instead of the one that the settings name.
    #[must_use]
    pub fn with_loss(mut self, loss: Arc<dyn Loss>) -> Self {
        self.loss = loss;
        self
    }

    /// Chooses whether a progress bar is shown.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// The same trainer with another seed.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Self {
        let mut trainer = self.clone();
        trainer.config.seed = seed;
        trainer
    }

    /// Whether a progress bar is shown.
    pub(crate) fn progress(&self) -> Progress {
        self.progress
    }

    /// The settings.
    pub fn config(&self) -> &TrainerConfig {
        &self.config
    }

    /// Trains one module on the items' device and returns the parameters that were kept.
    ///
    /// # Errors
    /// [`Error::UnknownItem`] for a judgement of an item that does not exist; [`Error::Core`] for dimensions that
    /// do not fit; [`Error::Diverged`] when the loss stops being a number; [`Error::NothingToTrain`] for a module that is
    /// frozen throughout.
    pub fn train<M: TrainableModule>(
        &self,
        module: M,
        items: &Items<'_>,
        queries: &QuerySet<M::Encoding>,
        stop: &Stop<'_, '_, M::Encoding>,
    ) -> Result<(OnDevice<M>, Curve), Error> {
        let started = Instant::now();
        queries.check_items(items.embeddings().len())?;
        module.check_encodings(queries.encodings()).map_err(|error| match error {
            ess_search::Error::Core(error) => Error::Core(error),
            error => error.into(),
        })?;
        let item = "items that a module is trained against";
        ess_core::Error::check_dim(item, module.item_dim(), items.embeddings().dim())?;
        let steps = match stop {
            Stop::OnDev(_) => self.config.max_steps,
            Stop::After(steps) => *steps,
        };
        let kind = module.kind().to_owned();
        let bar = self.progress.start(steps, &kind);
        let mut best = match stop {
            Stop::OnDev(dev) => {
                let module = OnDevice::new(module.clone(), items.device());
                let value = dev.mean(&module)?;
                Some(Best::start(module, value))
            }
            Stop::After(_) => None,
        };
        let mut run = Run::new(self, module, items, queries)?;
        if steps > 0 && !is_trainable(&run.module) {
            return Err(Error::NothingToTrain);
        }
        for step in 1..=steps {
            let loss = run.step(step)?;
            let measured = step % self.config.evaluate_every == 0 || step == steps;
            let dev = match (&mut best, stop) {
                (Some(best), Stop::OnDev(dev)) if measured => {
                    let module = run.snapshot();
                    let value = dev.mean(&module).map_err(|error| match error {
                        Error::Core(ess_core::Error::NonFinite { .. }) => {
                            Error::Diverged { step, loss: f64::NAN }
                        }
                        error => error,
                    })?;
                    best.offer(step, value, module);
                    Some(value)
                }
                _ => None,
            };
            run.points.push(CurvePoint { step, loss, dev });
            bar.set_message(match dev {
                Some(value) => format!("loss {loss:.4}, {} {value:.4}", self.config.measure),
                None => format!("loss {loss:.4}"),
            });
            bar.inc(1);
            if best.as_ref().is_some_and(|best| best.stale() > self.config.patience) {
                break;
            }
        }
        bar.finish_and_clear();
        let (module, kept_step) = best.map_or_else(|| (run.snapshot(), steps), Best::finish);
        let seconds = started.elapsed().as_secs_f64();
        let curve = Curve { points: run.points, kept_step, mining: run.told.mining, seconds };
        tracing::debug!(kind, kept_step, seconds = curve.seconds, "trained");
        Ok((module, curve))
    }
}

/// Whether any parameter is not frozen.
pub(crate) fn is_trainable<M: Module>(module: &M) -> bool {
    struct Active(bool);
    impl ModuleVisitor for Active {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0 |= param.is_require_grad();
        }
    }
    let mut active = Active(false);
    module.visit(&mut active);
    active.0
}

/// One training run under way.
struct Run<'a, 'i, M: TrainableModule> {
    config: &'a TrainerConfig,
    module: M,
    optimizer: ModuleOptimizer,
    loss: &'a dyn Loss,
    batches: Batches,
    items: &'a Items<'i>,
    queries: &'a QuerySet<M::Encoding>,
    told: Told,
    /// All queries, where the device has room for them.
    encodings: Option<<M::Encoding as DeviceEncoding>::Tensors>,
    device: Device,
    points: Vec<CurvePoint>,
}

impl<'a, 'i, M: TrainableModule> Run<'a, 'i, M> {
    fn new(
        trainer: &'a Trainer,
        module: M,
        items: &'a Items<'i>,
        queries: &'a QuerySet<M::Encoding>,
    ) -> Result<Self, Error> {
        let config = &trainer.config;
        let device = items.device().clone().autodiff();
        let clip = config.clip_norm.map(GradientClippingConfig::Norm);
        let optimizer = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(config.weight_decay);
        let loss = &*trainer.loss;
        let fits = queries.encodings().largest_part() <= largest_tensor(items.device());
        Ok(Self {
            config,
            module: module.fork(items.device()).train(),
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
    fn step(&mut self, step: usize) -> Result<f64, Error> {
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
        let warm = (step as f64 / (self.config.warmup_steps as f64 + 1.0)).min(1.0);
        let module = self.module.clone();
        self.module = self.optimizer.step(self.config.learning_rate * warm, module, gradients);
        Ok(value.loss)
    }

    /// The module as it is now, out of training.
    fn snapshot(&self) -> OnDevice<M> {
        OnDevice::new(self.module.clone(), self.items.device())
    }

    fn batch(&self, rows: &[usize]) -> Result<<M::Encoding as DeviceEncoding>::Tensors, Error> {
        Ok(match &self.encodings {
            Some(all) if rows.len() == self.queries.len() && self.batches.is_whole() => all.clone(),
            Some(all) => M::Encoding::select(all, rows),
            None => self.queries.encodings().select_rows(rows)?.to_tensors(&self.device),
        })
    }
}
