//! What a step was made with and of, sealed in its folder.

mod files;

use std::{collections::BTreeMap, io::ErrorKind, path::Path};

use anyhow::{Context, Result};
use ess_files::{remove_file, seal_json, unseal_json, write_atomically};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::file_checksum::file_checksum;

use self::files::{checksums, is_inside, remove_folder};
use super::{made::Made, step::Step};

const FILE: &str = "step.json";
const VERSION: u32 = 1;
/// Where a training keeps its state until its step is complete.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// A cross-encoder's scores of the pairs of a step.
pub(super) const SCORES: &str = "scores.run";
/// A report has times, which are other ones in each run.
const REPORT: &str = "training.json";

/// All that decides what comes of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) step: Step,
    settings: Value,
    /// Checksums of what it reads, by what that is.
    inputs: BTreeMap<String, String>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    pub(super) made: Made,
    /// Of the process that ended it.
    pub(super) cpu_seconds: f64,
    /// Checksums of the files that it wrote, by their paths inside its folder.
    pub(super) outputs: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    version: u32,
    wanted: Wanted,
    /// Checksums of the files that were in the folder as the step began: they are others', such as a user's notes.
    others: BTreeMap<String, String>,
    /// Checksums of what it wrote while it was under way, for one that did not come to its end.
    wrote: BTreeMap<String, String>,
    /// Nothing while it is under way.
    found: Option<Found>,
}

/// How far a step is.
#[derive(Debug, PartialEq)]
pub(super) enum State {
    /// All of it is there, made with what is wanted.
    Complete(Box<Found>),
    /// It was begun with what is wanted.
    UnderWay,
    /// It is not there, for this reason.
    Lacking(String),
}

impl Wanted {
    /// A step with its settings and the checksums of its inputs.
    pub(super) fn new(step: Step, settings: Value, inputs: BTreeMap<String, String>) -> Self {
        Self { step, settings, inputs }
    }

    /// How far the step in this folder is.
    ///
    /// # Errors
    /// When a file that is there cannot be read.
    pub(super) fn state(&self, folder: &Path) -> Result<State> {
        let record = match Record::read(folder)? {
            Ok(record) => record,
            Err(reason) => return Ok(State::Lacking(reason)),
        };
        if let Some(other) = self.other_than(&record.wanted) {
            return Ok(State::Lacking(format!("was made with {other}")));
        }
        let Some(found) = record.found else { return Ok(State::UnderWay) };
        for (name, sum) in &found.outputs {
            let path = folder.join(name);
            if !path.is_file() || file_checksum(&path)? != *sum {
                return Ok(State::Lacking(format!("has another {name} than it wrote, or none")));
            }
        }
        Ok(State::Complete(Box::new(found)))
    }

    /// What is other in what a step was made with.
    fn other_than(&self, made: &Self) -> Option<String> {
        if self.step != made.step {
            return Some(format!("the step `{}`", made.step));
        }
        // Numbers that went through text are compared with others that did.
        if serde_json::from_str::<Value>(&self.settings.to_string()).ok().as_ref() != Some(&made.settings) {
            return Some("other settings".to_owned());
        }
        let names = self.inputs.keys().chain(made.inputs.keys());
        let mut other = names.filter(|name| self.inputs.get(*name) != made.inputs.get(*name));
        other.next().map(|name| format!("another input: {name}"))
    }

    /// Notes that the step begins, or goes on; what an earlier one of other settings or inputs left, half done or whole, is removed:
    /// no encoder of it is among the new outputs. Files that the step before did not write stay.
    ///
    /// # Errors
    /// When something cannot be written or removed.
    pub(super) fn begin(&self, folder: &Path) -> Result<()> {
        if self.state(folder)? == State::UnderWay {
            return Ok(());
        }
        if let Ok(earlier) = Record::read(folder)? {
            // Before the record, which names them: it is not complete without them, whatever stops this.
            earlier.remove_outputs(folder)?;
        }
        // Nothing is under way before all of the old is gone.
        remove_file(&folder.join(FILE))?;
        remove_file(&folder.join(SCORES))?;
        remove_folder(&folder.join(CHECKPOINT))?;
        Record::begun(self.clone(), files(folder)?).write(folder)
    }

    /// Notes what the step has written so far, so that it is known as the step's own where it does not come to its end.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(super) fn wrote(self, folder: &Path) -> Result<()> {
        let mut record = Record::begun(self, others(folder)?);
        record.wrote = files(folder)?;
        record.write(folder)
    }

    /// Notes what came of the step.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(super) fn end(self, folder: &Path, made: Made, cpu_seconds: f64) -> Result<Found> {
        let found = Found { made, cpu_seconds, outputs: files(folder)? };
        let mut record = Record::begun(self, others(folder)?);
        record.found = Some(found.clone());
        record.write(folder)?;
        remove_folder(&folder.join(CHECKPOINT))?;
        Ok(found)
    }
}

impl Found {
    /// One checksum of all outputs but the report of a training.
    pub(super) fn identity(&self) -> String {
        let outputs = self.outputs.iter().filter(|(name, _)| *name != REPORT);
        let lines: String = outputs.map(|(name, sum)| format!("{name} {sum}\n")).collect();
        ess_files::Checksum::of(lines.as_bytes()).to_string()
    }

    /// The checksum of one output.
    pub(super) fn output(&self, name: &str) -> String {
        self.outputs.get(name).cloned().unwrap_or_default()
    }
}

impl Record {
    fn begun(wanted: Wanted, others: BTreeMap<String, String>) -> Self {
        Self { version: VERSION, wanted, others, wrote: BTreeMap::new(), found: None }
    }

    /// What the step wrote: a file that was there before and has not changed is not of it.
    fn outputs(&self) -> impl Iterator<Item = &str> {
        let outputs = self.found.iter().flat_map(|found| &found.outputs).chain(&self.wrote);
        outputs.filter(|&(name, sum)| self.others.get(name) != Some(sum)).map(|(name, _)| name.as_str())
    }

    /// Removes what the step wrote, and the folders in its own that are empty then.
    fn remove_outputs(&self, folder: &Path) -> Result<()> {
        for name in self.outputs() {
            remove_file(&folder.join(name))?;
            let inside = Path::new(name).ancestors().skip(1).filter(|inside| !inside.as_os_str().is_empty());
            for inside in inside {
                // It stays where something is in it.
                let _ = std::fs::remove_dir(folder.join(inside));
            }
        }
        Ok(())
    }

    /// The record of a folder, or why there is none.
    fn read(folder: &Path) -> Result<std::result::Result<Self, String>> {
        let path = folder.join(FILE);
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Err("has not been run".to_owned()));
            }
            bytes => bytes.with_context(|| path.display().to_string())?,
        };
        let parsed = || -> Option<Self> {
            let text = unseal_json(std::str::from_utf8(&text).ok()?).ok()??;
            let is_sound = |record: &Self| record.version == VERSION && record.outputs().all(is_inside);
            serde_json::from_str(&text).ok().filter(is_sound)
        };
        Ok(parsed().ok_or_else(|| format!("has a record that is damaged or of another version: {FILE}")))
    }

    fn write(&self, folder: &Path) -> Result<()> {
        let text = seal_json(&serde_json::to_string_pretty(self)?);
        Ok(write_atomically(&folder.join(FILE), |file| file.write_all(text.as_bytes()))?)
    }
}

/// The files that were in the folder as its step began.
fn others(folder: &Path) -> Result<BTreeMap<String, String>> {
    Ok(Record::read(folder)?.map(|record| record.others).unwrap_or_default())
}

/// The checksums of the files in a step's folder, but for what is of the recipe itself.
fn files(folder: &Path) -> Result<BTreeMap<String, String>> {
    checksums(folder, &[FILE, CHECKPOINT])
}

#[cfg(test)]
mod tests;
