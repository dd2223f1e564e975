//! Searches by embeddings and by BM25 at once: one inner product over the dense and the lexical part.
//!
//! `cargo run --release --features auto --example 08_hybrid_search`

use std::collections::HashMap;

use ess_examples::scifact;
use ess_kit::prelude::*;

fn main() -> anyhow::Result<()> {
    let dataset = Dataset::open(scifact("minilm"))?;
    let mut texts: HashMap<String, String> = read_records::<Item>(scifact("corpus.jsonl.gz"))?
        .into_iter()
        .map(|item| (item.id.clone(), item.title_and_text()))
        .collect();
    let items: Vec<String> =
        dataset.item_ids().iter().map(|id| texts.remove(id).unwrap_or_default()).collect();
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let claims: HashMap<String, String> = read_records::<Query>(scifact("queries.jsonl"))?
        .into_iter()
        .map(|query| (query.id, query.text))
        .collect();

    // BM25 is an encoder too: its vectors are sparse, and its score is their inner product.
    let (bm25, item_words) = Bm25Encoder::fit_and_encode(&items, Bm25Config::default())?;
    let mut index = HybridIndex::new(dataset.items().clone(), &item_words, 0.0)?;
    let encode = |judged: &JudgedQueries| -> anyhow::Result<HybridEncoding> {
        let words: Vec<&str> = judged.ids.iter().map(|id| claims[id].as_str()).collect();
        Ok(HybridEncoding::new(judged.set.encodings().clone(), bm25.encode_queries(&words)?)?)
    };
    let mut measure = |judged: &JudgedQueries, weight: f32| -> anyhow::Result<f64> {
        index.set_weight(weight)?;
        let hits = index.search(&encode(judged)?, 100)?;
        let run = judged.run("hybrid", dataset.item_ids(), hits)?;
        Ok(judged.evaluate(&run)?.mean("ndcg@10")?)
    };

    // The weight of the words is chosen on training queries.
    let (train, _) = dataset.train_and_dev(scifact("qrels/train.tsv"), 0.2, 0)?;
    let mut best = (0.0, f64::NEG_INFINITY);
    for weight in [0.0, 0.005, 0.01, 0.02, 0.04, 0.08] {
        let ndcg = measure(&train, weight)?;
        println!("weight {weight:5}: nDCG@10 on training queries {ndcg:.4}");
        if ndcg > best.1 {
            best = (weight, ndcg);
        }
    }
    let test = dataset.judge_file(scifact("qrels/test.tsv"))?;
    let (dense, hybrid) = (measure(&test, 0.0)?, measure(&test, best.0)?);
    println!("test: dense {dense:.4}, hybrid with weight {} {hybrid:.4}", best.0);
    Ok(())
}
