//! What trials have found so far, so that a run that was killed goes on.

use std::path::{Path, PathBuf};

use ess_files::{Checksum, write_atomically};
use serde::{Deserialize, Serialize};

use crate::{Error, selection::rounded, trial::TrialRecord};

const FORMAT: &str = "ess-auto-journal";
const VERSION: u32 = 3;

/// What is spent between two writings is lost to a kill, so it is kept small; this many CPU-seconds.
const UNWRITTEN: f64 = 1.0;

/// A file of finished trials and of what was spent; in memory alone without a path.
pub(crate) struct Journal {
    path: Option<PathBuf>,
    contents: Contents,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    format: String,
    version: u32,
    /// Of everything that trials depend on.
    inputs: String,
    /// CPU-seconds of all runs up to the last writing, trials that did not end included.
    spent: f64,
    trials: Vec<TrialRecord>,
}

impl Journal {
    /// Opens the journal of a run with these inputs; one of other inputs, or one that is damaged, is begun anew.
    pub(crate) fn open(path: Option<&Path>, inputs: Checksum) -> Self {
        let fresh = Contents {
            format: FORMAT.to_owned(),
            version: VERSION,
            inputs: inputs.to_string(),
            spent: 0.0,
            trials: Vec::new(),
        };
        let read = path.and_then(|path| std::fs::read(path).ok());
        let contents =
            read.and_then(|bytes| serde_json::from_slice::<Contents>(&bytes).ok()).filter(|found| {
                (&found.format, found.version, &found.inputs) == (&fresh.format, fresh.version, &fresh.inputs)
            });
        if let Some(contents) = &contents {
            tracing::info!(trials = contents.trials.len(), "going on with an earlier run");
        }
        Self { path: path.map(Path::to_owned), contents: contents.unwrap_or(fresh) }
    }

    pub(crate) fn trials(&self) -> &[TrialRecord] {
        &self.contents.trials
    }

    pub(crate) fn find(&self, name: &str) -> Option<&TrialRecord> {
        self.contents.trials.iter().find(|trial| trial.name == name)
    }

    /// CPU-seconds of all runs so far, as far as they were written.
    pub(crate) fn spent(&self) -> f64 {
        self.contents.spent
    }

    /// Notes what all runs together have spent by now.
    pub(crate) fn spend(&mut self, spent: f64) -> Result<(), Error> {
        if spent < self.contents.spent + UNWRITTEN {
            return Ok(());
        }
        self.contents.spent = rounded(spent);
        self.write()
    }

    pub(crate) fn add(&mut self, trial: TrialRecord, spent: f64) -> Result<(), Error> {
        self.contents.trials.push(trial);
        self.contents.spent = rounded(spent);
        self.write()
    }

    fn write(&self) -> Result<(), Error> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        Ok(write_atomically(path, |out| Ok(serde_json::to_writer(out, &self.contents)?))?)
    }
}
