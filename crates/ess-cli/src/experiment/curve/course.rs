//! All that is measured on a data set.

use anyhow::Result;
use ess_auto::AutoConfig;
use ess_train::{RecipeConfig, TrainerConfig};
use serde_json::json;

use crate::experiment::{
    cells::Cells, kept::Wanted, source::Source, started::Started, task::Task, texts::Texts,
};

use super::{
    automatic::Automatic,
    counts,
    draw::Draw,
    learned::Learned,
    learner::Learner,
    results::{Frozen, Results},
    system::{self, DENSE, HYBRID},
};

/// A data set, and what learns on it.
pub(super) struct Course<'a> {
    pub(super) source: &'a Source,
    pub(super) texts: Option<&'a Texts>,
    /// What is asked for by name.
    pub(super) asked: &'a [&'a str],
    pub(super) counts: &'a [usize],
    /// The settings of automatic choice.
    pub(super) auto: &'a AutoConfig,
}

impl<'a> Course<'a> {
    /// Measures the frozen encoder and then everything that learns, from each number of queries.
    pub(super) fn measure(&self, started: &Started, cells: &Cells, results: &mut Results) -> Result<()> {
        let settings = json!(TrainerConfig::default());
        let wanted =
            Wanted { sources: vec![self.source], what: "frozen".to_owned(), seed: started.seed, settings };
        let frozen = cells.measure(&wanted, || {
            let data = self.source.open()?;
            Ok(Frozen { train_queries: data.train.set.len(), frozen: Task::of(data)?.frozen()? })
        })?;
        let counts = counts::within(self.counts, frozen.found.train_queries);
        results.frozen.push(frozen);
        for system in system::all(self.asked, self.texts.is_some()) {
            let learner = self.learner(system)?;
            let seeds = |count: &usize| started.seeds.iter().map(|&seed| (*count, seed)).collect::<Vec<_>>();
            for (count, seed) in counts.iter().flat_map(seeds) {
                for shuffled in [false, true] {
                    self.learn(system, &*learner, Draw { count, seed, shuffled }, cells, results)?;
                }
            }
        }
        Ok(())
    }

    fn learner(&self, system: &str) -> Result<Box<dyn Learner + 'a>> {
        Ok(match system {
            DENSE => Box::new(Automatic::new(self.auto, None)),
            HYBRID => Box::new(Automatic::new(self.auto, self.texts)),
            module => Box::new(RecipeConfig::named(module)?),
        })
    }

    fn learn(
        &self,
        system: &str,
        learner: &dyn Learner,
        draw: Draw,
        cells: &Cells,
        results: &mut Results,
    ) -> Result<()> {
        let Draw { count, seed, shuffled } = draw;
        let what = format!("{system} {count}{}", if shuffled { " shuffled" } else { "" });
        let wanted = Wanted { sources: vec![self.source], what, seed, settings: learner.settings() };
        let learned = cells.measure(&wanted, || {
            let trained = learner.learn(self.source.open()?, draw)?;
            Ok(Learned { module: system.to_owned(), queries: count, shuffled, trained })
        })?;
        results.learned.push(learned);
        Ok(())
    }
}
