//! Measures run files of two systems against each other, as trec_eval does, with intervals and p-values.
//!
//! `cargo run --release --example 03_measure_runs [-- RUN_A RUN_B QRELS]`

use std::path::PathBuf;

use ess_examples::scifact;
use ess_kit::{core::SearchModuleFn, data::write_run, prelude::*};

/// Two runs for the example: the frozen encoder, and the same with its embeddings cut to their first 64 dimensions.
fn two_runs(folder: &std::path::Path) -> anyhow::Result<[PathBuf; 3]> {
    let dataset = Dataset::open(scifact("minilm"))?;
    let qrels = scifact("qrels/test.tsv");
    let test = dataset.judge_file(&qrels)?;
    let [whole, cut] = ["whole.run", "cut.run"].map(|name| folder.join(name));
    let index = dataset.index()?;
    write_run(&whole, &dataset.search("whole", &Identity::new(384), &index, &test)?)?;
    // A searching module as a function: of 384 components of a query it keeps the first 64.
    let first_64 = SearchModuleFn::new(384, 384, |queries: &Embeddings| {
        let kept = |row: &[f32]| [&row[..64], &[0.0; 320]].concat();
        Embeddings::from_vec(queries.rows().flat_map(kept).collect(), 384)
    });
    write_run(&cut, &dataset.search("cut", &first_64, &index, &test)?)?;
    Ok([whole, cut, qrels])
}

fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let given: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [run_a, run_b, qrels] = match <[PathBuf; 3]>::try_from(given) {
        Ok(paths) => paths,
        Err(_) => two_runs(folder.path())?,
    };

    let qrels = read_qrels(&qrels)?;
    let evaluator = Evaluator::from_names(["ndcg@10", "map", "recall@100", "mrr@10"])?;
    let (a, b) = (read_run(&run_a)?, read_run(&run_b)?);
    let (of_a, of_b) = (evaluator.evaluate(&qrels, &a)?, evaluator.evaluate(&qrels, &b)?);
    println!("{:12} {:>8} {:>8} {:>8}   95 % interval      p (Holm)", "", a.name(), b.name(), "b - a");
    for row in compare((a.name(), &of_a), &[(b.name(), &of_b)], &Significance::default())? {
        let interval = row.ci95.map_or("–".into(), |[low, high]| format!("[{low:+.3}, {high:+.3}]"));
        let (of_a, of_b) = (of_a.mean(&row.measure)?, of_b.mean(&row.measure)?);
        println!(
            "{:12} {of_a:8.4} {of_b:8.4} {:+8.4}   {interval:18} {:.4}",
            row.measure, row.delta, row.p_holm
        );
    }
    Ok(())
}
