//! How fast does the IVF-PQ index find 99 % of the 10 most similar items, on one thread?
//!
//! Counted, in CPU time: from queries in memory to sorted hits, the best of several passes. Criterion has no place for recall,
//! so this prints a table instead; [`RecallAndSpeed`] says on what.
//!
//! The peers read the vectors from files, and choose and count alike:
//!
//! ```text
//! cargo bench -p ess-benches --bench quantised_search -- --items 30000 --export FOLDER
//! VENV/bin/python benches/peers/quantised_search.py FOLDER
//! ```
//!
//! `--embeddings DIR` takes the vectors of what `ess encode` wrote instead, so of real texts: `benches/compare.py` does so in its
//! question `ivf-pq-real`.

use clap::Parser;
use ess_benches::{Failure, RecallAndSpeed};
use ess_index::{IvfPqBuilder, Progress, Storage};

/// Recall and queries per CPU-second of the IVF-PQ index.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    measured: RecallAndSpeed,
    /// Numbers of lists to try; 1 is no inverted file.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 256])]
    lists: Vec<usize>,
    /// Codes of an item; the index's default when left out.
    #[arg(long)]
    codes: Option<usize>,
    /// Keep the items in f16.
    #[arg(long)]
    f16: bool,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(|| run(&arguments))
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let measured = arguments.measured.start()?;
    for &lists in &arguments.lists {
        let storage = if arguments.f16 { Storage::F16 } else { Storage::F32 };
        let (lists_asked, codes) = (Some(lists), arguments.codes);
        let builder = IvfPqBuilder { lists: lists_asked, codes, storage, ..IvfPqBuilder::default() };
        measured.report(&format!("{lists} lists"), |items| builder.build(items, Progress::Silent))?;
    }
    Ok(())
}
