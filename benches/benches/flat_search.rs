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

use std::time::Duration;

use cpu_time::ProcessTime;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ess_core::{Embeddings, Index};
use ess_index::{FlatIndex, Storage};

const ITEMS: usize = 100_000;
const DIM: usize = 384;
const K: usize = 10;
const BATCHES: [usize; 4] = [1, 8, 64, 1000];

/// The CPU time of the process, which other programs on the machine disturb least.
struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = ProcessTime;
    type Value = Duration;

    fn start(&self) -> ProcessTime {
        ProcessTime::now()
    }

    fn end(&self, start: ProcessTime) -> Duration {
        start.elapsed()
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// `n × DIM` numbers in `-0.5..0.5`: the first 24 bits of the outputs of SplitMix64 (Steele, Lea and Flood, 2014)
/// from the state `seed · 2^32`, as the peer makes them.
fn uniform(n: usize, seed: u64) -> Embeddings {
    let mut state = seed << 32;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    Embeddings::from_vec((0..n * DIM).map(|_| next()).collect(), DIM).expect("finite numbers")
}

fn flat_search(criterion: &mut Criterion<CpuTime>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let items = uniform(ITEMS, 1);
    for (name, storage) in [("f32", Storage::F32), ("f16", Storage::F16)] {
        let index = FlatIndex::with_storage(items.clone(), storage).expect("numbers below 1");
        let mut group = criterion.benchmark_group(format!("flat_search/{name}"));
        group.sample_size(20);
        for batch in BATCHES {
            let queries = uniform(batch, 2);
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
