//! Systems that this program did not run.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use ess_metrics::NamedMeasure;
use serde::de::DeserializeOwned;

use crate::settings::written::written_text;

/// A system with figures of one measure, from a file.
pub(super) trait MeasuredElsewhere: DeserializeOwned {
    fn name(&self) -> &str;

    fn measure(&self) -> NamedMeasure;

    /// Reads a JSON list of systems, all of which have figures of this measure.
    fn read(path: &Path, measure: NamedMeasure) -> Result<Vec<Self>> {
        let text = written_text(path).with_context(|| path.display().to_string())?;
        let systems: Vec<Self> = serde_json::from_str(&text)
            .with_context(|| format!("{}: not a list of systems", path.display()))?;
        for system in &systems {
            let (path, name, found) = (path.display(), system.name(), system.measure());
            ensure!(
                found == measure,
                "{path}: {name:?}: expected figures of {measure}, found those of {found}"
            );
        }
        Ok(systems)
    }
}
