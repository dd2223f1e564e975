//! The lexical encoder on SciFact against a reference BM25 (k1 1.2, b 0.75, stemmed): nDCG@10 .679 on the official
//! test queries.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use ess_core::{QueryEncoder, Searcher};
use ess_data::{Item, Query, read_qrels, read_records};
use ess_lexical::{Bm25Config, Bm25Encoder, SparseIndex};
use ess_metrics::{Run, evaluate};

#[test]
fn scifact_is_ranked_as_by_the_reference() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/scifact");
    let items: Vec<Item> = read_records(folder.join("corpus.jsonl.gz")).unwrap();
    let texts: Vec<_> = items.iter().map(Item::title_and_text).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let qrels = read_qrels(folder.join("qrels/test.tsv")).unwrap();
    let queries: Vec<Query> = read_records(folder.join("queries.jsonl")).unwrap();
    let queries: Vec<_> = queries.iter().filter(|query| qrels.get(&query.id).is_some()).collect();
    assert_eq!(queries.len(), 300);

    let (encoder, encoded) = Bm25Encoder::fit_and_encode(&texts, Bm25Config::default()).unwrap();
    let index = SparseIndex::new(&encoded);
    let query_texts: Vec<_> = queries.iter().map(|query| query.text.as_str()).collect();
    let hits = index.search(&encoder.encode_queries(&query_texts).unwrap(), 100).unwrap();

    let mut run = Run::new("bm25");
    for (query, hits) in queries.iter().zip(&hits) {
        for hit in hits {
            run.insert(&query.id, &items[hit.item].id, hit.similarity).unwrap();
        }
    }
    let ndcg = evaluate(&qrels, &run, &["ndcg@10".parse::<ess_metrics::NamedMeasure>().unwrap()])
        .unwrap()
        .mean("ndcg@10")
        .unwrap();
    assert!((ndcg - 0.679).abs() <= 0.0005, "nDCG@10 {ndcg:.4}");
}
