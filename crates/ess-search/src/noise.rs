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

#[cfg(test)]
mod tests {
    use super::*;

    fn values(tensor: Tensor<2>) -> Vec<f32> {
        tensor.into_data().try_to_vec().unwrap()
    }

    #[test]
    fn each_draw_is_another_and_a_copy_goes_on_where_the_original_stood() {
        let device = Device::flex();
        let noise = Noise::new(7);
        let first = values(noise.uniform(3, 4, &device));
        let copy = noise.clone();
        let second = values(noise.uniform(3, 4, &device));
        assert_ne!(first, second);
        assert_eq!(values(copy.uniform(3, 4, &device)), second);
        assert_eq!(values(Noise::new(7).uniform(3, 4, &device)), first);
        assert_ne!(values(Noise::new(8).uniform(3, 4, &device)), first);
    }

    #[test]
    fn dropout_leaves_out_its_share_and_keeps_the_mean() {
        let ones = Tensor::ones([100, 100], &Device::flex());
        let kept = values(Noise::new(1).drop_out(ones, 0.25));
        let dropped = kept.iter().filter(|&&x| x == 0.0).count() as f32 / kept.len() as f32;
        assert!((dropped - 0.25).abs() < 0.02, "{dropped}");
        assert!(kept.iter().all(|&x| x == 0.0 || (x - 4.0 / 3.0).abs() < 1e-6));
    }
}
