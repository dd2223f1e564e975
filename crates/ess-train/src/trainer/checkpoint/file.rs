//! The file of one run: when it is written, and how a run goes on from it.

use std::{io::ErrorKind, path::PathBuf};

use burn::optim::ModuleOptimizer;
use ess_files::{FileLock, write_atomically};

use super::{
    format,
    identity::RunIdentity,
    optimizer_state,
    parameters::{Parameters, replaced},
    settings::Checkpoints,
    state::{BestState, Point, State, bits_of},
};
use crate::{
    error::Error,
    trainer::{best::Best, kept::Kept, run::Run, sides::Sides},
};

/// How far a run has come.
pub(crate) struct Progressed {
    /// Whether there is nothing left to do.
    pub(crate) ended: bool,
    /// What it took.
    pub(crate) seconds: f64,
}

/// The file of one run.
pub(crate) struct CheckpointFile {
    path: PathBuf,
    every: usize,
    identity: RunIdentity,
    dev_queries: usize,
    /// While the run goes on, every other writer is refused at once.
    _lock: FileLock,
}

impl CheckpointFile {
    /// The file of the run of this number, for this run alone; what killed writers of it left is removed.
    pub(crate) fn open(
        checkpoints: &Checkpoints,
        run: usize,
        identity: RunIdentity,
        dev_queries: usize,
    ) -> Result<Self, Error> {
        let path = checkpoints.folder().join(format!("run-{run}.checkpoint"));
        let lock = FileLock::acquire(&path)?;
        Ok(Self { path, every: checkpoints.every(), identity, dev_queries, _lock: lock })
    }

    /// Whether a checkpoint is due after this step.
    pub(crate) fn is_due(&self, step: usize) -> bool {
        step.is_multiple_of(self.every)
    }

    /// Writes the run as it is now.
    pub(crate) fn save<S: Sides>(
        &self,
        run: &Run<'_, '_, S>,
        best: Option<&Best<Kept<S>>>,
        progressed: Progressed,
    ) -> Result<(), Error> {
        let parameters = Parameters::of(&run.sides)?;
        let state_of = |optimizer: &ModuleOptimizer| {
            optimizer.into_bytes().map_err(|error| self.damaged(error.to_string()))
        };
        let optimizer = state_of(&run.optimizer)?;
        let snapshots = || best.into_iter().flat_map(Best::snapshots);
        let optimizers = snapshots().filter_map(|kept| kept.optimizer.as_ref().map(state_of));
        let kept_optimizers: Vec<_> = optimizers.collect::<Result<_, Error>>()?;
        let state = State {
            identity: self.identity.clone(),
            ended: progressed.ended,
            seconds: progressed.seconds,
            points: run.points.iter().map(Point::of).collect(),
            looks: bits_of(&run.looks),
            looks_at_ends: bits_of(&run.looks_at_ends),
            mining: run.loss_context.mining.clone(),
            mined: run.loss_context.mined.clone(),
            ids: parameters.ids,
            shapes: parameters.shapes,
            draws: draws(&run.sides),
            best: best.map(|best| BestState::of(best, |kept| draws(&kept.sides))),
            optimizer: optimizer.len(),
            kept_optimizers: kept_optimizers.iter().map(|state| state.len()).collect(),
        };
        let of_snapshots = snapshots().map(|kept| Ok(Parameters::of(&kept.sides)?.values));
        let values = std::iter::once(Ok(parameters.values)).chain(of_snapshots);
        let values = values.collect::<Result<Vec<_>, Error>>()?;
        let optimizers: Vec<&[u8]> =
            std::iter::once(&optimizer).chain(&kept_optimizers).map(|of| &of[..]).collect();
        let bytes = format::compose(&state, &values, &optimizers).map_err(|reason| self.damaged(reason))?;
        Ok(write_atomically(&self.path, |file| file.write_all(&bytes))?)
    }

    /// Brings a run that has not begun, and its best, to where the file is; `None` where there is no file.
    pub(crate) fn load<S: Sides>(
        &self,
        run: &mut Run<'_, '_, S>,
        best: Option<&mut Best<Kept<S>>>,
    ) -> Result<Option<Progressed>, Error> {
        let Some(bytes) = self.read()? else { return Ok(None) };
        let (state, numbers) = format::parse(&bytes).map_err(|reason| self.damaged(reason))?;
        if let Some((part, expected, found)) = self.identity.difference(&state.identity) {
            return Err(Error::CheckpointOfAnotherRun { path: self.path.clone(), part, expected, found });
        }
        let count = self.parameters_of(&state, numbers, run, best.as_deref())?;
        let looks = state.looks(self.dev_queries).map_err(|reason| self.damaged(reason))?;
        let at_ends = state.looks_at_ends(self.dev_queries).map_err(|reason| self.damaged(reason))?;
        let (now, snapshots) = self.snapshots(run, &state, numbers, count)?;
        if let (Some(best), Some(state)) = (best, &state.best) {
            *best = state.with(|at, draws| {
                set_draws(&snapshots[at].sides, draws);
                snapshots[at].clone()
            });
        }
        set_draws(&now.sides, &state.draws);
        run.sides = now.sides;
        if let Some(optimizer) = now.optimizer {
            run.optimizer = optimizer;
        }
        (run.looks, run.looks_at_ends) = (looks, at_ends);
        run.points = state.points.iter().zip(1..).map(|(point, step)| point.at(step)).collect();
        (run.loss_context.mined, run.loss_context.mining) = (state.mined, state.mining);
        // The order of queries is drawn anew up to here.
        state.points.iter().for_each(|_| drop(run.batches.next_batch()));
        Ok(Some(Progressed { ended: state.ended, seconds: state.seconds }))
    }

    /// The whole file; `None` where there is none.
    fn read(&self) -> Result<Option<Vec<u8>>, Error> {
        match std::fs::read(&self.path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(ess_files::Error::Io { path: self.path.clone(), cause }.into()),
        }
    }

    /// The sides of the run with its optimiser, and those of each snapshot with an optimiser where the file has one.
    fn snapshots<S: Sides>(
        &self,
        run: &Run<'_, '_, S>,
        state: &State,
        numbers: &[u8],
        count: usize,
    ) -> Result<(Kept<S>, Vec<Kept<S>>), Error> {
        let snapshots = state.best.as_ref().map_or(0, BestState::snapshots);
        let (values, mut optimizers) = numbers.split_at(4 * count * (1 + snapshots));
        let values: Vec<f32> = values.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        let mut kept = |at: usize, optimizer: Option<usize>| -> Result<_, Error> {
            let sides = replaced(run.sides.clone(), &state.ids, &values[at * count..(at + 1) * count]);
            let Some(length) = optimizer else { return Ok(Kept::untrained(sides)) };
            let (own, rest) = optimizers.split_at(length);
            optimizers = rest;
            let optimizer = optimizer_state::load(&run.optimizer, own.to_vec(), &sides)
                .ok_or_else(|| self.damaged("the optimiser's state does not fit the module"))?;
            Ok(Kept { optimizer: Some(optimizer), sides })
        };
        let now = kept(0, Some(state.optimizer))?;
        let of_best = (0..snapshots).map(|at| kept(1 + at, state.kept_optimizers.get(at).copied()));
        let of_best = of_best.collect::<Result<_, _>>()?;
        Ok((now, of_best))
    }

    /// The number of parameters of each snapshot, where state and numbers fit the run.
    fn parameters_of<S: Sides>(
        &self,
        state: &State,
        numbers: &[u8],
        run: &Run<'_, '_, S>,
        best: Option<&Best<Kept<S>>>,
    ) -> Result<usize, Error> {
        let mut shapes = Parameters::of(&run.sides)?;
        let count = std::mem::take(&mut shapes.values).len();
        let snapshots = state.best.as_ref().map_or(0, BestState::snapshots);
        let length = count.checked_mul(4 * (1 + snapshots));
        let optimizers = std::iter::once(&state.optimizer).chain(&state.kept_optimizers);
        let length = optimizers.fold(length, |sum, bytes| sum?.checked_add(*bytes));
        let goes_on = best.is_some_and(|best| best.last.snapshot.optimizer.is_some());
        let kept_optimizers = if goes_on { snapshots } else { 0 };
        let noises = run.sides.noises().len();
        if shapes.shapes != state.shapes
            || length != Some(numbers.len())
            || state.best.is_some() != best.is_some()
            || state.kept_optimizers.len() != kept_optimizers
            || state.ids.len() != state.shapes.len()
            || state.draws.len() != noises
            || state.points.len() > run.steps
            || !run.loss_context.could_have_mined(&state.mined)
        {
            return Err(self.damaged("it does not fit the run that it names"));
        }
        Ok(count)
    }

    fn damaged(&self, reason: impl Into<String>) -> Error {
        Error::CheckpointDamaged { path: self.path.clone(), reason: reason.into() }
    }
}

fn draws<S: Sides>(sides: &S) -> Vec<u64> {
    sides.noises().into_iter().map(ess_search::Noise::draws).collect()
}

fn set_draws<S: Sides>(sides: &S, draws: &[u64]) {
    for (noise, &draws) in sides.noises().into_iter().zip(draws) {
        noise.set_draws(draws);
    }
}
