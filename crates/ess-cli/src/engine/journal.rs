//! What was uploaded of a folder's items, where to, and how far.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use ess_engines::UploadRecord;
use ess_files::{seal_json, unseal_json, write_atomically};
use serde::{Deserialize, Serialize};

/// The file's name, beside the items.
pub(super) const JOURNAL: &str = "corpus.uploads.json";
const FORMAT: &str = "ess-uploads";
const VERSION: u32 = 1;

/// The uploads of a folder, one for each collection of an engine.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    format: String,
    version: u32,
    uploads: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    engine: String,
    /// The collection, as the engine names it without secrets.
    place: String,
    record: UploadRecord,
}

impl Journal {
    /// That of a file; one without uploads where nothing is there.
    ///
    /// # Errors
    /// When it is damaged, of another version or no journal.
    pub(super) fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self { format: FORMAT.to_owned(), version: VERSION, uploads: Vec::new() });
        }
        let place = || path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(place)?;
        let unsealed =
            unseal_json(&text).with_context(place)?.with_context(|| format!("{}: no checksum", place()))?;
        let journal: Self = serde_json::from_str(&unsealed).with_context(place)?;
        let found = (journal.format.as_str(), journal.version);
        ensure!(found == (FORMAT, VERSION), "{}: expected {FORMAT} {VERSION}, found {found:?}", place());
        for entry in &journal.uploads {
            entry.record.check().with_context(place)?;
        }
        Ok(journal)
    }

    /// What was uploaded to a collection.
    pub(super) fn record(&self, engine: &str, place: &str) -> UploadRecord {
        let entry = self.uploads.iter().find(|entry| entry.engine == engine && entry.place == place);
        entry.map(|entry| entry.record.clone()).unwrap_or_default()
    }

    /// Replaces what was uploaded to a collection.
    pub(super) fn put(&mut self, engine: &str, place: &str, record: &UploadRecord) {
        self.uploads.retain(|entry| entry.engine != engine || entry.place != place);
        let (engine, place, record) = (engine.to_owned(), place.to_owned(), record.clone());
        self.uploads.push(Entry { engine, place, record });
    }

    /// Writes it, with a checksum of its own.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = seal_json(&serde_json::to_string_pretty(self)?);
        Ok(write_atomically(path, |file| file.write_all(text.as_bytes()))?)
    }
}

#[cfg(test)]
mod tests {
    use ess_testing::{
        Scratch,
        damage::{mutations, rounds},
    };

    use super::*;

    fn record(rows: usize) -> UploadRecord {
        let block =
            serde_json::json!({ "first_row": 0, "end": rows, "checksum": "xxh3-64:0123456789abcdef" });
        serde_json::from_value(serde_json::json!({ "reaches": rows, "blocks": [block] })).unwrap()
    }

    #[test]
    fn each_collection_has_what_was_uploaded_to_it() {
        let folder = Scratch::new();
        let path = folder.path().join(JOURNAL);
        let mut journal = Journal::read(&path).unwrap();
        journal.put("memory", "here", &record(3));
        journal.put("memory", "there", &record(5));
        journal.put("memory", "here", &record(4));
        journal.write(&path).unwrap();
        let read = Journal::read(&path).unwrap();
        assert_eq!((read.record("memory", "here"), read.record("memory", "there")), (record(4), record(5)));
        assert_eq!(read.record("other", "here"), UploadRecord::default());
    }

    #[test]
    fn a_damaged_journal_is_an_error_or_one_that_contradicts_nothing() {
        let folder = Scratch::new();
        let path = folder.path().join(JOURNAL);
        let mut journal = Journal::read(&path).unwrap();
        journal.put("memory", "here", &record(3));
        let good = serde_json::to_string_pretty(&journal).unwrap();
        let (mut tried, mut opened) = (0, 0);
        for bytes in mutations(good.as_bytes(), 1, rounds(10_000)).filter(|bytes| bytes != good.as_bytes()) {
            let sealed = match String::from_utf8(bytes) {
                Ok(text) if text.trim_end().ends_with('}') => seal_json(&text).into_bytes(),
                Ok(text) => text.into_bytes(),
                Err(error) => error.into_bytes(),
            };
            tried += 1;
            std::fs::write(&path, sealed).unwrap();
            match Journal::read(&path) {
                Ok(read) => {
                    opened += 1;
                    assert!(read.uploads.iter().all(|entry| entry.record.check().is_ok()));
                }
                Err(error) => assert!(format!("{error:#}").contains(JOURNAL), "{error:#}"),
            }
        }
        assert!(opened > 0 && opened < tried, "{opened} of {tried} are read");
    }
}
