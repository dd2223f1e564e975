//! The file of a training under way: the progress as JSON, and behind it f32, for each tower parameters and both moments, then
//! the parameters of the best towers.

use std::{io::ErrorKind, path::PathBuf};

use ess_files::{Envelope, FileLock, write_atomically};
use ess_train::Checkpoints;

use super::{
    course::Course,
    progressed::Progressed,
    state::{Best, State},
};
use crate::error::Error;

const FORMAT: Envelope = Envelope::new(b"ESSTOWER", 1, "a checkpoint of the training of an encoder of ESS");

/// The file, for one run alone.
pub(crate) struct CheckpointFile {
    pub(crate) path: PathBuf,
    every: usize,
    identity: [String; 3],
    _lock: FileLock,
}

impl CheckpointFile {
    /// The file of this name in the folder of these checkpoints, for a run of these settings, model and texts.
    pub(crate) fn open(checkpoints: &Checkpoints, name: &str, identity: [String; 3]) -> Result<Self, Error> {
        let path = checkpoints.folder().join(name);
        let lock = FileLock::acquire(&path)?;
        Ok(Self { path, every: checkpoints.every(), identity, _lock: lock })
    }

    /// Whether one is due after this step.
    pub(crate) fn is_due(&self, step: usize) -> bool {
        step.is_multiple_of(self.every)
    }

    /// Writes the state as it is now.
    pub(crate) fn save(&self, state: &State) -> Result<(), Error> {
        let progressed = Progressed::of(state, self.identity.clone());
        let json = serde_json::to_vec(&progressed).map_err(|error| self.damaged(error.to_string()))?;
        let towers = state.towers.iter().zip(&state.optimizers);
        let towers = towers.flat_map(|(values, adam)| [values, &adam.means, &adam.squares]);
        let values = towers.chain(state.best.iter().flat_map(|best| &best.towers)).flatten();
        let bytes = FORMAT.seal(&json, |bytes| bytes.extend(values.flat_map(|value| value.to_le_bytes())));
        Ok(write_atomically(&self.path, |file| file.write_all(&bytes))?)
    }

    /// The state of the file, or the one that is given where there is no file.
    pub(crate) fn load(&self, start: State, course: &Course) -> Result<State, Error> {
        match std::fs::read(&self.path) {
            Ok(bytes) => self.read(&bytes, start, course),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(start),
            Err(cause) => Err(Error::Io { path: self.path.clone(), cause }),
        }
    }

    /// The state that these bytes of the file say.
    pub(crate) fn read(&self, bytes: &[u8], start: State, course: &Course) -> Result<State, Error> {
        let (progressed, numbers) = parse(bytes).map_err(|reason| self.damaged(reason))?;
        let parts =
            ["settings", "encoder", "texts"].into_iter().zip(&self.identity).zip(&progressed.identity);
        for ((part, expected), found) in parts {
            if expected != found {
                let (path, part) = (self.path.clone(), part.to_owned());
                let (expected, found) = (expected.clone(), found.clone());
                return Err(ess_train::Error::CheckpointOfAnotherRun { path, part, expected, found }.into());
            }
        }
        progressed.check(course).map_err(|reason| self.damaged(reason))?;
        self.fill(start, progressed, numbers)
    }

    fn fill(&self, mut state: State, progressed: Progressed, numbers: &[u8]) -> Result<State, Error> {
        let (towers, count) = (state.towers.len(), state.towers[0].len());
        let vectors = towers * (3 + usize::from(progressed.best.is_some()));
        let (expected, found) = (4 * count * vectors, numbers.len());
        if expected != found {
            return Err(self.damaged(format!("expected {expected} bytes of numbers, found {found}")));
        }
        let mut vectors = numbers.chunks_exact(4 * count).map(|bytes| -> Vec<f32> {
            bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
        });
        let mut next = || vectors.next().unwrap_or_default();
        for (values, adam) in state.towers.iter_mut().zip(&mut state.optimizers) {
            (*values, adam.means, adam.squares) = (next(), next(), next());
        }
        state.best = progressed.best.map(|(step, value)| {
            let towers = (0..towers).map(|_| next()).collect();
            Best { step, value: f64::from_bits(value), towers }
        });
        progressed.fill(&mut state);
        Ok(state)
    }

    fn damaged(&self, reason: impl Into<String>) -> Error {
        ess_train::Error::CheckpointDamaged { path: self.path.clone(), reason: reason.into() }.into()
    }
}

/// Progress and the bytes of numbers, or what is wrong with the file.
fn parse(bytes: &[u8]) -> Result<(Progressed, &[u8]), String> {
    let (progressed, numbers) = FORMAT.open(bytes).map_err(|error| error.to_string())?;
    Ok((serde_json::from_slice(progressed).map_err(|error| error.to_string())?, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_of_version_1_is_written_again_to_the_byte() {
        let golden = include_bytes!("../../tests/golden/checkpoints/version-1.checkpoint");
        let (progressed, numbers) = FORMAT.open(golden).unwrap();
        assert!(parse(golden).is_ok());
        assert!(FORMAT.seal(progressed, |bytes| bytes.extend_from_slice(numbers)) == golden);
    }
}
