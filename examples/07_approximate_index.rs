//! Builds a graph over frozen items, tunes it for a recall, and keeps it in a file.
//!
//! `cargo run --release --example 07_approximate_index`

use std::time::Instant;

use anyhow::Context;
use ess_examples::scifact;
use ess_kit::prelude::*;

fn main() -> anyhow::Result<()> {
    let dataset = Dataset::open(scifact("minilm"))?;
    // Tune by the queries that the index will get: those after the searching module, where there is one.
    let test = dataset.judge_file(scifact("qrels/test.tsv"))?;
    let queries = test.set.encodings();

    let exact = FlatIndex::new(dataset.items().clone())?;
    let graph = GraphBuilder::default().build(dataset.items().clone(), ess_kit::index::Progress::Silent)?;
    let tuned = graph.tune(&exact, queries, 10, 0.99)?;
    println!("recall@10 {:.4} with {:?}", tuned.recall, tuned.effort);

    // Index and ids are one file, written whole or not at all.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("items.index");
    IdentifiedIndex::new(graph, dataset.item_ids().as_slice().to_vec())?.save(&path)?;

    // Compared with its checksums once, then mapped into memory.
    let file = IndexFile::open(&path, Opening::Mapped)?;
    let (index, ids) = (file.index()?, file.ids::<String>()?.context("saved without ids")?);
    let start = Instant::now();
    let hits = index.search_with(queries, 10, &SearchParams::from(tuned.effort))?;
    println!("{} queries in {:.1} ms", hits.len(), start.elapsed().as_secs_f64() * 1e3);
    println!("the first claim's first abstract: {} {:.3}", ids[hits[0][0].item], hits[0][0].similarity);

    // What the recall that was lost costs in quality.
    let run =
        test.run("graph", dataset.item_ids(), index.search_with(queries, 100, &tuned.effort.into())?)?;
    let best = dataset.search("exact", &Identity::new(index.dim()), &exact, &test)?;
    let [graph, exact] = [test.evaluate(&run)?, test.evaluate(&best)?];
    println!("nDCG@10 {:.4}, exactly {:.4}", graph.mean("ndcg@10")?, exact.mean("ndcg@10")?);
    Ok(())
}
