//! Systems that were measured elsewhere.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

/// A system that this program did not run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Peer {
    pub(crate) name: String,
    /// Who measured it.
    pub(crate) source: String,
    /// nDCG@10 by the name of the data set.
    pub(crate) ndcg: BTreeMap<String, f64>,
}

impl Peer {
    pub(crate) fn read(path: &Path) -> Result<Vec<Self>> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        serde_json::from_str(&text).with_context(|| format!("{}: not a list of peers", path.display()))
    }
}
