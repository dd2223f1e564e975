//! How fast is a run of 10 million lines read, and how much memory does it take?
//!
//! Counted, in CPU time of one thread, the operating system's part included: [`read_run`], from a file in the system's cache to
//! a [`Run`](ess_metrics::Run) that is checked for items that stand twice; and the lines one by one, as
//! [`RunReader`] gives them. The file has 10 000 queries × 1000 hits of a million items. It is written first, 340 MB in the folder
//! for temporary files, or read from where `ESS_RUN_FILE` says. Peers: `benches/peers/readers.py`.

#![allow(clippy::print_stdout, reason = "a bench reports on the terminal")]

use std::{
    fs::File,
    hint::black_box,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ess_benches::CpuTime;
use ess_data::{RunReader, read_run};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const QUERIES: usize = 10_000;
const HITS: usize = 1000;
const ITEMS: usize = 1_000_000;

fn write(path: &Path) -> std::io::Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut file = BufWriter::new(File::create(path)?);
    for query in 1000..1000 + QUERIES {
        let start = rng.random_range(0..ITEMS);
        let mut score = 20.0_f32;
        for rank in 0..HITS {
            // Distinct items: the step shares no factor with their number.
            let item = (start + rank * 7919) % ITEMS;
            score -= 0.01 * rng.random::<f32>();
            writeln!(file, "{query} Q0 {item} {} {score:.6} dense", rank + 1)?;
        }
    }
    file.flush()
}

fn readers(criterion: &mut Criterion<CpuTime>) {
    let path = std::env::var_os("ESS_RUN_FILE").map(PathBuf::from);
    let path = path.unwrap_or_else(|| std::env::temp_dir().join("ess-bench-10m.run"));
    if !path.exists() {
        write(&path).expect("a run");
    }
    let before = peak_bytes();
    let lines = read_run(&path).expect("a run").len();
    println!("{lines} lines; peak memory of reading: {} bytes a line", (peak_bytes() - before) / lines);
    let mut group = criterion.benchmark_group("10M lines");
    group.sample_size(10).throughput(Throughput::Elements(lines as u64));
    group.bench_function("read_run", |bencher| bencher.iter(|| black_box(read_run(&path))));
    group.bench_function("RunReader", |bencher| {
        bencher.iter(|| {
            RunReader::open(&path).expect("a run").map(|line| line.expect("a line").score).sum::<f32>()
        });
    });
    group.finish();
}

/// The maximum memory that the process has had, as Linux counts it; 0 elsewhere.
fn peak_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = readers
}
criterion_main!(benches);
