//! Opens stored embeddings and searches them exactly.
//!
//! `cargo run --release --example 01_search_embeddings`

use std::collections::HashMap;

use ess_examples::scifact;
use ess_kit::prelude::*;

fn main() -> anyhow::Result<()> {
    // Embeddings of 5183 abstracts and 1109 claims, with their ids.
    let dataset = Dataset::open(scifact("minilm"))?;
    let index = dataset.index()?;

    // The three most similar abstracts of two claims, by inner product.
    let claims = ["1", "3"];
    let hits = index.search_ids(&dataset.query_embeddings(&claims)?, 3)?;

    // The texts are for people: searching needs none.
    let titles: HashMap<String, String> = read_records::<Item>(scifact("corpus.jsonl.gz"))?
        .into_iter()
        .map(|item| (item.id, item.title))
        .collect();
    let texts: HashMap<String, String> = read_records::<Query>(scifact("queries.jsonl"))?
        .into_iter()
        .map(|query| (query.id, query.text))
        .collect();
    for (claim, hits) in claims.iter().zip(&hits) {
        println!("{}", texts[*claim]);
        for hit in hits {
            println!("  {:.3}  {:>9}  {}", hit.similarity, hit.id, titles[&hit.id]);
        }
    }
    Ok(())
}
