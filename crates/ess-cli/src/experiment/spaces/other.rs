//! The folder of another encoder, on the command line.

use std::{fs::File, path::PathBuf};

use anyhow::{Context, Result, bail, ensure};
use ess_files::Checksum;
use serde::{Deserialize, Serialize};

use crate::{arguments::paths::EMBEDDINGS, experiment::source::Source};

/// The same queries and items of a data set by another encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Other {
    /// The name of the data set.
    pub(super) name: String,
    folder: PathBuf,
}

impl Other {
    /// Reads `NAME=EMBEDDINGS_DIR`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (name, folder) =
            text.split_once('=').ok_or_else(|| format!("{text:?}: expected NAME=EMBEDDINGS_DIR"))?;
        let folder = PathBuf::from(folder);
        EMBEDDINGS.check(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { name: name.to_owned(), folder })
    }

    /// The one of each data set, in their order.
    pub(super) fn for_each(sources: &[Source], others: &[Self]) -> Result<Vec<Self>> {
        for other in others {
            let known = sources.iter().any(|source| source.name() == other.name);
            ensure!(known, "--other-side: no data set is called {:?}", other.name);
        }
        let of = |source: &Source| {
            let found: Vec<&Self> = others.iter().filter(|other| other.name == source.name()).collect();
            match found[..] {
                [one] => Ok(one.clone()),
                _ => {
                    bail!("--other-side: expected one folder for {:?}, found {}", source.name(), found.len())
                }
            }
        };
        sources.iter().map(of).collect()
    }

    /// The path of one of its two files.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.safetensors"))
    }

    /// One checksum of both.
    pub(super) fn checksum(&self) -> Result<String> {
        let sum = |name: &str| {
            let path = self.file(name);
            let sum = File::open(&path).and_then(Checksum::of_reader);
            anyhow::Ok(sum.with_context(|| path.display().to_string())?.to_string())
        };
        Ok([sum("queries")?, sum("corpus")?].join(" "))
    }
}
