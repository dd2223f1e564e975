//! Where checkpoints are kept, and how often.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The folder of a trainer's checkpoints, and how often they are written.
///
/// Each run has a file of its own: `run-0.checkpoint` and so on, in the order in which the runs begin. It holds the whole
/// state of the run: parameters, the optimiser's state, the best parameters on dev, all values measured on dev, mined
/// negatives, and the state of each random generator. A run that finds its file resumes from there and gives the same module,
/// bit for bit on the CPU, and the same decision of the baseline guard. A run that had ended is not repeated. So a program
/// that is started again with the same settings and data does the rest.
///
/// A file of another run (other settings, module, queries or items) is refused, and so are a damaged file and a file of an
/// earlier version that has no values of dev for the guard. Files stay when training is over; remove the folder to begin
/// anew. A run locks its file: a second run that would write it, of this process or of another, ends at once with
/// [`ess_files::Error::Busy`].
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::Embeddings;
/// use ess_search::{Linear, LinearConfig, PersistentModule, TrainableModule};
/// use ess_train::{Checkpoints, Items, Judgement, Progress, QuerySet, Stop, Trainer, TrainerConfig};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let queries = QuerySet::new(Embeddings::from_rows(&[[0.9, 1.0]])?, vec![vec![Judgement { item: 0, grade: 1 }]])?;
/// let folder = tempfile::tempdir().unwrap();
/// // As a program would each time that it is started.
/// let train = || {
///     let trainer = Trainer::new(TrainerConfig::default())?.with_progress(Progress::Silent);
///     let trainer = trainer.with_checkpoints(Checkpoints::new(folder.path(), 5)?);
///     let module = Linear::init(&LinearConfig::new(2, 2), items.device())?;
///     trainer.train(module, &items, &queries, &Stop::After(12))
/// };
/// let (module, curve) = train()?;
/// assert!(folder.path().join("run-0.checkpoint").exists());
/// let (again, _) = train()?;
/// assert_eq!(again.to_state()?, module.to_state()?);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoints {
    folder: PathBuf,
    every: usize,
}

impl Checkpoints {
    /// Checkpoints in this folder, which is made where it is missing, after every `every` steps and at the end of each run.
    ///
    /// # Errors
    /// [`Error::Config`] for 0 steps.
    pub fn new(folder: impl Into<PathBuf>, every: usize) -> Result<Self, Error> {
        if every == 0 {
            let (name, expected) = ("steps between checkpoints", "at least 1");
            return Err(Error::Config { name, expected, found: "0".to_owned() });
        }
        Ok(Self { folder: folder.into(), every })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The number of steps between two checkpoints.
    pub fn every(&self) -> usize {
        self.every
    }
}
