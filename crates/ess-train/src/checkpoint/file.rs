//! The file of one run.
//!
//! `ESSTRAIN`, the version and the length of what follows as u32 and u64 (little-endian), the [`State`] as JSON, the
//! parameters of the module and of what was best on dev as f32, the optimiser's state, and an XXH3 checksum of all of it
//! as text.

use std::{io::ErrorKind, path::PathBuf};

use ess_files::{Checksum, remove_partials, write_atomically};
use ess_search::{OnDevice, TrainableModule};

use super::{
    Checkpoints, RunIdentity, optimizer_state,
    parameters::{Parameters, replaced},
    state::{BestState, Point, State},
};
use crate::{Error, best::Best, trainer::Run};

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
    pub(crate) fn save<M: TrainableModule>(
        &self,
        run: &Run<'_, '_, M>,
        best: Option<&Best<OnDevice<M>>>,
        progressed: Progressed,
    ) -> Result<(), Error> {
        let parameters = Parameters::of(&run.module)?;
        let optimizer = run.optimizer.into_bytes().map_err(|error| self.damaged(error.to_string()))?;
        let state = State {
            identity: self.identity.clone(),
            ended: progressed.ended,
            seconds: progressed.seconds,
            points: run.points.iter().map(Point::of).collect(),
            mining: run.told.mining.clone(),
            mined: run.told.mined.clone(),
            ids: parameters.ids,
            shapes: parameters.shapes,
            draws: draws(&run.module),
            best: best.map(|best| BestState::of(best, |snapshot| draws(snapshot.module()))),
            optimizer: optimizer.len(),
        };
        let state = serde_json::to_vec(&state).map_err(|error| self.damaged(error.to_string()))?;
        let mut bytes =
            [&MAGIC[..], &VERSION.to_le_bytes(), &(state.len() as u64).to_le_bytes(), &state].concat();
        let snapshots = best.into_iter().flat_map(Best::snapshots);
        let snapshots = snapshots.map(|snapshot| Ok(Parameters::of(snapshot.module())?.values));
        for values in std::iter::once(Ok(parameters.values)).chain(snapshots) {
            let values: Result<_, Error> = values;
            bytes.extend(values?.iter().flat_map(|value| value.to_le_bytes()));
        }
        bytes.extend_from_slice(&optimizer);
        let checksum = Checksum::of(&bytes).to_string();
        Ok(write_atomically(&self.path, |file| {
            file.write_all(&bytes)?;
            file.write_all(checksum.as_bytes())
        })?)
    }

    /// Brings a run that has not begun, and its best, to where the file is; `None` where there is no file.
    pub(crate) fn load<M: TrainableModule>(
        &self,
        run: &mut Run<'_, '_, M>,
        best: Option<&mut Best<OnDevice<M>>>,
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
        let mut shapes = Parameters::of(&run.module)?;
        let count = std::mem::take(&mut shapes.values).len();
        let kept = 1 + state.best.as_ref().map_or(0, BestState::snapshots);
        let length = count.checked_mul(4 * kept).and_then(|length| length.checked_add(state.optimizer));
        let noises = run.module.noises().len();
        if shapes.shapes != state.shapes
            || length != Some(numbers.len())
            || state.best.is_some() != best.is_some()
            || state.ids.len() != state.shapes.len()
            || state.draws.len() != noises
            || state.points.len() > run.steps
            || !run.told.could_have_mined(&state.mined)
        {
            return Err(self.damaged("it does not fit the run that it names"));
        }
        let (values, optimizer) = numbers.split_at(4 * count * kept);
        let values: Vec<f32> = values.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        let snapshot = |at: usize| &values[at * count..(at + 1) * count];
        let module = replaced(run.module.clone(), Some(&state.ids), snapshot(0));
        run.optimizer = optimizer_state::load(&run.optimizer, optimizer.to_vec(), &module)
            .ok_or_else(|| self.damaged("the optimiser's state does not fit the module"))?;
        if let (Some(best), Some(state)) = (best, &state.best) {
            *best = state.with(|at, draws| {
                let module = replaced(run.snapshot().into_module(), None, snapshot(1 + at));
                set_draws(&module, draws);
                run.on_device(module)
            });
        }
        run.module = module;
        set_draws(&run.module, &state.draws);
        run.points = state.points.iter().zip(1..).map(|(point, step)| point.at(step)).collect();
        (run.told.mined, run.told.mining) = (state.mined, state.mining);
        // The order of queries is drawn anew up to here.
        state.points.iter().for_each(|_| drop(run.batches.next_batch()));
        Ok(Some(Progressed { ended: state.ended, seconds: state.seconds }))
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

fn draws<M: TrainableModule>(module: &M) -> Vec<u64> {
    module.noises().into_iter().map(ess_search::Noise::draws).collect()
}

fn set_draws<M: TrainableModule>(module: &M, draws: &[u64]) {
    for (noise, &draws) in module.noises().into_iter().zip(draws) {
        noise.set_draws(draws);
    }
}
