//! How fast is a graph at a recall, over 30 000 items of 384 dimensions, k = 10, on one thread?
//!
//! Counted, in CPU time: `GraphIndex::search_with` from 1000 queries in memory to sorted hits, with the least effort
//! that reaches recall@10 of 0.95 and of 0.99 on these queries. Not counted: building the index; its CPU time and memory
//! are printed. Exact search in `f32` and in `i8` over the same items stands beside it. The peers are hnswlib, faiss and
//! usearch on the same vectors: `benches/peers/graph_search.py`.
//!
//! To compare, run both in turns on a quiet machine and divide:
//!
//! ```text
//! cargo bench -p ess-benches --bench graph_search
//! VENV/bin/python benches/peers/graph_search.py
//! ```

use cpu_time::ProcessTime;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ess_benches::{CpuTime, low_intrinsic};
use ess_core::{Index, SearchParams};
use ess_index::{FlatIndex, GraphBuilder, Progress, Storage};

const ITEMS: usize = 30_000;
const QUERIES: usize = 1000;
const DIM: usize = 384;
const K: usize = 10;

#[allow(clippy::print_stdout, reason = "a bench reports to its user")]
fn graph_search(criterion: &mut Criterion<CpuTime>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let (items, queries) = (low_intrinsic(ITEMS, DIM, 1), low_intrinsic(QUERIES, DIM, 2));
    let exact = FlatIndex::new(items.clone()).expect("items");
    let bytes = FlatIndex::with_storage(items.clone(), Storage::I8).expect("items");
    let start = ProcessTime::now();
    let graph = pool.install(|| GraphBuilder::default().build(items, Progress::Silent)).expect("items");
    println!("built in {:.2} CPU-s, {:?}", start.elapsed().as_secs_f64(), graph.memory_use());
    let mut group = criterion.benchmark_group("graph_search");
    group.sample_size(20).throughput(Throughput::Elements(QUERIES as u64));
    for target in [0.95, 0.99] {
        let tuned = graph.tune(&exact, &queries, K, target).expect("a recall that is reached");
        println!("{tuned:?}");
        let params = SearchParams::from(tuned.effort);
        group.bench_with_input(BenchmarkId::new("recall", target), &queries, |bencher, queries| {
            bencher.iter(|| pool.install(|| graph.search_with(queries, K, &params)));
        });
    }
    for (name, index) in [("f32", &exact), ("i8", &bytes)] {
        group.bench_with_input(BenchmarkId::new("exact", name), &queries, |bencher, queries| {
            bencher.iter(|| pool.install(|| index.search(queries, K)));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = graph_search
}
criterion_main!(benches);
