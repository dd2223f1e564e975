//! How long does MaxSim of a query with 100 items take, on one thread?
//!
//! Counted, in CPU time: from a query's token vectors in memory to a similarity for each item, queries one by one, the best of
//! several passes. `CompressedTokens` that keep their vectors in f16 are what the peer is compared with. Those of 4 and 2 bits
//! and `ItemTokens`, which hybrids use, are printed beside it.
//!
//! Query `q` is compared with the items `q + 51 j`, counted round, for `j` below 100. The peer does the same:
//!
//! ```text
//! cargo bench -p ess-benches --bench max_sim -- --embeddings FOLDER
//! VENV/bin/python benches/peers/max_sim.py FOLDER
//! ```

use clap::Parser;
use ess_benches::{Failure, TokenTexts, figure, least_seconds};
use ess_core::{Encoding, TokenStates};
use ess_index::{CompressedTokensBuilder, Progress};
use ess_searchers::ItemTokens;

const COMPARED: usize = 100;
/// Steps between them, which spread them over SciFact's 5183 items, each once.
const STEP: usize = 51;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    texts: TokenTexts,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(|| run(&arguments.texts))
}

fn run(texts: &TokenTexts) -> Result<(), Failure> {
    let [items, queries] = texts.read()?;
    let rows: Vec<Vec<u32>> = (0..queries.rows())
        .map(|query| (0..COMPARED).map(|j| ((query + STEP * j) % items.rows()) as u32).collect())
        .collect();
    print(&format!("{} items of {} tokens in all", items.rows(), items.packed().len() / items.token_dim()));
    let vectors = CompressedTokensBuilder { keep_vectors: true, centroids: Some(1), ..usual() }
        .build(&items, Progress::Silent)?;
    let seconds = a_query(texts, &queries, &rows, |query, rows| vectors.similarities(query, rows))?;
    figure("100 items, query", seconds, 1.0)?;
    print(&format!("f16: {:.3} ms a query", seconds * 1e3));
    for bits in [4, 2] {
        let codes = CompressedTokensBuilder { bits, ..usual() }.build(&items, Progress::Silent)?;
        let seconds = a_query(texts, &queries, &rows, |query, rows| codes.similarities(query, rows))?;
        print(&format!("{bits} bits: {:.3} ms a query", seconds * 1e3));
    }
    let tokens = ItemTokens::new(&items)?;
    let seconds = a_query(texts, &queries, &rows, |query, rows| tokens.similarities(query, rows))?;
    print(&format!("ItemTokens: {:.3} ms a query", seconds * 1e3));
    Ok(())
}

fn usual() -> CompressedTokensBuilder {
    CompressedTokensBuilder::default()
}

/// The CPU time of a query with its items.
fn a_query<E>(
    texts: &TokenTexts,
    queries: &TokenStates,
    rows: &[Vec<u32>],
    compare: impl Fn(&[f32], &[u32]) -> Result<Vec<f32>, E>,
) -> Result<f64, E> {
    let all = || {
        rows.iter().enumerate().try_for_each(|(query, rows)| {
            std::hint::black_box(compare(queries.own_states(query), rows)?);
            Ok(())
        })
    };
    Ok(least_seconds(texts.passes, all)? / rows.len() as f64)
}

#[allow(clippy::print_stdout, reason = "the figures are what the bench is for")]
fn print(line: &str) {
    println!("{line}");
}
