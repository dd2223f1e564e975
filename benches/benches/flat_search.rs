//! How fast is exact search over 100 000 items of 384 dimensions, k = 10, on one thread?
//!
//! Counted, in CPU time: `FlatIndex::search` from queries in memory to sorted hits. Not counted: building the
//! index. Throughput is queries per CPU-second. The peers are faiss and numpy on the same vectors:
//! `benches/peers/flat_search.py`, which also prints the machine's ceilings: how fast it reads memory (a single
//! query in `f32` reads 153.6 MB) and its rate of `f32` matrix products (a query takes 76.8 MFLOP).
//!
//! To compare, run both in turns on a quiet machine and divide:
//!
//! ```text
//! cargo bench -p ess-benches --bench flat_search
//! VENV/bin/python benches/peers/flat_search.py
//! ```

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ess_benches::{CpuTime, uniform};
use ess_core::Index;
use ess_index::{FlatIndex, Storage};

const ITEMS: usize = 100_000;
const DIM: usize = 384;
const K: usize = 10;
const BATCHES: [usize; 4] = [1, 8, 64, 1000];

fn flat_search(criterion: &mut Criterion<CpuTime>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let items = uniform(ITEMS, DIM, 1);
    for (name, storage) in [("f32", Storage::F32), ("f16", Storage::F16), ("i8", Storage::I8)] {
        let index = FlatIndex::with_storage(items.clone(), storage).expect("numbers below 1");
        let mut group = criterion.benchmark_group(format!("flat_search/{name}"));
        group.sample_size(20);
        for batch in BATCHES {
            let queries = uniform(batch, DIM, 2);
            group.throughput(Throughput::Elements(batch as u64));
            group.bench_with_input(BenchmarkId::new("batch", batch), &queries, |bencher, queries| {
                bencher.iter(|| pool.install(|| index.search(queries, K)));
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = flat_search
}
criterion_main!(benches);
