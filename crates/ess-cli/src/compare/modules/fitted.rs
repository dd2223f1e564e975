//! What is trained for a cell, and what it finds on test.

use anyhow::Result;
use burn::tensor::Device;
use cpu_time::ProcessTime;
use ess_core::{Embeddings, Identity, SearchModule, SearchModuleFn, TokenStates};
use ess_index::FlatIndex;
use ess_kit::JudgedQueries;
use ess_search::DeviceEncoding;
use ess_searchers::{FeedbackConfig, FeedbackSearcher};
use ess_train::{FitReport, Items, Progress, Recipe, RecipeConfig, SidesConfig, Trainer, TrainerConfig};

use crate::{compare::measure, data::split_data_set::Opened};

use super::{
    system::{Reads, System},
    wanted::Wanted,
};

/// A system at work on a data set.
pub(crate) struct Fitting<'a> {
    wanted: &'a Wanted<'a>,
    data: &'a Opened,
    items: Items<'a>,
    index: FlatIndex,
    trainer: Trainer,
}

/// What came of it.
pub(crate) struct Fitted {
    pub(crate) found: Found,
    pub(crate) report: Option<FitReport>,
    /// What fitting took.
    pub(crate) cpu_seconds: f64,
}

/// How good it is on test.
pub(crate) struct Found {
    /// The measure of the page, of each query.
    pub(crate) by_query: Vec<f64>,
    /// Recall@100.
    pub(crate) recall: f64,
}

impl<'a> Fitting<'a> {
    pub(crate) fn new(wanted: &'a Wanted<'a>, data: &'a Opened, device: &Device) -> Result<Self> {
        let system = wanted.system;
        let seed = wanted.trainer.seed.wrapping_add(system.seed());
        let mut config = TrainerConfig { seed, refit: system.refit(), ..wanted.trainer.clone() };
        if let Some(loss) = system.loss() {
            config.loss = loss.clone();
        }
        Ok(Self {
            wanted,
            data,
            items: Items::new(data.dataset.items(), device),
            index: FlatIndex::new(data.dataset.items().clone())?,
            // A member starts as it does in its ensemble.
            trainer: Trainer::new(config)?
                .with_start_seed(wanted.trainer.seed)
                .with_progress(Progress::Silent),
        })
    }

    /// What the frozen encoder finds.
    pub(crate) fn frozen(&self) -> Result<Found> {
        self.search(&self.data.test, &Identity::new(self.data.dataset.items().dim()))
    }

    /// Trains the system and searches with it; none where the data have not what it reads.
    pub(crate) fn run(&self) -> Result<Option<Fitted>> {
        let dim = self.data.dataset.items().dim();
        Ok(Some(match self.wanted.system {
            System::Frozen => Fitted { found: self.frozen()?, report: None, cpu_seconds: 0.0 },
            System::Recipe { recipe, .. } | System::Member { recipe, .. } => {
                self.fit(&*recipe.build(dim, dim, 0)?, self.data)?
            }
            System::Sides { sides, .. } => self.fit_sides(sides)?,
            System::Feedback {} => self.feedback()?,
            System::Rich { recipe, reads, .. } => return self.fit_rich(recipe, *reads),
        }))
    }

    /// A recipe over what the system reads.
    fn fit<E: DeviceEncoding + 'static>(&self, recipe: &dyn Recipe<E>, data: &Opened<E>) -> Result<Fitted> {
        let started = ProcessTime::now();
        let fitted = self.trainer.fit(recipe, &self.items, &data.train.set, &data.dev.set)?;
        let cpu_seconds = started.elapsed().as_secs_f64();
        let found = self.search(&data.test, &*fitted.trained)?;
        Ok(Fitted { found, report: Some(fitted.report), cpu_seconds })
    }

    fn search<E: DeviceEncoding>(
        &self,
        test: &JudgedQueries<E>,
        module: &dyn SearchModule<E>,
    ) -> Result<Found> {
        self.search_in(&self.index, test, module)
    }

    fn search_in<E: DeviceEncoding>(
        &self,
        index: &FlatIndex,
        test: &JudgedQueries<E>,
        module: &dyn SearchModule<E>,
    ) -> Result<Found> {
        let run = self.data.dataset.search("run", module, index, test)?;
        Ok(Found {
            by_query: measure::by_query(self.wanted.trainer.measure, test, &run)?.1,
            recall: test.evaluate(&run)?.mean("recall@100")?,
        })
    }

    fn fit_sides(&self, sides: &SidesConfig) -> Result<Fitted> {
        let (data, dim) = (self.data, self.data.dataset.items().dim());
        let linear = RecipeConfig::default().build(dim, dim, 0)?;
        let started = ProcessTime::now();
        let fitted = self.trainer.fit_sides(sides, &*linear, &self.items, &data.train.set, &data.dev.set)?;
        let cpu_seconds = started.elapsed().as_secs_f64();
        let sides = fitted.trained;
        let moved = sides.map_items(data.dataset.items())?.map(FlatIndex::new).transpose()?;
        let index = moved.as_ref().unwrap_or(&self.index);
        let found = self.search_in(index, &data.test, &sides.query_side())?;
        Ok(Fitted { found, report: Some(fitted.report), cpu_seconds })
    }

    fn fit_rich(&self, recipe: &RecipeConfig, reads: Reads) -> Result<Option<Fitted>> {
        let (data, seed) = (self.wanted.data, self.wanted.trainer.seed);
        let item_dim = self.data.dataset.items().dim();
        let Some(folder) = data.folder_of(reads) else {
            return Ok(None);
        };
        Ok(Some(match reads {
            Reads::Layers => {
                let data = data.split.open_as::<Embeddings>(folder, seed)?;
                self.fit(&*recipe.build(data.dataset.query_dim(), item_dim, 0)?, &data)?
            }
            Reads::Tokens => {
                let data = data.split.open_as::<TokenStates>(folder, seed)?;
                self.fit(&*recipe.build_for_tokens(data.dataset.token_dim()?, item_dim, 0)?, &data)?
            }
            Reads::FoundItems(depth) => {
                let data = data.split.open_as::<Embeddings>(folder, seed)?;
                let started = ProcessTime::now();
                let found =
                    |queries: JudgedQueries| queries.with_found_items(&data.dataset, &self.index, depth);
                let (train, dev) = (found(data.train)?, found(data.dev)?);
                let first_pass = started.elapsed().as_secs_f64();
                let test = found(data.test)?;
                let data = Opened { dataset: data.dataset, train, dev, test };
                let fitted = self.fit(&*recipe.build_for_tokens(item_dim, item_dim, 0)?, &data)?;
                Fitted { cpu_seconds: fitted.cpu_seconds + first_pass, ..fitted }
            }
        }))
    }

    fn feedback(&self) -> Result<Fitted> {
        let items = self.data.dataset.items();
        let searcher = FeedbackSearcher::new(&self.index, items, FeedbackConfig::default())?;
        let moved = SearchModuleFn::new(items.dim(), items.dim(), |queries| searcher.moved(queries));
        Ok(Fitted { found: self.search(&self.data.test, &moved)?, report: None, cpu_seconds: 0.0 })
    }
}
