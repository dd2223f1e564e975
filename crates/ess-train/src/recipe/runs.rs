//! Several training runs, each with a seed of its own.

use ess_core::Encoding;
use ess_search::ModuleState;

use super::{definition::Recipe, record::TrainingRecord, trained::Trained};
use crate::{data::query_set::definition::QuerySet, error::Error, trainer::definition::Trainer};

/// What the recipes of an ensemble or a soup share: how many random seeds each run needs, what it starts from, and whether
/// it sees its own draw of the queries.
pub(super) struct Runs {
    runs: Vec<Run>,
    bagged: bool,
}

struct Run {
    /// [`Recipe::seeds`].
    seeds: u64,
    /// The seed of its starting values, less the trainer's.
    start: u64,
}

impl Runs {
    /// A run of each of these recipes. Those that would start from the same values start from others, as far as they draw
    /// them.
    pub(super) fn of<'a, E: Encoding + 'a>(
        recipes: impl IntoIterator<Item = &'a dyn Recipe<E>>,
        bagged: bool,
    ) -> Self {
        let mut before: Vec<(u64, Vec<String>)> = Vec::new();
        let mut runs = Vec::new();
        for recipe in recipes {
            let (seeds, starts) = (recipe.seeds(), recipe.starts());
            let alike = before.iter().filter(|(_, others)| share_a_start(others, &starts));
            let used = alike.map(|(seeds, _)| seeds).fold(0, |sum: u64, seeds| sum.wrapping_add(*seeds));
            runs.push(Run { seeds, start: apart(used) });
            before.push((seeds, starts));
        }
        Self { runs, bagged }
    }

    /// So many runs of one recipe, all from the same starting values.
    pub(super) fn from_one_start<E: Encoding>(recipe: &dyn Recipe<E>, runs: usize, bagged: bool) -> Self {
        let run = || Run { seeds: recipe.seeds(), start: 0 };
        Self { runs: (0..runs).map(|_| run()).collect(), bagged }
    }

    /// All runs by `train`, which is given the run's number, trainer and queries.
    pub(super) fn each<E: Encoding>(
        &self,
        trainer: &Trainer,
        queries: &QuerySet<E>,
        mut train: impl FnMut(usize, &Trainer, &QuerySet<E>) -> Result<Trained<E>, Error>,
    ) -> Result<Vec<Trained<E>>, Error> {
        let trainers = self.trainers(trainer).into_iter().enumerate();
        let one = |(at, trainer): (usize, Trainer)| match self.bagged {
            true => train(at, &trainer, &queries.resampled(trainer.config().seed)?),
            false => train(at, &trainer, queries),
        };
        trainers.map(one).collect()
    }

    /// What each of the runs makes, where nothing else is drawn: nothing that is known of runs that are bagged.
    pub(super) fn outcomes<'a, E: Encoding + 'a>(
        &self,
        recipes: impl IntoIterator<Item = &'a dyn Recipe<E>>,
        trainer: &Trainer,
        queries: &QuerySet<E>,
    ) -> Result<Vec<Option<String>>, Error> {
        let runs = recipes.into_iter().zip(self.trainers(trainer));
        let outcome = |(recipe, trainer): (&dyn Recipe<E>, Trainer)| match self.bagged {
            true => Ok(None),
            false => recipe.outcome(&trainer, queries),
        };
        runs.map(outcome).collect()
    }

    /// The trainer of each run.
    fn trainers(&self, trainer: &Trainer) -> Vec<Trainer> {
        let mut seed = trainer.config().seed;
        let one = |run: &Run| {
            let start = trainer.start_seed().wrapping_add(run.start);
            let of_run = trainer.with_run_seed(seed).with_start_seed(start);
            // A run that is several runs itself uses as many seeds.
            seed = seed.wrapping_add(run.seeds);
            of_run
        };
        self.runs.iter().map(one).collect()
    }
}

/// Whether any run of the one starts as any of the other does. Those that do not say count as the same.
fn share_a_start(these: &[String], those: &[String]) -> bool {
    these.iter().any(|start| those.contains(start)) || (these.is_empty() && those.is_empty())
}

/// A number far from those that people choose as seeds, another for each; 0 for 0 (the finaliser of SplitMix64).
pub(crate) fn apart(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What the runs made, as states, and their records.
pub(super) fn states<E: Encoding>(
    runs: Vec<Trained<E>>,
) -> Result<(Vec<ModuleState>, Vec<TrainingRecord>), Error> {
    let state = |run: Trained<E>| Ok((run.module.to_state()?, run.record));
    let states: Vec<_> = runs.into_iter().map(state).collect::<Result<_, Error>>()?;
    Ok(states.into_iter().unzip())
}

#[cfg(test)]
mod tests {
    use ess_search::{Linear, LinearConfig, Mlp, MlpConfig};

    use super::*;
    use crate::recipe::{ensemble::EnsembleRecipe, module::ModuleRecipe};

    #[test]
    fn recipes_that_start_alike_get_starts_of_their_own_and_others_keep_theirs() {
        let linear = ModuleRecipe::<Linear>::new(LinearConfig::new(3, 3));
        let mlp = || ModuleRecipe::<Mlp>::new(MlpConfig::new(3, 3));
        let other = ModuleRecipe::<Mlp>::new(MlpConfig { seed: 1, ..MlpConfig::new(3, 3) });
        let two: EnsembleRecipe = EnsembleRecipe::new(Default::default()).with(mlp()).with(mlp());
        let (first, second) = (mlp(), mlp());
        let recipes: [&dyn Recipe; 5] = [&linear, &first, &other, &two, &second];
        let starts: Vec<u64> = Runs::of(recipes, false).runs.iter().map(|run| run.start).collect();
        assert_eq!(starts, [0, 0, 0, apart(1), apart(3)]);
    }

    #[test]
    fn numbers_apart_are_all_different_and_none_is_near() {
        let mut all: Vec<u64> = (0..1000).map(apart).collect();
        assert_eq!(all[0], 0);
        assert!(all[1..].iter().all(|&number| number > 1 << 32));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 1000);
    }
}
