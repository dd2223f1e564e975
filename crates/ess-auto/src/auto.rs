//! Choosing a searching operation within a budget.

mod account;
mod chosen;
mod course;
mod held_out;
mod inputs;

use std::{path::Path, time::Instant};

use burn::tensor::Device;
use ess_train::{Progress, QuerySet, Trainer};

use crate::{
    auto::{chosen::Chosen, course::Course, held_out::HeldOut},
    choice::{auto_module::AutoModule, report::AutoReport},
    config::AutoConfig,
    error::Error,
    features::{neighbours::NeighbourMemory, scale::Scale},
    input::{collection::Collection, encoding, training_queries::TrainingQueries},
    validation::{
        budget::{Budget, in_own_threads},
        journal::Journal,
        setting::Trials,
        training::TrainingItems,
        trial::Learns,
    },
};

/// Chooses a searching operation: which features count how much, and which module is trained.
///
/// Everything is judged on held-out queries by nested cross-validation. What judges a fold is learned without it. The
/// weights among it are fitted to the queries of the other folds with neighbours and a module that saw neither that fold's
/// labels nor those of the query's own. A simpler choice is taken when it is not clearly worse, and the frozen encoder when
/// no gain is proven.
///
/// ```
/// use ess_auto::{Auto, AutoConfig, Collection, TrainingQueries};
/// use ess_core::{Embeddings, Ids, Searcher};
/// use ess_train::{Judgement, Progress, QuerySet};
///
/// // Items on a circle, and queries that lie a little beside theirs.
/// let point = |angle: f32| [angle.cos(), angle.sin()];
/// let items: Vec<_> = (0..60).map(|i| point(i as f32 * 0.1)).collect();
/// let ids = Ids::new((0..60).map(|i| format!("d{i}")).collect())?;
/// let collection = Collection::new(ids, Embeddings::from_rows(&items)?)?;
/// let queries: Vec<_> = (0..60).map(|i| point(i as f32 * 0.1 + 0.04)).collect();
/// let relevant = (0..60).map(|item| vec![Judgement { item, grade: 1 }]).collect();
/// let train = TrainingQueries::new(QuerySet::new(Embeddings::from_rows(&queries)?, relevant)?);
///
/// let auto = Auto::new(AutoConfig { trained_modules: vec![], ..AutoConfig::default() })?.with_progress(Progress::Silent);
/// let (module, report) = auto.fit(&collection, &train, None, None)?;
/// // The frozen encoder is perfect here, so it is kept.
/// assert_eq!(report.dense.trial, None);
/// let hits = module.bind(&collection)?.search(train.set().encodings(), 1)?;
/// assert_eq!(hits[7][0].item, 7);
/// # Ok::<(), ess_auto::Error>(())
/// ```
pub struct Auto {
    config: AutoConfig,
    progress: Progress,
    device: Device,
}

impl Auto {
    /// With fewer training and dev queries together the frozen encoder is kept, without a look at anything.
    pub const MIN_QUERIES: usize = held_out::MIN_QUERIES;

    /// With these settings.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting outside its range.
    pub fn new(config: AutoConfig) -> Result<Self, Error> {
        config.check()?;
        Ok(Self { config, progress: Progress::default(), device: Device::flex() })
    }

    /// Chooses whether a progress bar is shown.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Trains modules on this device instead of the CPU. Features are weighed on the CPU in any case, and what is chosen runs
    /// there.
    #[must_use]
    pub fn on(mut self, device: &Device) -> Self {
        self.device = device.clone();
        self
    }

    /// Chooses for a collection from judged queries. Texts and tokens are used when items, training and dev queries all have
    /// them; what one of them lacks is left out, and the report says so.
    ///
    /// `dev` queries are learned from like `train`'s; being given apart, they say whether new queries ask for the items
    /// that training knew. With a `journal`, finished trials are kept in that file, and a run that was ended goes on
    /// after them; the same inputs and enough budget give the same choice, resumed or not.
    ///
    /// It works in threads of its own, as many as the caller's rayon pool has.
    ///
    /// # Errors
    /// [`Error::DifferentSpaces`] when queries and items differ in dimension; [`Error::Core`] for judgements of items
    /// that do not exist, and for token states of queries of another dimension than the items'; [`Error::Train`] for modules
    /// that do not fit the embeddings or ignore weights that the queries have. A module that fails in training (it
    /// diverges, or finds nothing to be fitted to) is skipped, and the report says why.
    pub fn fit(
        &self,
        collection: &Collection,
        train: &TrainingQueries,
        dev: Option<&TrainingQueries>,
        journal: Option<&Path>,
    ) -> Result<(AutoModule, AutoReport), Error> {
        in_own_threads(|| self.fit_here(collection, train, dev, journal))
    }

    fn fit_here(
        &self,
        collection: &Collection,
        train: &TrainingQueries,
        dev: Option<&TrainingQueries>,
        journal: Option<&Path>,
    ) -> Result<(AutoModule, AutoReport), Error> {
        let started = Instant::now();
        let config = &self.config;
        let all = train.join(dev)?;
        encoding::check(collection, &all)?;
        self.check_modules(collection.items().dim(), all.set())?;
        let names: Vec<&str> = Learns::all(&config.trained_modules).map(Learns::name).collect();
        let checksum = inputs::checksum(collection, &all, train.set().len(), config);
        let journal = Journal::open(journal, checksum, &names)?;
        let budget = Budget::new(config.budget_seconds, journal.spent());
        let held_out = HeldOut::cut(collection, &all, train, dev, config)?;
        let training_items = TrainingItems::new(collection.len(), config.seed, &self.device);
        let course = Course::new(config, journal, self.progress);
        let mut trials = Trials {
            neighbours: NeighbourMemory::of_all(&all, &held_out.batch).with_folds(&held_out.fold_of),
            parts: Vec::new(),
            too_dear: Vec::new(),
            collection,
            queries: &all,
            batch: &held_out.batch,
            fold_of: &held_out.fold_of,
            training_items: &training_items,
            config,
            scale: Scale::of(&held_out.batch.dense, collection),
            budget: &budget,
            tick: &|| course.tick(budget.spent()),
        };
        let skipped = course.run(&mut trials, &held_out)?;
        let chosen = Chosen::among(course.journal().trials(), &trials, &held_out)?;
        course.end();
        let mut report =
            account::report(&trials, &held_out, &chosen, course.journal().trials(), skipped, started);
        // What the report says was spent is what choosing took, without what measuring takes after it.
        if held_out.are_enough() {
            report.search_costs = chosen.search_costs(&trials);
        }
        Ok((chosen.into_module(&trials), report))
    }

    /// Modules that do not fit the embeddings, that would ignore weights of queries, or whose members would come out equal on
    /// as few queries as the nested cross-validation trains on, are refused before anything is spent.
    fn check_modules(&self, dim: usize, queries: &QuerySet) -> Result<(), Error> {
        let smallest = (queries.len() * (self.config.folds - 2) / self.config.folds).max(1);
        let rows: Vec<usize> = (0..smallest).collect();
        let few = queries.select(&rows)?;
        for trained in &self.config.trained_modules {
            let recipe = trained.module.build(dim, dim, 0)?;
            recipe.check_queries(queries)?;
            recipe.outcome(&Trainer::new(trained.trainer.clone())?, &few)?;
        }
        Ok(())
    }
}
