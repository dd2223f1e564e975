//! What trials have found so far, so that a run that was killed goes on.

use std::path::{Path, PathBuf};

use ess_files::{Checksum, FileLock, seal_json, unseal_json, write_atomically};
use serde::{Deserialize, Serialize};

use super::{
    too_dear::TooDear,
    trial::{TrialRecord, rounded},
};
use crate::error::Error;

const FORMAT: &str = "ess-auto-journal";
/// Journals of earlier versions have no checksum, and other evidence.
const VERSION: u32 = 4;

/// What is spent between two writings is lost to a kill, so it is kept small; this many CPU-seconds.
const UNWRITTEN: f64 = 1.0;

/// A file of finished trials and of what was spent; in memory alone without a path.
pub(crate) struct Journal {
    path: Option<PathBuf>,
    /// From before the first trial to the end, every other writer is refused at once.
    _lock: Option<FileLock>,
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
    /// The features that a search budget has no room for, where they were measured: the same for all trials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    features_too_dear: Option<Vec<TooDear>>,
}

impl Contents {
    /// What does not fit together, if anything does not.
    fn fault(&self, names: &[&str]) -> Option<String> {
        if !(self.spent.is_finite() && self.spent >= 0.0) {
            return Some(format!("{} CPU-seconds", self.spent));
        }
        let queries = self.trials.first().map_or(0, |trial| trial.seen.len());
        let fault = |(at, trial): (usize, &TrialRecord)| {
            let twice = self.trials[..at].iter().any(|other| other.name == trial.name);
            if twice || !names.contains(&&*trial.name) {
                return Some(format!(
                    "a trial {:?} {}",
                    trial.name,
                    if twice { "twice" } else { "of no trained module" }
                ));
            }
            let queries_differ = trial.seen.len() != queries;
            let fault = queries_differ.then(|| format!("{} queries beside {queries}", trial.seen.len()));
            fault.or_else(|| trial.fault()).map(|fault| format!("{fault} in the trial {:?}", trial.name))
        };
        self.trials.iter().enumerate().find_map(fault)
    }
}

impl Journal {
    /// Opens the journal of a run with these inputs, for this run alone; one of other inputs, or of an earlier version, is
    /// begun anew.
    ///
    /// # Errors
    /// [`Error::Files`] where another run has it, [`Error::Io`] for a file that cannot be read, [`Error::Format`] for one that is torn, altered, or no journal, or that
    /// holds other trials than those that these inputs have by `names`.
    pub(crate) fn open(path: Option<&Path>, inputs: Checksum, names: &[&str]) -> Result<Self, Error> {
        let fresh = Contents {
            format: FORMAT.to_owned(),
            version: VERSION,
            inputs: inputs.to_string(),
            spent: 0.0,
            trials: Vec::new(),
            features_too_dear: None,
        };
        let lock = path.map(FileLock::acquire).transpose()?;
        let found = path.map(|path| read(path, &fresh.inputs)).transpose()?.flatten();
        if let (Some(contents), Some(path)) = (&found, path) {
            if let Some(fault) = contents.fault(names) {
                return Err(damaged(path, &fault));
            }
            tracing::info!(trials = contents.trials.len(), "going on with an earlier run");
        }
        Ok(Self { path: path.map(Path::to_owned), _lock: lock, contents: found.unwrap_or(fresh) })
    }

    pub(crate) fn trials(&self) -> &[TrialRecord] {
        &self.contents.trials
    }

    pub(crate) fn find(&self, name: &str) -> Option<&TrialRecord> {
        self.contents.trials.iter().find(|trial| trial.name == name)
    }

    /// The features that a search budget has no room for, where an earlier run found them or this one did.
    pub(crate) fn features_too_dear(&self) -> Option<&[TooDear]> {
        self.contents.features_too_dear.as_deref()
    }

    /// Keeps the features that a search budget has no room for.
    pub(crate) fn leave_out(&mut self, too_dear: Vec<TooDear>, spent: f64) -> Result<(), Error> {
        self.contents.features_too_dear = Some(too_dear);
        self.contents.spent = rounded(spent);
        self.write()
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
        let text = seal_json(&serde_json::to_string(&self.contents).map_err(ess_core::Error::external)?);
        Ok(write_atomically(path, |out| out.write_all(text.as_bytes()))?)
    }
}

/// What a journal says before its trials, which may name features that a run with other inputs does not know.
#[derive(Deserialize)]
struct Start {
    format: String,
    version: u32,
    inputs: String,
}

/// The journal of these inputs in a file; `None` where there is none, or one of other inputs or of an earlier version.
fn read(path: &Path, inputs: &str) -> Result<Option<Contents>, Error> {
    let text = match std::fs::read(path) {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(Error::Io { path: path.to_owned(), cause }),
        Ok(bytes) => String::from_utf8(bytes).map_err(|error| damaged(path, &error.to_string()))?,
    };
    let sealed = unseal_json(&text).map_err(|error| damaged(path, &error.to_string()))?;
    let Some(text) = sealed else {
        return earlier(path, &text);
    };
    let start: Start = serde_json::from_str(&text).map_err(|error| damaged(path, &error.to_string()))?;
    if (start.format.as_str(), start.version) != (FORMAT, VERSION) {
        return Err(damaged(path, &format!("{} of version {}", start.format, start.version)));
    }
    if start.inputs != inputs {
        return Ok(None);
    }
    serde_json::from_str(&text).map(Some).map_err(|error| damaged(path, &error.to_string()))
}

fn earlier(path: &Path, text: &str) -> Result<Option<Contents>, Error> {
    #[derive(Deserialize)]
    struct Unsealed {
        format: String,
        version: u32,
    }
    let start: Unsealed = serde_json::from_str(text).map_err(|error| damaged(path, &error.to_string()))?;
    if start.format != FORMAT || start.version >= VERSION {
        return Err(damaged(
            path,
            &format!("{} of version {} without checksum", start.format, start.version),
        ));
    }
    tracing::warn!(path = %path.display(), version = start.version, "the journal is of an earlier version: begun anew");
    Ok(None)
}

fn damaged(path: &Path, found: &str) -> Error {
    let expected = format!(
        "a journal of automatic choice of version {VERSION}, as it was written; remove it to begin anew"
    );
    Error::Format { path: path.to_owned(), expected, found: found.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_at_a_time_has_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.json");
        let open = || Journal::open(Some(&path), Checksum::of(b"inputs"), &[]);
        let mut journal = open().unwrap();
        assert!(matches!(open(), Err(Error::Files(ess_files::Error::Busy { .. }))));
        journal.spend(2.0).unwrap();
        assert!(matches!(open(), Err(Error::Files(ess_files::Error::Busy { .. }))));
        drop(journal);
        assert_eq!(open().unwrap().spent(), 2.0);
    }

    #[test]
    fn a_journal_of_other_inputs_is_begun_anew_though_nobody_knows_its_features() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.json");
        let inputs = Checksum::of(b"inputs");
        let record =
            r#"{"first": {"nobodys": 1.0}, "second": {}, "values": [], "frozen": [], "gate": [0.0, 0.0]}"#;
        let trial = format!(
            r#"{{"name": "one", "module": null, "seen": [], "variants": {{"dense": {record}}}, "cpu_seconds": 1.0}}"#
        );
        let journal = format!(
            r#"{{"format": "{FORMAT}", "version": {VERSION}, "inputs": "{inputs}", "spent": 3.0, "trials": [{trial}]}}"#
        );
        std::fs::write(&path, seal_json(&journal)).unwrap();
        let open = |inputs: &[u8]| Journal::open(Some(&path), Checksum::of(inputs), &["one"]);
        let anew = open(b"others").unwrap();
        assert_eq!((anew.spent(), anew.trials().len()), (0.0, 0));
        drop(anew);
        let error = open(b"inputs").map(|_| ()).unwrap_err();
        assert!(matches!(&error, Error::Format { found, .. } if found.contains("nobodys")), "{error}");
    }
}
