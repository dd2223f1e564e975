//! `ENGINE=FILE`: an engine by its name, with its settings.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context, Result, ensure};
use ess_engines::{OpenedEngine, engines, open_engine};

use crate::{arguments::paths, not_built, settings::written::written_text};

/// The name of an engine, and the JSON file that says where it keeps items.
#[derive(Clone, Debug)]
pub(crate) struct EngineArgument {
    name: String,
    settings: PathBuf,
}

impl FromStr for EngineArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, settings)) = text.split_once('=') else {
            return Err(format!("expected ENGINE=FILE, such as pgvector=papers.json; found {text}"));
        };
        paths::ENGINE_SETTINGS.check(Path::new(settings))?;
        Ok(Self { name: name.to_owned(), settings: settings.into() })
    }
}

impl EngineArgument {
    /// Opens it, and makes its collection where it is not there.
    ///
    /// # Errors
    /// For a name that no engine of this program has, wrong settings, a collection of another dimension or similarity, and an
    /// engine that does not answer.
    pub(crate) fn open(&self) -> Result<OpenedEngine> {
        let place = || format!("{}={}", self.name, self.settings.display());
        ensure!(engines().contains(&self.name.as_str()), "{}: {}", place(), not_built::engine(&self.name));
        let text = written_text(&self.settings).with_context(place)?;
        let settings = serde_json::from_str(&text).with_context(place)?;
        open_engine(&self.name, settings).with_context(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_engine_with_settings_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("papers.json");
        std::fs::write(&file, "{}").unwrap();
        let refused = |text: String| text.parse::<EngineArgument>().unwrap_err();
        assert!(refused("pgvector".to_owned()).contains("ENGINE=FILE"));
        assert!(refused(format!("pgvector={}", folder.path().display())).contains("found a folder"));
        let argument: EngineArgument = format!("elsewhere={}", file.display()).parse().unwrap();
        let error = argument.open().map(drop).unwrap_err().to_string();
        assert!(error.contains("elsewhere") && error.contains("papers.json"), "{error}");
    }
}
