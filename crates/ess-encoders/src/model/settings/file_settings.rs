//! The settings of one kind of file, and the check of what a file has.

use std::path::Path;

use serde_json::{Map, Value};

use super::nearness;
use crate::error::Error;

/// Values that say that something is off.
pub(super) const NOTHING: &[&str] = &["null", "false"];

/// Settings that stand in the tables of several files.
#[derive(Debug)]
pub(crate) struct Shared {
    /// As [`FileSettings::applied`].
    pub(super) applied: &'static [&'static str],
    /// As [`FileSettings::only`].
    pub(super) only: &'static [(&'static str, &'static [&'static str])],
}

/// The settings of one kind of file.
#[derive(Debug)]
pub(crate) struct FileSettings {
    /// What the file is called in the README.
    #[cfg_attr(not(test), expect(dead_code, reason = "the README's table is checked by a test"))]
    pub(crate) file: &'static str,
    /// What it says as other files do, beside the lists below.
    pub(crate) shared: &'static [&'static Shared],
    /// They decide vectors and are heeded, or refused by value where they are read.
    pub(crate) applied: &'static [&'static str],
    /// They would decide vectors, and are refused unless they have one of these values, as JSON.
    pub(crate) only: &'static [(&'static str, &'static [&'static str])],
    /// They change no vector.
    pub(crate) harmless: &'static [&'static str],
    /// Whether a setting that is in none of the lists is refused whatever its name. Otherwise it is refused where its
    /// name is like that of one that decides vectors, and ignored with a warning elsewhere.
    pub(crate) closed: bool,
}

impl FileSettings {
    pub(super) fn all_applied(&self) -> impl Iterator<Item = &'static str> {
        let shared = self.shared.iter().flat_map(|shared| shared.applied);
        shared.chain(self.applied).copied()
    }

    pub(super) fn all_only(&self) -> impl Iterator<Item = &'static (&'static str, &'static [&'static str])> {
        self.shared.iter().flat_map(|shared| shared.only).chain(self.only)
    }

    /// Refuses what would change vectors and is not heeded.
    pub(crate) fn check(&self, path: &Path, settings: &Map<String, Value>) -> Result<(), Error> {
        settings.iter().try_for_each(|(name, value)| self.check_one(path, name, value))
    }

    fn check_one(&self, path: &Path, name: &str, value: &Value) -> Result<(), Error> {
        if self.harmless.contains(&name) || self.all_applied().any(|known| known == name) {
            return Ok(());
        }
        if let Some((_, accepted)) = self.all_only().find(|(known, _)| *known == name) {
            if accepted
                .iter()
                .any(|accepted| serde_json::from_str(accepted).is_ok_and(|ok: Value| ok == *value))
            {
                return Ok(());
            }
            let found = shortened(&value.to_string());
            let reason = format!("expected {}, found {found}", accepted.join(" or "));
            return Err(Error::Setting { path: path.to_owned(), name: name.to_owned(), reason });
        }
        let deciding = self.all_applied().chain(self.all_only().map(|(name, _)| *name));
        let meant = nearness::nearest(name, deciding);
        if meant.is_none() && !self.closed {
            tracing::warn!(file = %path.display(), setting = name, "a setting that is not known is ignored");
            return Ok(());
        }
        let meant = meant.map_or_else(String::new, |meant| format!(" (is {meant} meant?)"));
        let reason = format!("not a setting that is known here{meant}; remove it if it changes no vector");
        Err(Error::Setting { path: path.to_owned(), name: name.to_owned(), reason })
    }
}

/// As much of a value as a message has room for.
pub(crate) fn shortened(value: &str) -> String {
    const MAX_CHARS: usize = 80;
    match value.char_indices().nth(MAX_CHARS) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}…", &value[..end]),
    }
}
