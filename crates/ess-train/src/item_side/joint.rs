//! The training loop of two sides.

use std::time::Instant;

use burn::tensor::{Device, Tensor};
use ess_core::{Embeddings, Identity};
use ess_search::{DeviceEncoding, ItemSide, PersistentModule, TwoSided, embeddings_from_tensor};

use crate::{
    Curve, CurvePoint, DevSet, Error, Items, JointPart, QuerySet, Stop, Trainer, TrainingStep,
    batches::Batches, best::Best, told::Told,
};

/// What is trained of the two sides.
pub(super) struct Sides {
    /// The query side; `None` for the identity.
    pub(super) query: Option<Box<dyn JointPart>>,
    /// The item side.
    pub(super) items: ItemPart,
    /// Whether items are as the encoder gives them for now: the first half of query-then-both.
    pub(super) frozen: bool,
}

/// What is trained on the item side.
pub(super) enum ItemPart {
    /// The query side's module.
    Shared,
    /// A module of the items' own.
    Map(Box<dyn JointPart>),
}

impl Clone for Sides {
    fn clone(&self) -> Self {
        let items = match &self.items {
            ItemPart::Shared => ItemPart::Shared,
            ItemPart::Map(part) => ItemPart::Map(part.boxed_clone()),
        };
        Self { query: self.query.as_ref().map(|part| part.boxed_clone()), items, frozen: self.frozen }
    }
}

impl Sides {
    /// Both sides as they are now, out of training.
    pub(super) fn snapshot(&self, dim: usize) -> Result<TwoSided, Error> {
        let query: Box<dyn PersistentModule> = match &self.query {
            Some(part) => part.snapshot(),
            None => Box::new(Identity::new(dim)),
        };
        let items = match &self.items {
            _ if self.frozen => ItemSide::Frozen,
            ItemPart::Shared => ItemSide::Shared,
            ItemPart::Map(part) => ItemSide::Map(part.snapshot().into()),
        };
        Ok(TwoSided::new(query, items)?)
    }

    fn is_trainable(&self) -> bool {
        let of_items = matches!(&self.items, ItemPart::Map(part) if !self.frozen && part.is_trainable());
        of_items || self.query.as_ref().is_some_and(|part| part.is_trainable())
    }

    /// The items, mapped, for autodiff to follow; `None` where they stay as they are.
    fn map_items(&self, items: &Tensor<2>) -> Option<Tensor<2>> {
        match (&self.items, &self.query) {
            _ if self.frozen => None,
            (ItemPart::Map(part), _) => Some(part.forward(items.clone())),
            (ItemPart::Shared, Some(part)) => Some(part.forward(items.clone())),
            (ItemPart::Shared, None) => None,
        }
    }
}

/// Trains until dev no longer rises, or for so many steps; returns the sides that were kept.
pub(super) fn train(
    trainer: &Trainer,
    sides: Sides,
    items: &Items<'_>,
    queries: &QuerySet,
    stop: &Stop<'_, '_, Embeddings>,
) -> Result<(Sides, Curve), Error> {
    let (started, config) = (Instant::now(), trainer.config());
    if let Some(checkpoints) = &trainer.checkpoints {
        let (name, expected) = ("checkpoints", "none where items are trained, whose runs keep none");
        return Err(Error::Config { name, expected, found: checkpoints.folder().display().to_string() });
    }
    let steps = match stop {
        Stop::OnDev(_) => config.max_steps,
        Stop::After(steps) => *steps,
    };
    let dim = queries.encodings().dim();
    let start = sides.snapshot(dim)?;
    ess_core::Error::check_dim("training queries", start.query_side().query_dim(), dim)?;
    let what = "items that a module is trained against";
    ess_core::Error::check_dim(what, start.item_dim(), items.embeddings().dim())?;
    if steps > 0 && !sides.is_trainable() {
        return Err(Error::NothingToTrain);
    }
    let measure = |dev: &DevSet<'_, Embeddings>, sides: &Sides| -> Result<f64, Error> {
        let values = dev.per_query_of_sides(&sides.snapshot(dim)?)?;
        Ok(values.iter().sum::<f64>() / values.len() as f64)
    };
    let mut best = match stop {
        Stop::OnDev(dev) => Some(Best::start(sides.clone(), measure(dev, &sides)?)),
        Stop::After(_) => None,
    };
    let kind = if sides.frozen { "query side" } else { "two sides" };
    let (bar, number) = (trainer.progress.start(steps, kind), trainer.next_run());
    let mut run = Run::new(trainer, sides, items, queries, steps)?;
    let mut points = Vec::new();
    for step in 1..=steps {
        let loss = run.step(step)?;
        let module = || Ok(run.sides.snapshot(dim)?.to_state()?);
        let learning_rate = config.rate(step, steps);
        let seen = TrainingStep { run: number, kind, step, steps, loss, learning_rate, module: &module };
        let mut end = trainer.observers.end_at_step(&seen)?;
        let mut dev_value = None;
        if let (Some(best), Stop::OnDev(dev)) = (&mut best, stop)
            && (step % config.evaluate_every == 0 || step == steps || end)
        {
            let value = measure(dev, &run.sides)?;
            best.offer(step, value, run.sides.clone());
            end |= trainer.observers.end_at_evaluation(&seen, value)?;
            dev_value = Some(value);
        }
        points.push(CurvePoint { step, loss, dev: dev_value });
        bar.set_message(format!("loss {loss:.4}"));
        bar.inc(1);
        if end || best.as_ref().is_some_and(|best| best.stale() > config.patience) {
            break;
        }
    }
    bar.finish_and_clear();
    let mining = run.told.mining;
    let (sides, kept_step) = best.map_or((run.sides, points.len()), Best::finish);
    Ok((sides, Curve { points, kept_step, mining, seconds: started.elapsed().as_secs_f64() }))
}

/// One training run under way.
struct Run<'a, 'i> {
    trainer: &'a Trainer,
    /// The most steps.
    steps: usize,
    sides: Sides,
    batches: Batches,
    items: &'a Items<'i>,
    queries: &'a QuerySet,
    told: Told,
    device: Device,
    query_tensor: Tensor<2>,
    item_tensor: Tensor<2>,
}

impl<'a, 'i> Run<'a, 'i> {
    fn new(
        trainer: &'a Trainer,
        sides: Sides,
        items: &'a Items<'i>,
        queries: &'a QuerySet,
        steps: usize,
    ) -> Result<Self, Error> {
        let (config, device) = (trainer.config(), items.device().clone().autodiff());
        let told = Told::new(trainer.loss.needs(), config, queries, items)?;
        let batches = Batches::new(queries.len(), config.batch_size, config.seed);
        let query_tensor = queries.encodings().to_tensors(&device);
        let item_tensor = items.embeddings().to_tensors(&device);
        Ok(Self { trainer, steps, sides, batches, items, queries, told, device, query_tensor, item_tensor })
    }

    /// Takes one step and returns the loss before it.
    fn step(&mut self, step: usize) -> Result<f64, Error> {
        let diverged = |error| match error {
            ess_search::Error::Core(ess_core::Error::NonFinite { .. }) => {
                Error::Diverged { step, loss: f64::NAN }
            }
            error => error.into(),
        };
        let moved = self.sides.map_items(&self.item_tensor);
        let values = moved.clone().map(|moved| embeddings_from_tensor(moved.without_autodiff()));
        let values = values.transpose().map_err(diverged)?;
        let of_step = values.as_ref().map(|values| Items::new(values, self.items.device()));
        let items = of_step.as_ref().unwrap_or(self.items);
        if self.told.is_mining_due(step) {
            let sides = self.sides.snapshot(self.queries.encodings().dim())?;
            let mapped = sides.query_side().apply(self.queries.encodings())?;
            self.told.mine(&mapped, self.queries, items, step)?;
        }
        let rows = self.batches.next_batch();
        let batch = self.told.batch(self.queries, &rows, self.items.device());
        let queries = self.batch(&rows);
        let mapped = self.sides.query.as_ref().map(|part| part.forward(queries.clone()));
        let found = mapped.clone().unwrap_or(queries).without_autodiff();
        let value = self.trainer.loss.evaluate(found, &batch.with_item_gradient(moved.is_some()), items);
        let value = value.map_err(|error| match error {
            Error::Search(error) => diverged(error),
            error => error,
        })?;
        if !value.loss.is_finite() {
            return Err(Error::Diverged { step, loss: value.loss });
        }
        let rate = self.trainer.config().rate(step, self.steps);
        let item_carrier = moved.zip(value.item_gradient).map(|(moved, gradient)| carrier(moved, gradient));
        let query_carrier = mapped.map(|mapped| carrier(mapped, value.gradient));
        let Some(carrier) = [query_carrier, item_carrier].into_iter().flatten().reduce(|a, b| a + b) else {
            return Err(Error::Missing { what: "gradients of the side that is trained" });
        };
        let of_query = self.sides.query.as_ref().and_then(|part| part.penalty());
        let of_items = match &self.sides.items {
            ItemPart::Map(part) if !self.sides.frozen => part.penalty(),
            _ => None,
        };
        let carrier = [of_query, of_items].into_iter().flatten().fold(carrier, |sum, penalty| sum + penalty);
        let mut gradients = carrier.backward();
        if let Some(part) = &mut self.sides.query {
            part.step(&mut gradients, rate);
        }
        if let ItemPart::Map(part) = &mut self.sides.items
            && !self.sides.frozen
        {
            part.step(&mut gradients, rate);
        }
        Ok(value.loss)
    }

    fn batch(&self, rows: &[usize]) -> Tensor<2> {
        if self.batches.is_whole() {
            return self.query_tensor.clone();
        }
        self.query_tensor.clone().select(0, crate::loss::rows_tensor(rows, &self.device))
    }
}

/// A product whose gradient with respect to the vectors is the loss's own.
fn carrier(vectors: Tensor<2>, gradient: Tensor<2>) -> Tensor<1> {
    (vectors * gradient.autodiff()).sum()
}
