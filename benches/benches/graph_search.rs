//! How fast does a graph find 99 % of the 10 most similar items, on one thread?
//!
//! Counted, in CPU time: from queries in memory to sorted hits, the best of several passes. Criterion has no place for recall,
//! so this prints a table instead; [`RecallAndSpeed`] says on what. The peers are hnswlib, faiss and usearch on the same
//! vectors, which their script generates anew, or reads where they are not of low intrinsic dimension and unit norm.
//!
//! To compare, run both in turns on a quiet machine and divide:
//!
//! ```text
//! cargo bench -p ess-benches --bench graph_search -- --items 30000
//! VENV/bin/python benches/peers/graph_search.py --items 30000
//!
//! cargo bench -p ess-benches --bench graph_search -- --vectors clusters --norm-sigma 0.3 --export FOLDER
//! VENV/bin/python benches/peers/graph_search.py --folder FOLDER
//! ```
//!
//! `--embeddings DIR` takes the vectors of what `ess encode` wrote instead, so of real texts: `benches/compare.py` does so in its
//! question `graph-real`.

use clap::Parser;
use ess_benches::{Failure, RecallAndSpeed};
use ess_index::{GraphBuilder, Progress};

/// Recall and queries per CPU-second of the graph index.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    measured: RecallAndSpeed,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(|| {
        let measured = arguments.measured.start()?;
        measured.report("graph", |items| GraphBuilder::default().build(items, Progress::Silent))
    })
}
