//! How fast does an index of token vectors find the 10 items of the largest MaxSim, on one thread?
//!
//! Counted, in CPU time: from the token vectors of queries in memory to sorted hits, all queries at once, the best of several
//! passes. Recall is by MaxSim with every item, over the vectors in f16. For each number of bits and each recall the fastest
//! settings that reach it on the first half of the queries are measured on the second. `--export` writes the 10 items of each
//! query as exact.npy, so that the peer's recall is by the same answer:
//!
//! ```text
//! cargo bench -p ess-benches --bench token_search -- --embeddings FOLDER --export FOLDER
//! VENV/bin/python benches/peers/token_search.py FOLDER FOLDER/exact.npy
//! ```

use std::{collections::HashSet, path::PathBuf};

use clap::Parser;
use ess_benches::{Failure, TokenTexts, figure, least_seconds, one_by_one};
use ess_core::{Embeddings, Encoding, Hit, TokenStates, TopK};
use ess_data::{Dtype, write_npy};
use ess_index::{CompressedTokensBuilder, Progress, TokenIndex, TokenIndexBuilder, TokenSearch};

const K: usize = 10;
/// Settings that are tried: centroids that each token looks up, and items that are compared by all vectors.
const PROBES: [usize; 7] = [1, 2, 3, 4, 6, 8, 16];
const CANDIDATES: [usize; 16] = [10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256, 512, 1024];
const THRESHOLDS: [Option<f32>; 3] = [Some(0.5), Some(0.4), None];

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    texts: TokenTexts,
    /// Bits of a component of a residual to try.
    #[arg(long, value_delimiter = ',', default_values_t = [4, 2])]
    bits: Vec<usize>,
    /// Centroids; the builder's default when left out.
    #[arg(long)]
    centroids: Option<usize>,
    /// Recalls to tune for.
    #[arg(long, value_delimiter = ',', default_values_t = [0.9, 0.95])]
    recall: Vec<f64>,
    /// Write exact.npy into this folder, for the peer: a row of 10 items for each query.
    #[arg(long)]
    export: Option<PathBuf>,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(|| run(&arguments))
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let [items, queries] = arguments.texts.read()?;
    let exact = exact_answer(&items, &queries)?;
    if let Some(folder) = &arguments.export {
        let rows = exact.iter().flatten().map(|&item| item as f32).collect();
        write_npy(folder.join("exact.npy"), &Embeddings::from_vec(rows, K)?, Dtype::F32)?;
    }
    let halves = Halves::new(&queries, &exact)?;
    for &bits in &arguments.bits {
        let tokens = CompressedTokensBuilder {
            bits,
            centroids: arguments.centroids,
            ..CompressedTokensBuilder::default()
        };
        let builder = TokenIndexBuilder { tokens, ..TokenIndexBuilder::default() };
        let index = builder.build(&items, Progress::Silent)?;
        let memory = index.memory_use().total() / index.tokens().tokens();
        print(&format!("{bits} bits: {} centroids, {memory} bytes a token", index.tokens().centroids()));
        for &recall in &arguments.recall {
            halves.report(&index, bits, recall, arguments.texts.passes)?;
        }
    }
    Ok(())
}

/// The `K` items of the largest MaxSim with each query.
fn exact_answer(items: &TokenStates, queries: &TokenStates) -> Result<Vec<Vec<usize>>, Failure> {
    let builder = CompressedTokensBuilder {
        keep_vectors: true,
        centroids: Some(1),
        ..CompressedTokensBuilder::default()
    };
    let tokens = builder.build(items, Progress::Silent)?;
    let all: Vec<u32> = (0..items.rows() as u32).collect();
    let of_query = |query: usize| {
        let mut best = TopK::new(K);
        best.extend_from_similarities(0, &tokens.similarities(queries.own_states(query), &all)?);
        Ok(best.into_sorted().iter().map(|hit| hit.item).collect())
    };
    (0..queries.rows()).map(of_query).collect()
}

/// Queries to choose settings by, queries to measure, and what they should find.
struct Halves {
    tuning: TokenStates,
    tuning_exact: Vec<HashSet<usize>>,
    measured: TokenStates,
    measured_exact: Vec<HashSet<usize>>,
}

impl Halves {
    fn new(queries: &TokenStates, exact: &[Vec<usize>]) -> Result<Self, Failure> {
        let half = queries.rows() / 2;
        let of = |rows: std::ops::Range<usize>| -> Result<_, Failure> {
            let sets = exact[rows.clone()].iter().map(|items| items.iter().copied().collect()).collect();
            Ok((queries.select_rows(&rows.collect::<Vec<_>>())?, sets))
        };
        let ((tuning, tuning_exact), (measured, measured_exact)) = (of(0..half)?, of(half..queries.rows())?);
        Ok(Self { tuning, tuning_exact, measured, measured_exact })
    }

    /// Tunes an index for a recall, and prints what it does on the other half.
    fn report(&self, index: &TokenIndex, bits: usize, target: f64, passes: usize) -> Result<(), Failure> {
        let Some(search) = self.fastest(index, target)? else {
            print(&format!("  recall {target} is not reached"));
            return Ok(());
        };
        let found = index.search_with(&self.measured, K, &search)?;
        let recall = recall(&found, &self.measured_exact);
        let count = self.measured.rows() as f64;
        let together = least_seconds(passes, || index.search_with(&self.measured, K, &search))? / count;
        let alone = one_by_one(&self.measured)?;
        let alone = least_seconds(passes, || {
            alone.iter().try_for_each(|query| index.search_with(query, K, &search).map(drop))
        })? / count;
        figure(&format!("{bits} bits"), together, recall)?;
        print(&format!(
            "  recall {recall:.4}: {:.3} ms a query in a batch, {:.3} one by one ({search:?})",
            together * 1e3,
            alone * 1e3
        ));
        Ok(())
    }

    /// The fastest settings that reach the recall on the queries to choose by: for each number of probes and each threshold the
    /// fewest candidates that do.
    fn fastest(&self, index: &TokenIndex, target: f64) -> Result<Option<TokenSearch>, Failure> {
        let mut best: Option<(f64, TokenSearch)> = None;
        for nprobe in PROBES {
            for centroid_score_threshold in THRESHOLDS {
                let with = |candidates| TokenSearch { nprobe, centroid_score_threshold, candidates };
                let Some(search) = self.first_that_reaches(index, target, CANDIDATES.map(with))? else {
                    continue;
                };
                let seconds = least_seconds(2, || index.search_with(&self.tuning, K, &search))?;
                if best.is_none_or(|(least, _)| seconds < least) {
                    best = Some((seconds, search));
                }
            }
        }
        Ok(best.map(|(_, search)| search))
    }

    /// Of settings that find more and more, the first that finds enough, by halving.
    fn first_that_reaches(
        &self,
        index: &TokenIndex,
        target: f64,
        settings: [TokenSearch; CANDIDATES.len()],
    ) -> Result<Option<TokenSearch>, Failure> {
        let (mut low, mut high) = (0, settings.len());
        while low < high {
            let middle = (low + high) / 2;
            let found = index.search_with(&self.tuning, K, &settings[middle])?;
            if recall(&found, &self.tuning_exact) >= target { high = middle } else { low = middle + 1 }
        }
        Ok(settings.get(low).copied())
    }
}

fn recall(found: &[Vec<Hit>], exact: &[HashSet<usize>]) -> f64 {
    let shared = found
        .iter()
        .zip(exact)
        .map(|(hits, exact)| hits.iter().filter(|hit| exact.contains(&hit.item)).count());
    shared.sum::<usize>() as f64 / (K * exact.len()) as f64
}

#[allow(clippy::print_stdout, reason = "the table is what the bench is for")]
fn print(line: &str) {
    println!("{line}");
}
