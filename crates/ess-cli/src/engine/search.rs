//! `ess engine search`

use std::{path::PathBuf, time::Instant};

use anyhow::{Result, ensure};
use clap::Args;
use ess_core::{Effort, Index, SearchParams};
use ess_data::EmbeddingStore;

use super::argument::EngineArgument;
use crate::{
    arguments::paths,
    data::{dataset::searchable, saved_module::SearchingModule},
    index::{answers::Answers, queries::QueryArguments},
    output::options::Output,
};

const EXAMPLES: &str = "\
Examples:
  ess engine search --engine pgvector=papers.json --items my/minilm/corpus.safetensors \\
      --queries my/minilm/queries.safetensors --module my/linear -k 100 --write-run linear.run
  ess evaluate --run linear.run --qrels my/qrels/test.tsv";

/// Search the items that were uploaded to an engine, with or without a searching module.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Search {
    /// The engine, and a JSON file of its settings, as `ess engine upload` takes them.
    #[arg(long, value_name = "ENGINE=FILE")]
    engine: EngineArgument,
    /// The items that were uploaded, for their ids.
    #[arg(long, value_name = "STORE", value_parser = paths::STORE.read())]
    items: PathBuf,
    #[command(flatten)]
    queries: QueryArguments,
    /// The number of hits for each query.
    #[arg(short, long, default_value_t = 10)]
    k: usize,
    /// The candidates that a graph search keeps; the index's default if not given.
    #[arg(long, alias = "candidates")]
    ef_search: Option<usize>,
    /// Print the hits of at most so many queries; --json has them too.
    #[arg(long, default_value_t = 3)]
    show: usize,
    /// Write all hits as a TREC run file.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    write_run: Option<PathBuf>,
}

impl Search {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        let run = self.write_run.as_deref().map(|path| ("--write-run", path));
        let _locks = output.lock_files(run.as_slice())?;
        let answers = self.answers()?;
        answers.write("engine", self.k, self.show, self.write_run.as_deref(), output)
    }

    fn answers(&self) -> Result<Answers> {
        let index = self.engine.open()?.index;
        let store = EmbeddingStore::open(&self.items)?;
        let (held, rows) = ((index.len(), index.rows()), store.len());
        ensure!(
            held == (rows, rows),
            "{}: expected the {rows} items of this file in the engine, found {} in rows below {}; `ess engine upload` uploads \
             them",
            self.items.display(),
            held.0,
            held.1
        );
        ensure!(
            self.ef_search.is_none() || index.capabilities().ef_search,
            "--ef-search: expected an engine that searches by a graph, found one that compares every item; leave the flag out"
        );
        let module = self.queries.module_of_encoded_items()?;
        // Only what a first pass finds is read from them.
        let found = match &module {
            Some(SearchingModule::Feedback(..)) => Some(searchable(&store, &self.items)?),
            _ => None,
        };
        let queries = self.queries.read(module.as_ref(), &index, found.as_ref())?;
        let effort = Effort { ef_search: self.ef_search, ..Effort::default() };
        let start = Instant::now();
        let asked = queries.mapped.as_ref().unwrap_or(&queries.encoded);
        let hits = index.search_with(asked, self.k, &SearchParams::from(effort))?;
        let (ids, seconds) = (store.ids().as_slice().to_vec(), start.elapsed().as_secs_f64());
        Ok(Answers { queries: queries.ids, hits, ids: Some(ids), seconds })
    }
}
