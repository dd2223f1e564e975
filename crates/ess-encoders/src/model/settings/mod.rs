//! The settings that a model's files may have: which are heeded, which refused, which change no vector.

mod nearness;
mod table;

use std::path::Path;

use serde_json::{Map, Value};

use crate::Error;

pub(crate) use table::*;

/// The settings of one kind of file.
pub(crate) struct Settings {
    /// What the file is called in the README.
    #[cfg_attr(not(test), expect(dead_code, reason = "the README's table is checked by a test"))]
    pub(crate) file: &'static str,
    /// They decide vectors and are heeded, or refused by value where they are read.
    pub(crate) applied: &'static [&'static str],
    /// They would decide vectors, and are refused unless they have one of these values, as JSON.
    pub(crate) only: &'static [(&'static str, &'static [&'static str])],
    /// They change no vector.
    pub(crate) harmless: &'static [&'static str],
    /// Whether a setting that is in none of the lists is refused whatever its name. Otherwise it is refused where its
    /// name is like that of one that decides vectors, and passed over with a warning elsewhere.
    pub(crate) closed: bool,
}

impl Settings {
    /// Refuses what would change vectors and is not heeded.
    pub(crate) fn check(&self, path: &Path, settings: &Map<String, Value>) -> Result<(), Error> {
        settings.iter().try_for_each(|(name, value)| self.check_one(path, name, value))
    }

    fn check_one(&self, path: &Path, name: &str, value: &Value) -> Result<(), Error> {
        if self.applied.contains(&name) || self.harmless.contains(&name) {
            return Ok(());
        }
        if let Some((_, accepted)) = self.only.iter().find(|(known, _)| *known == name) {
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
        let deciding = self.applied.iter().copied().chain(self.only.iter().map(|(name, _)| *name));
        let meant = nearness::nearest(name, deciding);
        if meant.is_none() && !self.closed {
            tracing::warn!(file = %path.display(), setting = name, "a setting that is not known is passed over");
            return Ok(());
        }
        let meant = meant.map_or_else(String::new, |meant| format!(" (is {meant} meant?)"));
        let reason = format!("not a setting that is known here{meant}; remove it if it changes no vector");
        Err(Error::Setting { path: path.to_owned(), name: name.to_owned(), reason })
    }
}

/// As much of a value as a message has room for.
fn shortened(value: &str) -> String {
    const MOST: usize = 80;
    match value.char_indices().nth(MOST) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}…", &value[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(settings: &Settings, json: &str) -> Result<(), Error> {
        settings
            .check(Path::new("file.json"), serde_json::from_str::<Value>(json).unwrap().as_object().unwrap())
    }

    #[test]
    fn what_is_known_passes_by_its_value_and_what_is_misspelt_is_refused() {
        check(
            &TRANSFORMER,
            r#"{"hidden_size": 4, "use_cache": true, "is_decoder": false, "pruned_heads": {}}"#,
        )
        .unwrap();
        let refused = [
            (r#"{"Type_vocab_size": 2}"#, "type_vocab_size"),
            (r#"{"is_decoder": true}"#, "expected null or false"),
            (r#"{"quantization_config": {"bits": 4}}"#, "expected null"),
            (r#"{"no_such_thing": 1}"#, "not a setting"),
        ];
        for (json, expected) in refused {
            let error = check(&TRANSFORMER, json).unwrap_err().to_string();
            assert!(error.contains(expected) && error.starts_with("file.json"), "{json}: {error}");
        }
        check(&TOKENIZER_CONFIG, r#"{"a_note": 1, "cls_token": "[CLS]"}"#).unwrap();
        assert!(check(&TOKENIZER_CONFIG, r#"{"truncation-side": "left"}"#).is_err());
    }

    #[test]
    fn no_setting_is_in_two_lists() {
        for settings in ALL {
            let only = settings.only.iter().map(|(name, _)| name);
            let mut names: Vec<_> = settings.applied.iter().chain(settings.harmless).chain(only).collect();
            let all = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), all, "{}", settings.file);
        }
    }

    /// One row of the README's table.
    fn row(settings: &Settings) -> String {
        let list = |names: &[&str]| {
            let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            if quoted.is_empty() { "–".to_owned() } else { quoted.join(", ") }
        };
        let only: Vec<_> = settings
            .only
            .iter()
            .map(|(name, values)| format!("`{name}`: `{}`", values.join("` or `")))
            .collect();
        let only = if only.is_empty() { "–".to_owned() } else { only.join("; ") };
        let others =
            if settings.closed { "refused" } else { "refused if like one that decides, else a warning" };
        format!(
            "| {} | {} | {only} | {} | {others} |",
            settings.file,
            list(settings.applied),
            list(settings.harmless)
        )
    }

    #[test]
    fn the_readme_has_the_table_as_it_is_here() {
        let readme = include_str!("../../../README.md");
        for settings in ALL {
            let row = row(settings);
            assert!(readme.contains(&row), "README.md of ess-encoders should have this row:\n{row}");
        }
    }
}
