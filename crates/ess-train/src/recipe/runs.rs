//! Several training runs, each with a seed of its own.

use ess_core::Encoding;
use ess_search::ModuleState;

use super::{Trained, TrainingRecord};
use crate::{Error, QuerySet, Trainer};

/// What the recipes of an ensemble or a soup share: how many random seeds each run needs, and whether it sees its own draw
/// of the queries.
pub(super) struct Runs {
    /// [`Recipe::seeds`](super::Recipe::seeds) of each run.
    pub(super) seeds: Vec<u64>,
    pub(super) bagged: bool,
}

impl Runs {
    /// All runs by `train`, which is given the run's number, trainer and queries.
    pub(super) fn each<E: Encoding>(
        &self,
        trainer: &Trainer,
        queries: &QuerySet<E>,
        mut train: impl FnMut(usize, &Trainer, &QuerySet<E>) -> Result<Trained<E>, Error>,
    ) -> Result<Vec<Trained<E>>, Error> {
        let mut seed = trainer.config().seed;
        let mut all = Vec::with_capacity(self.seeds.len());
        for (run, seeds) in self.seeds.iter().enumerate() {
            let trainer = trainer.with_seed(seed);
            all.push(match self.bagged {
                true => train(run, &trainer, &queries.resampled(seed)?)?,
                false => train(run, &trainer, queries)?,
            });
            // A run that is several runs itself has used as many.
            seed = seed.wrapping_add(*seeds);
        }
        Ok(all)
    }
}

/// What the runs made, as states, and their records.
pub(super) fn states<E: Encoding>(
    runs: Vec<Trained<E>>,
) -> Result<(Vec<ModuleState>, Vec<TrainingRecord>), Error> {
    let state = |run: Trained<E>| Ok((run.module.to_state()?, run.record));
    let states: Vec<_> = runs.into_iter().map(state).collect::<Result<_, Error>>()?;
    Ok(states.into_iter().unzip())
}
