//! Runs of the training loop.

use std::{sync::atomic::Ordering, time::Instant};

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::Tensor,
};
use ess_search::{OnDevice, TrainableModule};

use super::{
    best::Best,
    checkpoint::{file::CheckpointFile, identity::RunIdentity},
    course::Course,
    curve::Curve,
    definition::Trainer,
    kept::Kept,
    run::Run,
    sides::Sides,
    stop::Stop,
};
use crate::{
    data::{dev_set::mean, items::Items, query_set::definition::QuerySet},
    error::Error,
};

impl Trainer {
    /// The number of the run that begins.
    fn next_run(&self) -> usize {
        self.runs.fetch_add(1, Ordering::Relaxed)
    }

    /// Trains one module on the items' device and returns the parameters that were kept.
    ///
    /// # Errors
    /// [`Error::UnknownItem`] for a judgement of an item that does not exist; [`Error::Core`] for dimensions that
    /// do not fit; [`Error::Diverged`] when the loss stops being a number; [`Error::NothingToTrain`] for a module that is
    /// frozen throughout; [`Error::Observer`] for what an observer fails with; [`Error::CheckpointDamaged`],
    /// [`Error::CheckpointOfAnotherRun`] and [`Error::Files`] for checkpoints.
    pub fn train<M: TrainableModule>(
        &self,
        module: M,
        items: &Items<'_>,
        queries: &QuerySet<M::Encoding>,
        stop: &Stop<'_, '_, M::Encoding>,
    ) -> Result<(OnDevice<M>, Curve), Error> {
        check(&module, items, queries)?;
        let start = Kept::untrained(self.prepared(module, items.device()));
        let (kept, curve) = self.run(start, false, items, queries, stop)?;
        Ok((OnDevice::new(kept.sides, items.device()), curve))
    }

    /// One run of the loop, from sides that fit items and queries. With `goes_on`, what it keeps has the optimiser for
    /// another run to go on with.
    pub(crate) fn run<S: Sides>(
        &self,
        start: Kept<S>,
        goes_on: bool,
        items: &Items<'_>,
        queries: &QuerySet<S::Encoding>,
        stop: &Stop<'_, '_, S::Encoding>,
    ) -> Result<(Kept<S>, Curve), Error> {
        let started = Instant::now();
        let steps = match stop {
            Stop::OnDev(_) => self.config.max_steps,
            Stop::After(steps) => *steps,
        };
        let run = Run::new(self, start, goes_on, items, queries, steps)?;
        if steps > 0 && !is_trainable(&run.sides) {
            return Err(Error::NothingToTrain);
        }
        let best = match stop {
            Stop::OnDev(dev) => Some(Best::start(run.kept(), mean(&run.sides.measure(dev, items.device())?))),
            Stop::After(_) => None,
        };
        let number = self.next_run();
        let file = self.checkpoints.as_ref().map(|checkpoints| {
            let identity = RunIdentity::of(&self.config, &run.sides, items, queries, stop)?;
            CheckpointFile::open(checkpoints, number, identity, stop.dev_queries())
        });
        let mut course = Course {
            trainer: self,
            number,
            name: run.sides.name().to_owned(),
            run,
            best,
            file: file.transpose()?,
            started,
            seconds_before: 0.0,
        };
        course.go(stop)?;
        Ok(course.finish())
    }
}

/// Refuses what does not fit together.
fn check<M: TrainableModule>(
    module: &M,
    items: &Items<'_>,
    queries: &QuerySet<M::Encoding>,
) -> Result<(), Error> {
    queries.check_items(items.embeddings().len())?;
    module.check_encodings(queries.encodings()).map_err(|error| match error {
        ess_search::Error::Core(error) => Error::Core(error),
        error => error.into(),
    })?;
    let item = "items that a module is trained against";
    Ok(ess_core::Error::check_dim(item, module.item_dim(), items.embeddings().dim())?)
}

/// Whether any parameter is not frozen.
fn is_trainable<M: Module>(module: &M) -> bool {
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
