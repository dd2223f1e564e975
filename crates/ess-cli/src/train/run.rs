//! One training run.

use anyhow::{Result, ensure};
use ess_kit::{Dataset, JudgedQueries, StoredEncoding};
use ess_search::ModuleState;
use ess_train::{FitReport, Items, Trainer};

use super::arguments::Arguments;
use crate::{
    data::dataset::{judge_file_as, train_and_dev},
    output::{checkpoints::checkpoints, options::Output},
    settings::run_config::RunConfig,
};

/// One run, its settings and data known.
pub(super) struct Run<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) output: &'a Output,
    pub(super) config: &'a RunConfig,
    pub(super) dataset: Dataset,
}

impl Run<'_> {
    /// The searching module with what it does to the items, as data, and how they came about.
    pub(super) fn train_on_embeddings(&self) -> Result<(ModuleState, FitReport)> {
        let (trainer, items, [train, dev]) = (self.trainer()?, self.items()?, self.queries()?);
        let (query_dim, item_dim) = (self.dataset.query_dim(), self.dataset.items().dim());
        let recipe = self.config.module.build(query_dim, item_dim, 0)?;
        Ok(match &self.config.sides {
            None => {
                let fitted = trainer.fit(&*recipe, &items, &train.set, &dev.set)?;
                (fitted.module.to_state()?, fitted.report)
            }
            Some(sides) => {
                let fitted = trainer.fit_sides(sides, &*recipe, &items, &train.set, &dev.set)?;
                (fitted.sides.to_state()?, fitted.report)
            }
        })
    }

    /// The same for a module that reads token states, which leaves the items as they are.
    pub(super) fn train_on_token_states(&self) -> Result<(ModuleState, FitReport)> {
        let (module, item_dim) = (&self.config.module, self.dataset.items().dim());
        ensure!(
            self.config.sides.is_none(),
            "{} reads token states, and items are trained beside modules that read embeddings only",
            module.kind()
        );
        let token_dim = match self.config.feedback {
            Some(_) => self.dataset.query_dim(),
            None => self.dataset.token_dim()?,
        };
        let recipe = module.build_for_tokens(token_dim, item_dim, 0)?;
        let (trainer, items) = (self.trainer()?, self.items()?);
        let [train, dev] = match self.config.feedback {
            Some(depth) => {
                let [train, dev] = self.queries()?;
                let found = |queries: JudgedQueries| -> Result<_> {
                    Ok(queries.with_found_items(&self.dataset, items.index()?, depth)?)
                };
                [found(train)?, found(dev)?]
            }
            None => self.queries()?,
        };
        let fitted = trainer.fit(&*recipe, &items, &train.set, &dev.set)?;
        Ok((fitted.module.to_state()?, fitted.report))
    }

    fn trainer(&self) -> Result<Trainer> {
        let trainer = Trainer::new(self.config.trainer.clone())?.with_progress(self.output.progress());
        Ok(match &self.arguments.checkpoint {
            Some(folder) => trainer.with_checkpoints(checkpoints(folder)?),
            None => trainer,
        })
    }

    fn items(&self) -> Result<Items<'_>> {
        Ok(Items::new(self.dataset.items(), &self.arguments.device.open()?))
    }

    /// Train and dev.
    fn queries<E: StoredEncoding>(&self) -> Result<[JudgedQueries<E>; 2]> {
        let (arguments, dataset) = (self.arguments, &self.dataset);
        let queries = match &arguments.dev {
            Some(dev) => [judge_file_as(dataset, &arguments.train)?, judge_file_as(dataset, dev)?],
            None => train_and_dev(dataset, &arguments.train, arguments.dev_share, self.config.trainer.seed)?,
        };
        arguments.loss.teach(dataset, queries)
    }
}
