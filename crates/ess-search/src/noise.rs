//! Random numbers of training steps, the same on every device and for every number of threads.

use std::sync::atomic::{AtomicU64, Ordering};

use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Draws from a seed, another stream for each draw. A copy goes on where the original stood.
#[derive(Debug)]
pub(crate) struct Noise {
    seed: u64,
    draws: AtomicU64,
}

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, draws: AtomicU64::new(0) }
    }

    /// `rows × columns` numbers in `0..1`, made on the host.
    pub(crate) fn uniform(&self, rows: usize, columns: usize, device: &Device) -> Tensor<2> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(self.draws.fetch_add(1, Ordering::Relaxed));
        let values: Vec<f32> = (0..rows * columns).map(|_| random.random()).collect();
        Tensor::from_data(TensorData::new(values, [rows, columns]), device)
    }

    /// The values with a share of them zero and the others scaled up to the same mean (dropout: Srivastava et al. 2014).
    pub(crate) fn drop_out(&self, values: Tensor<2>, share: f32) -> Tensor<2> {
        let [rows, columns] = values.dims();
        let uniform = self.uniform(rows, columns, &values.device());
        let kept = uniform.greater_equal_elem(share).float();
        values * kept / (1.0 - share)
    }
}

impl Clone for Noise {
    fn clone(&self) -> Self {
        Self { seed: self.seed, draws: AtomicU64::new(self.draws.load(Ordering::Relaxed)) }
    }
}
