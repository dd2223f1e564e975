//! `ess index search`

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_core::{Effort, Hit, Index, SearchParams};
use ess_data::write_run;
use ess_metrics::Run;
use serde::Serialize;

use crate::{arguments::paths, data::dataset::open_searchable, output::options::Output};

use super::{file::IndexArguments, queries::QueryArguments};

const EXAMPLES: &str = "\
Examples:
  ess index search --index target/scifact.index --queries data/scifact/minilm/queries.safetensors -k 5
  ess index search --index target/scifact.index --queries data/scifact/minilm/queries.safetensors \\
      --module target/linear --ef-search 64 --write-run linear.run";

/// Search an index, with or without a searching module.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Search {
    #[command(flatten)]
    index: IndexArguments,
    #[command(flatten)]
    queries: QueryArguments,
    /// The items that it was built from, for a module that reads what a first pass finds.
    #[arg(long, value_name = "STORE", requires = "module", value_parser = paths::STORE.read())]
    items: Option<PathBuf>,
    /// The number of hits for each query.
    #[arg(short, long, default_value_t = 10)]
    k: usize,
    /// The candidates that a graph search keeps; the index's default if not given.
    #[arg(long, alias = "candidates")]
    ef_search: Option<usize>,
    /// The lists of an IVF-PQ index that are looked into; the index's default if not given.
    #[arg(long, alias = "probes")]
    nprobe: Option<usize>,
    /// The candidates that are compared exactly; the index's default if not given.
    #[arg(long, alias = "refine")]
    rescore: Option<usize>,
    /// Print the hits of at most so many queries.
    #[arg(long, default_value_t = 3)]
    show: usize,
    /// Write all hits as a TREC run file.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    write_run: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    queries: usize,
    k: usize,
    seconds: f64,
}

impl Search {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        let run = self.write_run.as_deref().map(|path| ("--write-run", path));
        let _locks = output.lock_files(run.as_slice())?;
        let file = self.index.open()?;
        let (index, ids) = (file.index()?, file.ids::<String>()?);
        let id = |row: usize| ids.as_ref().and_then(|ids| ids.get(row).cloned()).unwrap_or(row.to_string());
        let items = self.items.as_deref().map(open_searchable).transpose()?;
        let queries = self.queries.read(self.queries.module()?.as_ref(), &*index, items.as_ref())?;
        let effort = Effort { ef_search: self.ef_search, nprobe: self.nprobe, rescore: self.rescore };
        self.check_effort(&*index)?;
        let start = Instant::now();
        let asked = queries.mapped.as_ref().unwrap_or(&queries.encoded);
        let hits = index.search_with(asked, self.k, &SearchParams::from(effort))?;
        let report = Report { queries: hits.len(), k: self.k, seconds: start.elapsed().as_secs_f64() };
        for (query, hits) in queries.ids.iter().zip(&hits).take(self.show) {
            let shown: Vec<String> =
                hits.iter().map(|hit| format!("{} {:.4}", id(hit.item), hit.similarity)).collect();
            say!("{query}: {}", shown.join(", "));
        }
        say!("{} queries, k = {}, {:.3} s", report.queries, report.k, report.seconds);
        if let Some(path) = &self.write_run {
            write_run(path, &run_of(&queries.ids, &hits, id)?).context("the run file")?;
        }
        output.write(&report)
    }

    /// Refuses a setting that this kind of index does not have, since it would change nothing.
    fn check_effort(&self, index: &dyn Index) -> Result<()> {
        let known = index.efforts(self.k.max(1));
        let has =
            |setting: fn(&Effort) -> Option<usize>| known.iter().any(|effort| setting(effort).is_some());
        for (flag, given, has, kind) in [
            ("--ef-search", self.ef_search, has(|effort| effort.ef_search), "graph"),
            ("--nprobe", self.nprobe, has(|effort| effort.nprobe), "ivf-pq"),
            ("--rescore", self.rescore, has(|effort| effort.rescore), "ivf-pq"),
        ] {
            ensure!(
                has || given.is_none(),
                "{flag}: expected an index of the kind {kind}, found one without this setting; leave the flag out"
            );
        }
        Ok(())
    }
}

fn run_of(queries: &[String], hits: &[Vec<Hit>], id: impl Fn(usize) -> String) -> Result<Run> {
    let mut run = Run::new("index");
    for (query, hits) in queries.iter().zip(hits) {
        for hit in hits {
            run.insert(query, &id(hit.item), hit.similarity)?;
        }
    }
    Ok(run)
}
