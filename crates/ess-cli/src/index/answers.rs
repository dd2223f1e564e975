//! What a search found, as it is shown and written.

use std::path::Path;

use anyhow::{Context, Result};
use ess_core::Hit;
use ess_data::write_run;
use ess_metrics::Run;
use serde::Serialize;

use crate::output::options::Output;

/// What was found for queries with these ids, in an index with or without ids of items.
pub(crate) struct Answers {
    pub(crate) queries: Vec<String>,
    pub(crate) hits: Vec<Vec<Hit>>,
    pub(crate) ids: Option<Vec<String>>,
    /// Of searching alone.
    pub(crate) seconds: f64,
}

#[derive(Serialize)]
struct Report<'a> {
    queries: usize,
    k: usize,
    seconds: f64,
    /// What is on the terminal: the hits of the first queries.
    shown: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    query: &'a str,
    hits: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    item: String,
    similarity: f32,
}

impl Answers {
    /// Shows the hits of some queries, and writes all of them as a run of this name where a file is given.
    ///
    /// # Errors
    /// When a file cannot be written, or an id cannot stand in a run.
    pub(crate) fn write(
        &self,
        name: &str,
        k: usize,
        show: usize,
        run: Option<&Path>,
        output: &Output,
    ) -> Result<()> {
        let found = |hit: &Hit| Found { item: self.id(hit.item), similarity: hit.similarity };
        let all = self.queries.iter().zip(&self.hits);
        let shown =
            all.take(show).map(|(query, hits)| Shown { query, hits: hits.iter().map(found).collect() });
        let report = Report { queries: self.hits.len(), k, seconds: self.seconds, shown: shown.collect() };
        for Shown { query, hits } in &report.shown {
            let hits: Vec<String> =
                hits.iter().map(|hit| format!("{} {:.4}", hit.item, hit.similarity)).collect();
            say!("{query}: {}", hits.join(", "));
        }
        say!("{} queries, k = {}, {:.3} s", report.queries, report.k, report.seconds);
        if let Some(path) = run {
            write_run(path, &self.run(name)?).context("the run file")?;
        }
        output.write(&report)
    }

    fn id(&self, row: usize) -> String {
        self.ids.as_ref().and_then(|ids| ids.get(row).cloned()).unwrap_or_else(|| row.to_string())
    }

    fn run(&self, name: &str) -> Result<Run> {
        let mut run = Run::new(name);
        for (query, hits) in self.queries.iter().zip(&self.hits) {
            for hit in hits {
                run.insert(query, &self.id(hit.item), hit.similarity)?;
            }
        }
        Ok(run)
    }
}
