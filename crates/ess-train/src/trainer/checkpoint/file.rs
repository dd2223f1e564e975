//! The file of one run.
//!
//! `ESSTRAIN`, the version and the length of what follows as u32 and u64 (little-endian), the [`State`] as JSON, the
//! parameters of the sides and of what was best on dev as f32, the optimiser's state, those that go with what was best, and
//! an XXH3 checksum of all of it as text.

use std::{io::ErrorKind, path::PathBuf};

use burn::optim::ModuleOptimizer;
use ess_files::{Checksum, remove_partials, write_atomically};

use super::{
    optimizer_state,
    parameters::{Parameters, replaced},
    state::{BestState, Point, State},
};
use crate::{
    error::Error,
    trainer::{
        best::Best,
        checkpoint::{Checkpoints, identity::RunIdentity},
        kept::Kept,
        run::Run,
        sides::Sides,
    },
};

const MAGIC: &[u8; 8] = b"ESSTRAIN";
const VERSION: u32 = 1;
/// Bytes of magic, version and length.
const HEAD: usize = 8 + 4 + 8;
/// Bytes of a checksum as text.
const CHECKSUM: usize = 24;

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
}

impl CheckpointFile {
    /// The file of the run of this number; what killed writers of it left is removed.
    pub(crate) fn open(checkpoints: &Checkpoints, run: usize, identity: RunIdentity) -> Result<Self, Error> {
        let name = format!("run-{run}.checkpoint");
        remove_partials(&checkpoints.folder, |partial| partial == name)?;
        Ok(Self { path: checkpoints.folder.join(name), every: checkpoints.every, identity })
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
            mining: run.loss_context.mining.clone(),
            mined: run.loss_context.mined.clone(),
            ids: parameters.ids,
            shapes: parameters.shapes,
            draws: draws(&run.sides),
            best: best.map(|best| BestState::of(best, |kept| draws(&kept.sides))),
            optimizer: optimizer.len(),
            kept_optimizers: kept_optimizers.iter().map(|state| state.len()).collect(),
        };
        let state = serde_json::to_vec(&state).map_err(|error| self.damaged(error.to_string()))?;
        let mut bytes =
            [&MAGIC[..], &VERSION.to_le_bytes(), &(state.len() as u64).to_le_bytes(), &state].concat();
        let of_snapshots = snapshots().map(|kept| Ok(Parameters::of(&kept.sides)?.values));
        for values in std::iter::once(Ok(parameters.values)).chain(of_snapshots) {
            let values: Result<_, Error> = values;
            bytes.extend(values?.iter().flat_map(|value| value.to_le_bytes()));
        }
        bytes.extend_from_slice(&optimizer);
        kept_optimizers.iter().for_each(|state| bytes.extend_from_slice(state));
        let checksum = Checksum::of(&bytes).to_string();
        Ok(write_atomically(&self.path, |file| {
            file.write_all(&bytes)?;
            file.write_all(checksum.as_bytes())
        })?)
    }

    /// Brings a run that has not begun, and its best, to where the file is; `None` where there is no file.
    pub(crate) fn load<S: Sides>(
        &self,
        run: &mut Run<'_, '_, S>,
        best: Option<&mut Best<Kept<S>>>,
    ) -> Result<Option<Progressed>, Error> {
        let bytes = match std::fs::read(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(ess_files::Error::Io { path: self.path.clone(), cause }.into()),
            Ok(bytes) => bytes,
        };
        let (state, numbers) = self.parse(&bytes)?;
        if let Some((part, expected, found)) = self.identity.difference(&state.identity) {
            return Err(Error::CheckpointOfAnotherRun { path: self.path.clone(), part, expected, found });
        }
        let count = self.parameters_of(&state, numbers, run, best.as_deref())?;
        let snapshots = state.best.as_ref().map_or(0, BestState::snapshots);
        let (values, optimizers) = numbers.split_at(4 * count * (1 + snapshots));
        let (optimizer, mut kept_optimizers) = optimizers.split_at(state.optimizer);
        let values: Vec<f32> = values.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        let snapshot = |at: usize| &values[at * count..(at + 1) * count];
        let sides_of = |at: usize| replaced(run.sides.clone(), &state.ids, snapshot(at));
        let optimizer_of = |bytes: &[u8], sides: &S| {
            optimizer_state::load(&run.optimizer, bytes.to_vec(), sides)
                .ok_or_else(|| self.damaged("the optimiser's state does not fit the module"))
        };
        let sides = sides_of(0);
        let loaded = optimizer_of(optimizer, &sides)?;
        let kept = (0..snapshots).map(|at| -> Result<_, Error> {
            let sides = sides_of(1 + at);
            let Some(&bytes) = state.kept_optimizers.get(at) else { return Ok(Kept::untrained(sides)) };
            let (own, rest) = kept_optimizers.split_at(bytes);
            kept_optimizers = rest;
            Ok(Kept { optimizer: Some(optimizer_of(own, &sides)?), sides })
        });
        let kept = kept.collect::<Result<Vec<_>, _>>()?;
        if let (Some(best), Some(state)) = (best, &state.best) {
            *best = state.with(|at, draws| {
                set_draws(&kept[at].sides, draws);
                kept[at].clone()
            });
        }
        (run.sides, run.optimizer) = (sides, loaded);
        set_draws(&run.sides, &state.draws);
        run.points = state.points.iter().zip(1..).map(|(point, step)| point.at(step)).collect();
        (run.loss_context.mined, run.loss_context.mining) = (state.mined, state.mining);
        // The order of queries is drawn anew up to here.
        state.points.iter().for_each(|_| drop(run.batches.next_batch()));
        Ok(Some(Progressed { ended: state.ended, seconds: state.seconds }))
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

    /// The state, and the bytes of all numbers behind it.
    fn parse<'a>(&self, bytes: &'a [u8]) -> Result<(State, &'a [u8]), Error> {
        let Some((body, checksum)) = bytes.len().checked_sub(CHECKSUM).map(|end| bytes.split_at(end)) else {
            return Err(self.damaged("it is too short"));
        };
        let Some((head, body_without)) =
            body.split_at_checked(HEAD).filter(|(head, _)| head.starts_with(MAGIC))
        else {
            return Err(self.damaged("it is no checkpoint of a training run"));
        };
        if head[8..12] != VERSION.to_le_bytes() {
            return Err(self.damaged(format!("its version is not {VERSION}")));
        }
        if Checksum::of(body).to_string().as_bytes() != checksum {
            return Err(self.damaged("its checksum is another one"));
        }
        let mut length = [0; 8];
        length.copy_from_slice(&head[12..]);
        let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
        let Some((state, numbers)) = body_without.split_at_checked(length) else {
            return Err(self.damaged("it ends before what it announces"));
        };
        Ok((serde_json::from_slice(state).map_err(|error| self.damaged(error.to_string()))?, numbers))
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
