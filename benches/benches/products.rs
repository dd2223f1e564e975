//! How fast are matrix products in `f32` by vector instructions, without a tile unit, next to what the machine can do at most?
//!
//! The shapes `m × k × n` are those of encoding (rows of tokens and a layer's weight), of a batch of queries with items, and of a
//! training step, all with the right side row-major, `n × k`. Counted, in CPU time on one thread: the product alone, with the packing
//! of both sides that it needs; throughput is multiply-adds twice, so that `Gelem/s` are GFLOP/s. This is the crate `gemm`, which
//! training uses where there is no tile unit. Encoders and exact search have kernels of their own: `encode` and `flat_search` measure
//! them. The peers are PyTorch (MKL) and numpy (OpenBLAS): `benches/peers/products.py`.
//!
//! ```text
//! cargo bench -p ess-benches --bench products
//! python3 benches/compare.py --python VENV/bin/python --questions products
//! ```

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ess_benches::{CpuTime, peak_gflops, uniform};
use ess_linalg::kernels::{Matrix, multiply_add};

/// As in `benches/peers/products.py`.
const SHAPES: [[usize; 3]; 8] = [
    [512, 384, 384],
    [512, 384, 1536],
    [512, 1536, 384],
    [2048, 384, 1536],
    [64, 384, 8192],
    [1000, 384, 8192],
    [1024, 384, 5183],
    [128, 384, 57_638],
];

#[allow(clippy::print_stdout, reason = "the ceiling of the rates that follow")]
fn products(criterion: &mut Criterion<CpuTime>) {
    println!("multiply-adds in registers: {:.0} GFLOP/s", peak_gflops());
    let mut group = criterion.benchmark_group("products");
    group.sample_size(10);
    for [m, k, n] in SHAPES {
        let (left, right) = (uniform(m, k, 1), uniform(n, k, 2));
        let mut out = vec![0.0; m * n];
        group.throughput(Throughput::Elements((2 * m * k * n) as u64));
        group.bench_function(BenchmarkId::from_parameter(format!("{m}x{k}x{n}")), |bencher| {
            bencher.iter(|| {
                let right = Matrix::new(right.as_slice(), n, k).transposed();
                multiply_add(&mut out, 0.0, Matrix::new(left.as_slice(), m, k), right, 1.0);
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = products
}
criterion_main!(benches);
