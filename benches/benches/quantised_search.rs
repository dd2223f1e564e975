//! How fast does the quantised index find 99 % of the 10 most similar items, on one thread?
//!
//! Items and queries are generated, of low intrinsic dimension (`ess_benches::low_intrinsic`), 384 dimensions. Effort is
//! tuned on one half of the queries; recall and speed are those of the other half. Counted, in CPU time: from queries in
//! memory to sorted hits, the best of several passes. Criterion has no place for recall, so this prints a table instead.
//!
//! The peers read the vectors from files, and choose and count alike:
//!
//! ```text
//! cargo bench -p ess-benches --bench quantised_search -- --items 30000 --export FOLDER
//! VENV/bin/python benches/peers/quantised_search.py FOLDER
//! ```

use std::path::PathBuf;

use clap::Parser;
use cpu_time::ProcessTime;
use ess_benches::low_intrinsic;
use ess_core::{Effort, Embeddings, Index, SearchParams};
use ess_data::{Dtype, write_npy};
use ess_index::{FlatIndex, Progress, QuantisedBuilder, QuantisedIndex, Storage};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const DIM: usize = 384;
const K: usize = 10;

/// Recall and queries per CPU-second of the quantised index.
#[derive(Parser)]
struct Arguments {
    /// The number of items.
    #[arg(long, default_value_t = 30_000)]
    items: usize,
    /// The number of queries: half to tune on, half to measure.
    #[arg(long, default_value_t = 2000)]
    queries: usize,
    /// Numbers of lists to try; 1 is no inverted file.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 256])]
    lists: Vec<usize>,
    /// Codes of an item; the index's default when left out.
    #[arg(long)]
    codes: Option<usize>,
    /// Keep the items in f16.
    #[arg(long)]
    f16: bool,
    /// Recalls to tune for.
    #[arg(long, value_delimiter = ',', default_values_t = [0.9, 0.95, 0.99])]
    recall: Vec<f64>,
    /// Passes of which the best counts.
    #[arg(long, default_value_t = 5)]
    passes: usize,
    /// Write items.npy and queries.npy into this folder, for the peers.
    #[arg(long)]
    export: Option<PathBuf>,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let items = low_intrinsic(arguments.items, DIM, 1);
    let queries = low_intrinsic(arguments.queries.max(2), DIM, 2);
    if let Some(folder) = &arguments.export {
        std::fs::create_dir_all(folder)?;
        write_npy(folder.join("items.npy"), &items, Dtype::F32)?;
        write_npy(folder.join("queries.npy"), &queries, Dtype::F32)?;
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    pool.install(|| run(&arguments, items, &queries))
}

fn run(arguments: &Arguments, items: Embeddings, queries: &Embeddings) -> Result<(), Failure> {
    let half = queries.len() / 2;
    let tuning = queries.select(&(0..half).collect::<Vec<_>>())?;
    let measured = queries.select(&(half..queries.len()).collect::<Vec<_>>())?;
    let exact = FlatIndex::new(items.clone())?;
    let seconds = best(1, || exact.search(&measured, K))?;
    print(&format!("exact: {:.0} queries per CPU-second", measured.len() as f64 / seconds));
    for &lists in &arguments.lists {
        let storage = if arguments.f16 { Storage::F16 } else { Storage::F32 };
        let builder = QuantisedBuilder {
            lists: Some(lists),
            codes: arguments.codes,
            storage,
            ..QuantisedBuilder::default()
        };
        let items = items.clone();
        let start = ProcessTime::now();
        let index = builder.build(items, Progress::Silent)?;
        let bytes = index.memory_use().map_or(0, |memory| memory.total());
        print(&format!(
            "{lists} lists, {} codes: built in {:.1} CPU-s, {:.0} bytes an item",
            index.codes(),
            start.elapsed().as_secs_f64(),
            bytes as f64 / index.len() as f64
        ));
        for &target in &arguments.recall {
            match index.tune(&exact, &tuning, K, target) {
                Ok(tuned) => measure(arguments, &index, &exact, &measured, tuned.effort)?,
                Err(error) => print(&format!("  {error}")),
            }
        }
    }
    Ok(())
}

/// Prints recall and speed with an effort, all queries in a batch and one by one.
fn measure(
    arguments: &Arguments,
    index: &QuantisedIndex,
    exact: &FlatIndex,
    queries: &Embeddings,
    effort: Effort,
) -> Result<(), Failure> {
    let params = SearchParams::from(effort);
    let recall = index.recall_against(exact, queries, K, &effort)?;
    let batch = best(arguments.passes, || index.search_with(queries, K, &params))?;
    let alone: Vec<Embeddings> =
        queries.rows().map(|row| Embeddings::from_rows(&[row])).collect::<Result<_, _>>()?;
    let one_by_one = best(arguments.passes, || {
        alone.iter().try_for_each(|query| index.search_with(query, K, &params).map(drop))
    })?;
    let rate = |seconds: f64| queries.len() as f64 / seconds;
    print(&format!(
        "  recall {recall:.4}: {:.0} queries per CPU-second in a batch, {:.0} one by one (probes {}, refine {})",
        rate(batch),
        rate(one_by_one),
        effort.probes.unwrap_or_default(),
        effort.refine.unwrap_or_default()
    ));
    Ok(())
}

/// The least CPU time of several passes.
fn best<T, E>(passes: usize, mut work: impl FnMut() -> Result<T, E>) -> Result<f64, E> {
    let mut least = f64::INFINITY;
    for _ in 0..passes.max(1) {
        let start = ProcessTime::now();
        std::hint::black_box(work()?);
        least = least.min(start.elapsed().as_secs_f64());
    }
    Ok(least)
}

#[allow(clippy::print_stdout, reason = "the table is what the program is for")]
fn print(line: &str) {
    println!("{line}");
}
