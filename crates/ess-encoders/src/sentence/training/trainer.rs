//! Trains an encoder on texts.

use std::{path::Path, sync::Arc, time::Instant};

use ess_train::{Checkpoints, Control, CurvePoint, GuardDecision, Progress, Returned};

use super::{
    config::{TextTrainingConfig, Towers},
    counted_encoder::CountedEncoder,
    encoder_parts::EncoderParts,
    frozen::Frozen,
    frozen_items::FrozenItems,
    looked_run::LookedRun,
    looks::Looker,
    report::TextTrainingReport,
    run::Run,
    trained::TrainedEncoder,
};
use crate::{
    error::Error,
    training::{
        checkpoint::CheckpointFile,
        state::State,
        steps::{StepObserver, Steps},
        texts::JudgedTexts,
    },
};

/// Trains a whole sentence encoder on texts (Eq. 4): of both sides, as two towers, or of queries alone.
///
/// Encoders of the BERT family are trained, on the CPU by kernels of this crate. The loss sees all queries and items of a step at
/// once, however many there are (`kept_tokens` and `chunk_tokens` of [`TextTrainingConfig`]). The trained encoder is returned
/// only where dev shows that it is better than the frozen one ([`GuardDecision`]).
///
/// ```no_run
/// use ess_encoders::{EncoderTrainer, JudgedTexts, TextTrainingConfig};
/// use ess_train::Judgement;
///
/// let relevant = |item| vec![Judgement { item, grade: 1 }];
/// let train = JudgedTexts::new(vec!["where is the cat"], vec![relevant(0)])?;
/// let dev = JudgedTexts::new(vec!["what fell"], vec![relevant(1)])?;
/// let trainer = EncoderTrainer::new("all-MiniLM-L6-v2", TextTrainingConfig::default())?;
/// let trained = trainer.fit(&["The cat sat on the mat.", "Stocks fell on Monday."], &train, &dev)?;
/// println!("{}", trained.report().guard.reason);
/// trained.save("fine-tuned")?;
/// # Ok::<(), ess_encoders::Error>(())
/// ```
pub struct EncoderTrainer {
    parts: EncoderParts,
    config: TextTrainingConfig,
    progress: Progress,
    checkpoints: Option<Checkpoints>,
    observer: Option<StepObserver>,
    frozen_items: Option<FrozenItems>,
}

impl EncoderTrainer {
    /// Reads the folder of a sentence-transformers model to be trained.
    ///
    /// # Errors
    /// [`Error::Training`] for a setting outside its range, [`Error::NotTrainable`] for an encoder of another kind, and those of
    /// [`SentenceEncoder::load`](crate::SentenceEncoder::load).
    pub fn new(folder: impl AsRef<Path>, config: TextTrainingConfig) -> Result<Self, Error> {
        config.check()?;
        let parts = EncoderParts::read(folder.as_ref(), config.max_tokens)?;
        let (progress, checkpoints, observer, frozen_items) = (Progress::default(), None, None, None);
        Ok(Self { parts, config, progress, checkpoints, observer, frozen_items })
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

    /// Shares the vectors that the encoder gives items before it is trained with other trainings from it.
    #[must_use]
    pub fn with_frozen_items(mut self, items: &FrozenItems) -> Self {
        self.frozen_items = Some(items.clone());
        self
    }

    /// Trains on judged queries over these items and keeps what is best on dev.
    ///
    /// # Errors
    /// [`Error::EmptyText`] for a text without letters; [`Error::Training`] for a query without a relevant item, a judgement of an
    /// item that does not exist, a negative that is relevant, a loss that needs a teacher where none scored, or where training diverges; [`Error::Files`] for a checkpoint that
    /// cannot be written, or is written by another.
    pub fn fit(
        &self,
        items: &[&str],
        train: &JudgedTexts<'_>,
        dev: &JudgedTexts<'_>,
    ) -> Result<TrainedEncoder<'_>, Error> {
        let started = Instant::now();
        let encoder = CountedEncoder::new(&self.parts, &self.config);
        let frozen = Frozen::of(&encoder, &self.config, self.frozen_items.as_ref(), items, train, dev)?;
        let run = Run::new(&self.config, &self.parts, &frozen)?;
        let looked = LookedRun::new(&run, Looker::of_settings(&encoder, &frozen, &self.config)?);
        let mut state = self.run(&looked)?;
        let guard = self.guard(&looked, &Looker::of_all(&encoder, &frozen, &self.config)?, &state)?;
        let (kept_step, towers) = match state.best.take() {
            Some(best) => (best.step, best.towers),
            None => (state.points.len(), state.towers),
        };
        let report = TextTrainingReport {
            config: self.config.clone(),
            train_queries: frozen.train.texts.len(),
            dev_queries: frozen.dev.texts.len(),
            items: items.len(),
            looked_at_items: looked.looked_at_items(),
            encoded_texts: encoder.texts(),
            parameters: towers.iter().map(Vec::len).sum(),
            points: state.points,
            kept_step,
            mining: frozen.mining.clone(),
            guard,
            step_tokens: state.tokens,
            step_seconds: state.seconds,
            seconds: started.elapsed().as_secs_f64(),
        };
        Ok(TrainedEncoder { parts: &self.parts, towers, report })
    }

    /// From the start or the last checkpoint to the end.
    fn run(&self, looked: &LookedRun<'_>) -> Result<State, Error> {
        let run = looked.run();
        let open = |at: &Checkpoints| CheckpointFile::open(at, "encoder.checkpoint", run.identity());
        let steps = Steps {
            course: self.config.course(run.frozen.dev.texts.len()),
            measure: self.config.measure,
            progress: self.progress,
            what: "encoder",
            observer: self.observer.as_ref(),
            file: self.checkpoints.as_ref().map(open).transpose()?,
        };
        let towers = if self.config.towers == Towers::Two { 2 } else { 1 };
        steps.run(looked, State::start(vec![self.parts.values.clone(); towers]))
    }

    /// Whether what was kept is better than the frozen encoder, among all items.
    fn guard(&self, looked: &LookedRun<'_>, all: &Looker<'_>, state: &State) -> Result<GuardDecision, Error> {
        let trained = looked.best_among(all, state)?;
        let baseline = all.measure_frozen()?;
        let decision =
            GuardDecision::of_values(&trained, Some(&baseline), &state.looks, &self.config.trainer())?;
        let returned = decision.returned == Returned::Trained;
        tracing::info!(returned, reason = decision.reason, "trained an encoder");
        Ok(decision)
    }
}
