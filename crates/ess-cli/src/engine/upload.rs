//! `ess engine upload`

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use ess_data::MappedStore;

use super::{argument::EngineArgument, destination::Destination};
use crate::{arguments::paths, output::options::Output};

const EXAMPLES: &str = "\
Examples:
  ess engine upload --embeddings my/minilm --engine pgvector=papers.json     # built with the feature pgvector

where papers.json is
  {\"connection\": \"host=localhost user=postgres\", \"table\": \"papers\", \"dim\": 384}";

/// Bring a collection of an engine to hold exactly the items of a folder, each in the row that it has in corpus.safetensors.
///
/// It goes on where it was stopped, sends only what is not there or has changed, and refuses a collection with items of others.
/// What was uploaded stands in corpus.uploads.json beside the items.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Upload {
    /// The folder with the items.
    #[arg(long, value_name = "DIR", value_parser = paths::EMBEDDINGS.read())]
    embeddings: PathBuf,
    /// The engine, and a JSON file of its settings: the fields of PgVectorConfig, MilvusConfig or QdrantConfig of ess-engines,
    /// and EngineSettings as `requests`. A value {"env": "NAME"} is read from the environment.
    #[arg(long, value_name = "ENGINE=FILE")]
    engine: EngineArgument,
    /// Records in a part: the work that is lost at most when the program is stopped.
    #[arg(long, default_value_t = 2048, value_name = "RECORDS")]
    part: usize,
}

impl Upload {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        ensure!(self.part > 0, "--part: expected at least 1, found 0");
        let destination = Destination::open(&self.engine, "--embeddings", &self.embeddings, output)?;
        let items = self.embeddings.join("corpus.safetensors");
        let store = MappedStore::open(&items)?;
        destination.check_dim(store.dim())?;
        let bar = output.bar(store.len());
        let uploaded = destination.begin(store.len())?.finish(&items, self.part, &bar)?;
        output.write(&uploaded)
    }
}
