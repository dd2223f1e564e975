//! `ess index tune`

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_core::{Effort, Embeddings, Index, SearchParams};
use ess_index::{FlatIndex, Storage};
use serde::Serialize;

use crate::output::{
    options::Output,
    plot::{Axis, Plot, Series},
    table::Table,
};

use crate::{arguments::paths, data::dataset::open_searchable};

use super::{file::IndexArguments, queries::QueryArguments};

const EXAMPLES: &str = "\
Examples:
  ess index tune --index target/scifact.index --items data/scifact/minilm/corpus.safetensors \\
      --queries data/scifact/minilm/queries.safetensors --target 0.95 --plot recall.svg";

/// More of them than cores only wait for one another.
const MOST_THREADS: usize = 1024;

/// Find the least effort that reaches a recall, and plot recall against queries per second.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Tune {
    #[command(flatten)]
    index: IndexArguments,
    /// The items that it was built from, for the exact answers.
    #[arg(long, value_name = "STORE", value_parser = paths::STORE.read())]
    items: PathBuf,
    #[command(flatten)]
    queries: QueryArguments,
    /// The number of hits for each query.
    #[arg(short, long, default_value_t = 10)]
    k: usize,
    /// The recall to reach.
    #[arg(long, default_value_t = 0.99)]
    target: f64,
    /// Threads that answer.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Plot recall against queries per second as SVG.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    plot: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    k: usize,
    target: f64,
    threads: usize,
    /// By which queries: as encoded, or as the searching module maps them.
    curves: Vec<Curve>,
}

#[derive(Serialize)]
struct Curve {
    queries: &'static str,
    points: Vec<Point>,
    /// The first effort that reaches the target.
    tuned: Option<Effort>,
}

#[derive(Serialize)]
struct Point {
    effort: Effort,
    recall: f64,
    queries_per_second: f64,
}

impl Tune {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        ensure!(
            self.target > 0.0 && self.target <= 1.0,
            "--target: expected a recall above 0 and at most 1, found {}",
            self.target
        );
        ensure!(self.k > 0, "-k: expected at least 1, found 0");
        ensure!(
            (1..=MOST_THREADS).contains(&self.threads),
            "--threads: expected 1 to {MOST_THREADS}, found {}",
            self.threads
        );
        let plot = self.plot.as_deref().map(|path| ("--plot", path));
        let _locks = output.lock_files(plot.as_slice())?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build()?;
        let file = self.index.open()?;
        let (index, module) = (file.index()?, self.queries.module(&file)?);
        let items = open_searchable(&self.items)?;
        ensure!(
            items.len() == index.rows(),
            "--items: expected the {} items that the index was built from, found {}",
            index.rows(),
            items.len()
        );
        let queries = self.queries.read(module.as_ref(), &*index, Some(&items))?;
        let moved = module.as_ref().map(|module| module.moved(&items)).transpose()?.flatten();
        let exact = FlatIndex::with_storage(moved.unwrap_or(items), Storage::I8)?;
        let asked = [("as encoded", Some(queries.encoded)), ("mapped", queries.mapped)];
        let asked = asked.into_iter().filter_map(|(name, queries)| Some((name, queries?)));
        let asked = asked.filter(|(_, queries)| queries.dim() == index.dim());
        let curves = asked
            .map(|(name, queries)| pool.install(|| self.curve(name, &*index, &exact, &queries, output)))
            .collect::<Result<Vec<_>>>()?;
        let report = Report { k: self.k, target: self.target, threads: self.threads, curves };
        report.print();
        if let Some(path) = &self.plot {
            report.plot(path).with_context(|| path.display().to_string())?;
        }
        output.write(&report)
    }

    fn curve(
        &self,
        name: &'static str,
        index: &dyn Index,
        exact: &FlatIndex,
        queries: &Embeddings,
        output: &Output,
    ) -> Result<Curve> {
        let efforts = index.efforts(self.k);
        let bar = output.bar(efforts.len());
        let mut points = Vec::new();
        for effort in efforts {
            let recall = index.recall_against(exact, queries, self.k, &effort)?;
            let start = Instant::now();
            index.search_with(queries, self.k, &SearchParams::from(effort))?;
            let queries_per_second = queries.len() as f64 / start.elapsed().as_secs_f64().max(1e-9);
            points.push(Point { effort, recall, queries_per_second });
            bar.inc(1);
            if recall == 1.0 {
                break;
            }
        }
        bar.finish_and_clear();
        let tuned = points.iter().find(|point| point.recall >= self.target).map(|point| point.effort);
        Ok(Curve { queries: name, points, tuned })
    }
}

impl Report {
    fn print(&self) {
        for curve in &self.curves {
            say!("queries {}, recall@{}, {} thread(s)", curve.queries, self.k, self.threads);
            let mut table = Table::new(&["ef_search", "nprobe", "rescore", "recall", "queries per second"]);
            for point in &curve.points {
                let shown = |setting: Option<usize>| setting.map_or("-".to_owned(), |x| x.to_string());
                let effort = point.effort;
                table.row(vec![
                    shown(effort.ef_search),
                    shown(effort.nprobe),
                    shown(effort.rescore),
                    format!("{:.4}", point.recall),
                    format!("{:.0}", point.queries_per_second),
                ]);
            }
            crate::output::terminal::show(&table);
            match curve.tuned {
                Some(effort) => say!("recall {} is reached with {effort:?}\n", self.target),
                None => say!("recall {} is not reached\n", self.target),
            }
        }
    }

    fn plot(&self, path: &std::path::Path) -> Result<()> {
        let axes = (Axis::linear(&format!("recall@{}", self.k)), Axis::log("queries per second"));
        let plot = Plot::new("Recall and speed", axes.0, axes.1);
        let series = |curve: &Curve| {
            let points = curve.points.iter().map(|point| (point.recall, point.queries_per_second));
            Series::line(&format!("queries {}", curve.queries), points.collect::<Vec<_>>())
        };
        self.curves.iter().map(series).fold(plot, Plot::with).write_svg(path)
    }
}
