//! The training loop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::Tensor,
};
use ess_search::{OnDevice, TrainableModule};

use crate::{
    Checkpoints, Curve, DevSet, Error, Items, Loss, Observer, Progress, QuerySet, TrainerConfig,
    best::Best,
    checkpoint::{CheckpointFile, RunIdentity},
};

mod course;
mod kept;
mod observers;
mod run;
mod sides;

use course::Course;
pub(crate) use kept::Kept;
use observers::Observers;
pub(crate) use run::Run;
pub(crate) use sides::Sides;

/// Trains searching modules on frozen embeddings.
///
/// [`Trainer::fit`] is what most callers want; [`Trainer::train`] is one run of the loop.
#[derive(Clone)]
pub struct Trainer {
    config: TrainerConfig,
    start_seed: u64,
    loss: Arc<dyn Loss>,
    progress: Progress,
    observers: Observers,
    checkpoints: Option<Checkpoints>,
    /// How many runs there have been, of all copies together.
    runs: Arc<AtomicUsize>,
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
        Ok(Self {
            loss: config.loss.build()?.into(),
            start_seed: config.seed,
            config,
            progress: Progress::default(),
            observers: Observers::default(),
            checkpoints: None,
            runs: Arc::default(),
        })
    }

    /// Makes this loss small, instead of the one that the settings name; [`Trainer::config`] says so from then on.
    #[must_use]
    pub fn with_loss(mut self, loss: Arc<dyn Loss>) -> Self {
        self.config.loss = loss.config();
        self.loss = loss;
        self
    }

    /// Chooses whether a progress bar is shown.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Adds what looks on and may end runs; those that were given before stay.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.add(observer);
        self
    }

    /// Keeps checkpoints, and goes on from those that are there.
    #[must_use]
    pub fn with_checkpoints(mut self, checkpoints: Checkpoints) -> Self {
        self.checkpoints = Some(checkpoints);
        self
    }

    /// Whether a run on these queries draws by the seed as it goes on, whatever its module: the order of queries, or negatives.
    pub(crate) fn draws<E: ess_core::Encoding>(&self, queries: &crate::QuerySet<E>) -> bool {
        let given = !queries.negatives().is_empty() && self.config.negatives.is_none();
        queries.len() > self.config.batch_size || (self.loss.needs().negatives && !given)
    }

    /// The number of the run that begins.
    fn next_run(&self) -> usize {
        self.runs.fetch_add(1, Ordering::Relaxed)
    }

    /// The same trainer with another seed of every random step.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Self {
        self.with_run_seed(seed).with_start_seed(seed)
    }

    /// The same trainer with another seed of what is drawn as training goes on, such as the order of queries and dropout;
    /// modules start from the same values.
    #[must_use]
    pub fn with_run_seed(&self, seed: u64) -> Self {
        let mut trainer = self.clone();
        trainer.config.seed = seed;
        trainer
    }

    /// The same trainer with another seed of the modules' starting values.
    #[must_use]
    pub fn with_start_seed(&self, seed: u64) -> Self {
        Self { start_seed: seed, ..self.clone() }
    }

    /// What a recipe adds to the seed of its module's starting values ([`TrainableModule::reseeded`]):
    /// [`TrainerConfig::seed`], unless [`Trainer::with_start_seed`] or an ensemble said otherwise.
    pub fn start_seed(&self) -> u64 {
        self.start_seed
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
            Stop::OnDev(dev) => Some(Best::start(run.kept(), run.sides.measure(dev, items.device())?)),
            Stop::After(_) => None,
        };
        let number = self.next_run();
        let file = self.checkpoints.as_ref().map(|checkpoints| {
            let identity = RunIdentity::of(&self.config, &run.sides, items, queries, stop)?;
            CheckpointFile::open(checkpoints, number, identity)
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
