//! How fast does BM25 index and search SciFact, on one thread?
//!
//! Counted, in CPU time: for the index, from texts in memory to an index that can be searched, so with cutting into words and
//! stemming; for searching, from the claims' texts to sorted hits, 10 each, all in one batch. Items are the 5183 abstracts with
//! their titles, or their 51 309 sentences. The peers are asked for the same texts: `benches/peers/bm25s_search.py` and `tantivy_search.py`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ess_benches::{CpuTime, scifact_abstracts, scifact_claims, sentences};
use ess_core::{QueryEncoder, Searcher};
use ess_lexical::{Bm25Config, Bm25Encoder, SparseIndex};
use rayon::ThreadPoolBuilder;

const HITS: usize = 10;

fn lexical_search(criterion: &mut Criterion<CpuTime>) {
    let abstracts = scifact_abstracts().expect("items of SciFact");
    let sentences: Vec<String> = abstracts.iter().flat_map(|text| sentences(text)).collect();
    let queries = scifact_claims().expect("queries of SciFact");
    let queries: Vec<&str> = queries.iter().map(String::as_str).collect();
    ThreadPoolBuilder::new().num_threads(1).build_global().expect("one thread");
    compare(criterion, "abstracts", &abstracts, &queries);
    compare(criterion, "sentences", &sentences, &queries);
}

fn compare(criterion: &mut Criterion<CpuTime>, name: &str, items: &[String], queries: &[&str]) {
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let build = || {
        let (encoder, encoded) = Bm25Encoder::fit_and_encode(&items, Bm25Config::default()).expect("terms");
        (SparseIndex::new(&encoded), encoder)
    };
    let mut group = criterion.benchmark_group(format!("{} {name}", items.len()));
    group.sample_size(10).throughput(Throughput::Elements(items.len() as u64));
    group.bench_function("index", |bencher| bencher.iter(|| black_box(build())));
    let (index, encoder) = build();
    group.throughput(Throughput::Elements(queries.len() as u64));
    group.bench_function("encode queries", |bencher| {
        bencher.iter(|| black_box(encoder.encode_queries(queries)));
    });
    group.bench_function("search", |bencher| {
        bencher.iter(|| {
            let encoded = encoder.encode_queries(queries).expect("queries");
            black_box(index.search(&encoded, HITS))
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = lexical_search
}
criterion_main!(benches);
