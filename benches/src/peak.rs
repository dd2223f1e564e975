//! What the machine can do at most.

use cpu_time::ProcessTime;
use pulp::{Arch, Simd, WithSimd};

/// Multiply-adds of single precision in registers alone, on one thread, in GFLOP/s: no product of matrices is faster.
pub fn peak_gflops() -> f64 {
    (0..5).map(|_| Arch::new().dispatch(MultiplyAdds)).fold(0.0, f64::max)
}

struct MultiplyAdds;

impl WithSimd for MultiplyAdds {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        // Enough chains that no multiply-add waits for the one before.
        const CHAINS: usize = 12;
        const ROUNDS: usize = 10_000_000;
        let mut sums = [simd.splat_f32s(1.0); CHAINS];
        let factor = std::hint::black_box(simd.splat_f32s(0.999));
        let added = std::hint::black_box(simd.splat_f32s(0.001));
        let started = ProcessTime::now();
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = simd.mul_add_e_f32s(*sum, factor, added);
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        std::hint::black_box(sums);
        (2 * ROUNDS * CHAINS * S::F32_LANES) as f64 / seconds / 1e9
    }
}
