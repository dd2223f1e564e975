//! Looking on while training goes on.

use std::fmt;

use ess_search::ModuleState;

use crate::error::Error;

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// It does.
    #[default]
    Continue,
    /// It ends here. Dev is measured once more, and the best parameters so far are kept.
    Stop,
}

/// The error of an observer.
pub type ObserverError = Box<dyn std::error::Error + Send + Sync>;

/// An observer sees every step and every measurement on dev, and may end a run. Uses are logging, stopping rules of your own,
/// and saving modules during training.
///
/// A recipe of several runs, such as an ensemble, shows its runs one after another ([`TrainingStep::run`]). Ending one does
/// not end the others.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use burn::tensor::Device;
/// use ess_core::Embeddings;
/// use ess_search::{Linear, LinearConfig, TrainableModule};
/// use ess_train::{
///     Control, Items, Judgement, Observer, ObserverError, Progress, QuerySet, Stop, Trainer, TrainerConfig, TrainingStep,
/// };
///
/// /// Ends a run when the loss is low enough.
/// struct LowEnough(f64, Mutex<Vec<f64>>);
///
/// impl Observer for LowEnough {
///     fn on_step(&self, step: &TrainingStep<'_>) -> Result<Control, ObserverError> {
///         self.1.lock().unwrap().push(step.loss);
///         Ok(if step.loss < self.0 { Control::Stop } else { Control::Continue })
///     }
/// }
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let queries = QuerySet::new(Embeddings::from_rows(&[[0.9, 1.0]])?, vec![vec![Judgement { item: 0, grade: 1 }]])?;
/// let observer = Arc::new(LowEnough(0.1, Mutex::default()));
/// let config = TrainerConfig { learning_rate: 0.1, weight_decay: 0.0, ..TrainerConfig::default() };
/// let trainer = Trainer::new(config)?.with_progress(Progress::Silent).with_observer(observer.clone());
/// let module = Linear::init(&LinearConfig::new(2, 2), items.device())?;
/// let (_, curve) = trainer.train(module, &items, &queries, &Stop::After(50))?;
/// assert!(curve.points.len() < 50);
/// assert_eq!(observer.1.lock().unwrap().len(), curve.points.len());
/// # Ok::<(), ess_train::Error>(())
/// ```
pub trait Observer: Send + Sync {
    /// Called after each step.
    ///
    /// # Errors
    /// Whatever ends the training with [`Error::Observer`].
    fn on_step(&self, step: &TrainingStep<'_>) -> Result<Control, ObserverError> {
        let _ = step;
        Ok(Control::Continue)
    }

    /// Called after each measurement on dev, with the mean of the measure; [`Observer::on_step`] comes before it.
    ///
    /// # Errors
    /// As [`Observer::on_step`].
    fn on_evaluation(&self, step: &TrainingStep<'_>, dev: f64) -> Result<Control, ObserverError> {
        let _ = (step, dev);
        Ok(Control::Continue)
    }
}

/// A step that was taken.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct TrainingStep<'a> {
    /// Which of the trainer's runs it belongs to, from 0.
    pub run: usize,
    /// The kind of module, or which sides are trained.
    pub kind: &'a str,
    /// The step, from 1.
    pub step: usize,
    /// The maximum number of steps of the run.
    pub steps: usize,
    /// The mean loss of the step's batch, before the step.
    pub loss: f64,
    /// The learning rate of the step.
    pub learning_rate: f64,
    pub(crate) module: &'a dyn Fn() -> Result<ModuleState, Error>,
}

impl TrainingStep<'_> {
    /// The module after the step, as data, such as for saving. It is copied from its device when this is called.
    ///
    /// # Errors
    /// [`Error::Search`] when the device fails or the module has diverged.
    pub fn module(&self) -> Result<ModuleState, Error> {
        (self.module)()
    }
}

impl fmt::Debug for TrainingStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, kind, step, steps, loss, .. } = self;
        write!(f, "run {run} of {kind}, step {step} of {steps}, loss {loss}")
    }
}
