//! Choosing a searching operation within a budget.

use std::{cell::RefCell, path::Path, time::Instant};

use burn::tensor::Device;
use ess_lexical::TextAnalyzer;
use ess_search::ModuleState;
use ess_searchers::ItemTokens;
use ess_train::{Progress, near_duplicates};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    choice::{
        auto_module::AutoModule,
        plan::{Plan, SavedNeighbours},
        report::{AutoReport, SkippedTrial, TrialSummary},
        selection::Choice,
    },
    config::AutoConfig,
    error::Error,
    features::{neighbours::NeighbourMemory, scale::Scale},
    input::{
        collection::Collection, encoding as inputs, training_queries::TrainingQueries, variant::Variant,
    },
    validation::{
        budget::{Budget, in_own_threads},
        folds::{self, FoldKind},
        journal::Journal,
        pair_modules::PairModules,
        setting::{Part, Trials},
        training::TrainingItems,
        trial::Learns,
    },
};

/// Fewer queries than this cannot be cut into folds that say anything.
const MIN_QUERIES: usize = 20;

/// Chooses a searching operation: which features count how much, and which module is trained.
///
/// Everything is judged on held-out queries by nested cross-validation: what judges a fold is learned without it, and the
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
    /// that do not exist, and for token states of queries of another dimension than the items'; those of training a module.
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
        let all = train.join(dev)?;
        inputs::check(collection, &all)?;
        self.check_modules(collection.items().dim())?;
        let names: Vec<&str> = Learns::all(&self.config.trained_modules).map(Learns::name).collect();
        let inputs = inputs::checksum(collection, &all, train.set().len(), &self.config);
        let journal = Journal::open(journal, inputs, &names)?;
        let budget = Budget::new(self.config.budget_seconds, journal.spent());
        let journal = RefCell::new(journal);
        let batch = inputs::batch(collection, &all)?;
        let (fold_of, evidence) = folds::cut(
            all.set().encodings(),
            train.set().judgements(),
            dev.map(|dev| dev.set().judgements()),
            self.config.folds,
            self.config.seed,
        );
        let near = |dev: &TrainingQueries| near_duplicates(&[train.set().encodings()], dev.set().encodings());
        let dev_near_duplicates = dev.map(near).transpose()?.unwrap_or(0);
        let training_items = TrainingItems::new(collection.len(), self.config.seed, &self.device);
        let bar = self.bar();
        let mut trials = Trials {
            neighbours: NeighbourMemory::of_all(&all, &batch).with_folds(&fold_of),
            parts: Vec::new(),
            collection,
            queries: &all,
            batch: &batch,
            fold_of: &fold_of,
            training_items: &training_items,
            config: &self.config,
            scale: Scale::of(&batch.dense, collection),
            budget: &budget,
            tick: &|| {
                bar.inc(1);
                journal.borrow_mut().spend(budget.spent())
            },
        };
        let enough = all.set().len() >= MIN_QUERIES;
        // A group that is most of the queries cannot be held out, so nobody can tell what training is worth.
        let trained = evidence.kind == FoldKind::ByQuery || evidence.largest_component < 0.5;
        if enough && !budget.is_over() {
            let finder = trials.passes(&[], Vec::new(), None);
            trials.parts = Part::all(&all, &batch, &fold_of, self.config.folds, &finder)?;
        }
        let skipped = if enough { self.search(&trials, trained, &journal, &bar)? } else { Vec::new() };
        let journal = journal.borrow();
        let choose = |variant| self.choose(&journal, variant, enough);
        let dense = choose(Variant::Dense);
        let hybrid = batch.words.is_some().then(|| choose(Variant::Hybrid));
        let modules = self.final_modules(&trials, [Some(&dense), hybrid.as_ref()].into_iter().flatten())?;
        bar.finish_and_clear();
        let report = AutoReport {
            config: self.config.clone(),
            train_queries: train.set().len(),
            dev_queries: all.set().len() - train.set().len(),
            dev_near_duplicates,
            items: collection.len(),
            passages: collection.passages.as_ref().map_or(0, |passages| passages.embeddings.len()),
            item_tokens: collection
                .tokens
                .as_ref()
                .filter(|_| batch.tokens.is_some())
                .map_or(0, ItemTokens::tokens),
            folds: evidence,
            dense: dense.clone(),
            hybrid: hybrid.clone(),
            trials: journal.trials().iter().map(TrialSummary::of).collect(),
            skipped,
            cpu_seconds: budget.spent(),
            seconds: started.elapsed().as_secs_f64(),
        };
        tracing::info!(
            dense = dense.reason,
            hybrid = hybrid.as_ref().map(|hybrid| &hybrid.reason[..]),
            "chosen"
        );
        let plan = Plan {
            scale: trials.scale,
            pool: self.config.pool,
            attention: self.config.attention,
            expansion: self.config.expansion,
            lexical: self.config.lexical,
            dense,
            stems: hybrid.is_some().then(|| TextAnalyzer::RULES.to_owned()),
            hybrid,
            neighbours: SavedNeighbours::new(collection, &all),
        };
        Ok((AutoModule::new(plan, modules, all.set().encodings().clone()), report))
    }

    /// Runs the trials that fit the budget and are not in the journal, simple ones first; returns the others.
    fn search(
        &self,
        trials: &Trials<'_>,
        trained: bool,
        journal: &RefCell<Journal>,
        bar: &ProgressBar,
    ) -> Result<Vec<SkippedTrial>, Error> {
        let mut skipped = Vec::new();
        let untrained = |learns: &Learns<'_>| matches!(learns, Learns::Nothing);
        for learns in Learns::all(&self.config.trained_modules).filter(|learns| trained || untrained(learns))
        {
            let name = learns.name();
            bar.set_message(name.to_owned());
            if journal.borrow().find(name).is_some() {
                continue;
            }
            let mut skip = |reason: String| skipped.push(SkippedTrial { name: name.to_owned(), reason });
            if let Some(reason) = self.too_long(trials, &journal.borrow(), learns)? {
                skip(reason);
                continue;
            }
            match trials.run(learns)? {
                Some(record) => journal.borrow_mut().add(record, trials.budget.spent())?,
                None => skip("the budget ended".to_owned()),
            }
        }
        Ok(skipped)
    }

    /// Why a trial cannot be made within the budget, if it cannot: judging it costs what judging the cheapest did, and a
    /// module is trained without each pair of folds and, if it is taken, on all queries.
    fn too_long(
        &self,
        trials: &Trials<'_>,
        journal: &Journal,
        learns: Learns<'_>,
    ) -> Result<Option<String>, Error> {
        if trials.budget.is_over() {
            return Ok(Some("the budget ended".to_owned()));
        }
        if matches!(learns, Learns::Nothing) {
            return Ok(None);
        }
        if journal.find(Learns::Nothing.name()).is_none() {
            return Ok(Some("the budget ended before".to_owned()));
        }
        // The first trial of a run costs more: what it finds out of tokens is kept for the others.
        let least = journal.trials().iter().map(|trial| trial.cpu_seconds).fold(f64::INFINITY, f64::min);
        let mut expected = 1.3 * least;
        if let Learns::Module(module) = learns {
            let (items, queries) = (trials.collection.items(), trials.queries.set());
            // The two choices may take different modules, each trained once more on all queries.
            let finals = if trials.batch.words.is_some() { 2.0 } else { 1.0 };
            let training =
                trials.training_items.seconds_of_training(trials.budget, module, items, queries)?;
            expected += training * (PairModules::trainings(self.config.folds) + finals);
        }
        let left = trials.budget.left();
        Ok((expected > left)
            .then(|| format!("it would take {expected:.0} CPU-seconds, and {left:.0} were left")))
    }

    /// Modules that do not fit the embeddings are refused before anything is spent.
    fn check_modules(&self, dim: usize) -> Result<(), Error> {
        self.config
            .trained_modules
            .iter()
            .try_for_each(|trained| Ok(trained.module.build(dim, dim, 0).map(|_| ())?))
    }

    fn choose(&self, journal: &Journal, variant: Variant, enough: bool) -> Choice {
        if !enough {
            let reason =
                format!("fewer than {MIN_QUERIES} queries are no evidence: the frozen encoder is kept");
            return Choice::frozen(&reason, &self.config);
        }
        let reason = "the budget ended before the first trial: the frozen encoder is kept";
        Choice::make(journal.trials(), variant, &self.config)
            .unwrap_or_else(|| Choice::frozen(reason, &self.config))
    }

    /// The trained modules of the choices, trained on all queries.
    fn final_modules<'c>(
        &self,
        trials: &Trials<'_>,
        choices: impl Iterator<Item = &'c Choice>,
    ) -> Result<Vec<(String, ModuleState)>, Error> {
        let mut modules: Vec<(String, ModuleState)> = Vec::new();
        for name in choices.filter_map(|choice| choice.trial.as_ref()) {
            let config = self.config.trained_modules.iter().find(|module| module.name == *name);
            if let Some(config) = config.filter(|_| modules.iter().all(|(other, _)| other != name)) {
                let (items, queries) = (trials.collection.items(), trials.queries.set());
                let module = trials.training_items.train(config, self.config.seed, items, queries)?;
                modules.push((name.clone(), module.to_state()?));
            }
        }
        Ok(modules)
    }

    fn bar(&self) -> ProgressBar {
        // For each trial the folds of two variants, and for each module the pairs of folds.
        let (modules, folds) = (self.config.trained_modules.len(), self.config.folds);
        let ticks = (modules + 2) * folds * 2 + modules * folds * (folds - 1) / 2;
        let bar = match self.progress {
            Progress::Silent => ProgressBar::hidden(),
            Progress::Bar => ProgressBar::new(ticks as u64),
        };
        let style = ProgressStyle::with_template("auto {wide_bar} {pos}/{len}, {msg} [{elapsed} < {eta}]");
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}
