//! Trains a cross-encoder on pairs of texts.

use std::{path::Path, sync::Arc, time::Instant};

use ess_train::{Checkpoints, Control, CurvePoint, GuardDecision, Progress};

use super::{
    config::PairTrainingConfig, lists::KnownLists, looks::Looker, parts::CrossParts,
    report::PairTrainingReport, run::Run, texts::PairTexts, trained::TrainedCrossEncoder,
};
use crate::{
    error::Error,
    training::{
        checkpoint::CheckpointFile,
        state::{State, mean},
        steps::{StepObserver, Steps, Trains},
        texts::refuse_empty,
    },
};

/// Trains a cross-encoder on pairs of query and item: by themselves, as lists, or after a teacher ([`PairLoss`](crate::PairLoss)).
///
/// Models of the BERT family are trained, on the CPU by kernels of this crate: BERT, RoBERTa, XLM-RoBERTa, CamemBERT, DistilBERT and
/// ELECTRA with tables as wide as its layers. A cross-encoder is trained further; a sentence encoder's folder, or that of a plain
/// transformer, becomes one with a new head from the seed. Queries stay whole where a pair is cut
/// ([`PairCut::Item`](crate::PairCut)). What is best at reordering the candidates of dev queries is kept.
///
/// ```no_run
/// use ess_encoders::{CrossEncoder, CrossEncoderTrainer, JudgedTexts, PairTexts, PairTrainingConfig};
/// use ess_train::Judgement;
///
/// let items = ["The cat sat on the mat.", "Stocks fell on Monday.", "Bonds rose."];
/// let relevant = |item| vec![Judgement { item, grade: 1 }];
/// let train = JudgedTexts::new(vec!["where is the cat"], vec![relevant(0)])?;
/// let dev = JudgedTexts::new(vec!["what fell"], vec![relevant(1)])?;
/// // Negatives are the candidates that a first pass found.
/// let train = PairTexts::new(train).with_candidates(vec![vec![0, 2, 1]])?;
/// let dev = PairTexts::new(dev).with_candidates(vec![vec![2, 1]])?;
/// let trainer = CrossEncoderTrainer::new("all-MiniLM-L6-v2", PairTrainingConfig::default())?;
/// trainer.fit(&items, &train, &dev)?.save("reranker")?;
/// let scores = CrossEncoder::load("reranker")?.scores("where is the cat", &items)?;
/// # Ok::<(), ess_encoders::Error>(())
/// ```
pub struct CrossEncoderTrainer {
    parts: CrossParts,
    config: PairTrainingConfig,
    progress: Progress,
    checkpoints: Option<Checkpoints>,
    observer: Option<StepObserver>,
}

impl CrossEncoderTrainer {
    /// Reads the folder of a cross-encoder, or of an encoder that is to become one.
    ///
    /// # Errors
    /// [`Error::Training`] for a setting outside its range, [`Error::NotTrainable`] for a model of another kind,
    /// [`Error::TensorShape`] for one with more labels than one, and what is missing from the folder or wrong in it.
    pub fn new(folder: impl AsRef<Path>, config: PairTrainingConfig) -> Result<Self, Error> {
        config.check()?;
        let parts = CrossParts::read(folder.as_ref(), config.max_tokens, config.seed)?;
        Ok(Self { parts, config, progress: Progress::default(), checkpoints: None, observer: None })
    }

    /// Chooses whether a progress bar is shown.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Saves checkpoints, and goes on from the one that is there. A run that goes on ends with the same bits.
    #[must_use]
    pub fn with_checkpoints(mut self, checkpoints: Checkpoints) -> Self {
        self.checkpoints = Some(checkpoints);
        self
    }

    /// Calls this after each step; it may end the training there.
    #[must_use]
    pub fn with_observer(
        mut self,
        observer: impl Fn(&CurvePoint) -> Control + Send + Sync + 'static,
    ) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Trains on judged queries over these items and keeps what is best on dev.
    ///
    /// # Errors
    /// [`Error::EmptyText`] for a text without letters; [`Error::Training`] for a query without a relevant item, a judgement or a
    /// teacher's score of an item that does not exist, or where training diverges; [`Error::NoNegative`] for a query with nothing to
    /// compare its relevant items with; [`Error::Core`] for a candidate that does not exist; [`Error::Files`] for a checkpoint that
    /// cannot be written, or is written by another.
    pub fn fit(
        &self,
        items: &[&str],
        train: &PairTexts<'_>,
        dev: &PairTexts<'_>,
    ) -> Result<TrainedCrossEncoder<'_>, Error> {
        let started = Instant::now();
        refuse_empty("item", items)?;
        for texts in [train, dev] {
            texts.check(items.len())?;
        }
        let (config, parts) = (&self.config, &self.parts);
        let known = KnownLists::new(config, items, train)?;
        let looker = Looker::new(parts, config, items, dev)?;
        let run = Run { config, parts, items, train, dev, known, looker };
        let state = self.run(&run)?;
        let first_pass = run.looker.first_pass()?.map(|values| mean(&values));
        let guard = self.guard(&run, &state)?;
        Ok(self.summed_up(&run, state, first_pass, guard, started))
    }

    fn summed_up(
        &self,
        run: &Run<'_>,
        mut state: State,
        first_pass: Option<f64>,
        guard: Option<GuardDecision>,
        started: Instant,
    ) -> TrainedCrossEncoder<'_> {
        let steps = state.points.len();
        let (kept_step, dev, mut towers) = match state.best.take() {
            Some(best) => (best.step, best.value, best.towers),
            None => (steps, f64::NAN, state.towers),
        };
        let values = towers.swap_remove(0);
        let report = PairTrainingReport {
            config: self.config.clone(),
            train_queries: run.train.queries.texts().len(),
            dev_queries: run.dev.queries.texts().len(),
            items: run.items.len(),
            looked_at_pairs: run.looker.pairs(),
            read_pairs: run.looker.read_pairs(),
            parameters: values.len(),
            new_head: !self.parts.own_head,
            points: state.points,
            kept_step,
            dev,
            first_pass,
            guard,
            step_tokens: state.tokens,
            step_seconds: state.seconds,
            seconds: started.elapsed().as_secs_f64(),
        };
        TrainedCrossEncoder { parts: &self.parts, values, report }
    }

    /// From the start or the last checkpoint to the end.
    fn run(&self, run: &Run<'_>) -> Result<State, Error> {
        let open = |at: &Checkpoints| CheckpointFile::open(at, "cross-encoder.checkpoint", run.identity());
        let steps = Steps {
            course: self.config.course(run.dev.queries.texts().len()),
            measure: self.config.measure,
            progress: self.progress,
            what: "cross-encoder",
            observer: self.observer.as_ref(),
            file: self.checkpoints.as_ref().map(open).transpose()?,
        };
        steps.run(run, State::start(vec![self.parts.values.clone()]))
    }

    /// Whether what was kept is better than the cross-encoder as it was, where it was one.
    fn guard(&self, run: &Run<'_>, state: &State) -> Result<Option<GuardDecision>, Error> {
        if !self.parts.own_head {
            return Ok(None);
        }
        let step = state.points.len();
        let trained = match state.best_look() {
            Some(values) => values.to_vec(),
            None => run.look(&state.towers, step)?,
        };
        let baseline = run.looker.measure(&self.parts, &self.parts.values, step)?;
        let decision =
            GuardDecision::of_values(&trained, Some(&baseline), &state.looks, &self.config.trainer())?;
        tracing::info!(reason = decision.reason, "trained a cross-encoder");
        Ok(Some(decision))
    }
}
