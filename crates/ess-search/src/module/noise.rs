//! Random numbers of training steps. They are the same on every device and for every number of threads.

use std::sync::atomic::{AtomicU64, Ordering};

use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A source of random numbers for the training steps of a module. Each draw uses another stream of the seed. A copy
/// continues where the original is.
///
/// A module that draws random numbers has a `Noise` and returns it from
/// [`TrainableModule::noises`](crate::TrainableModule::noises). Through it the trainer's seed reaches the module, and
/// an interrupted run continues with the same numbers.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use ess_search::Noise;
///
/// let device = Device::flex();
/// let noise = Noise::new(7);
/// let first = noise.uniform(2, 3, &device).into_data();
/// assert_ne!(noise.uniform(2, 3, &device).into_data(), first);
/// noise.set_draws(0);
/// assert_eq!(noise.uniform(2, 3, &device).into_data(), first);
/// ```
#[derive(Debug)]
pub struct Noise {
    seed: AtomicU64,
    draws: AtomicU64,
}

impl Noise {
    /// A source with this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed: AtomicU64::new(seed), draws: AtomicU64::new(0) }
    }

    /// Adds a number to the seed; 0 changes nothing.
    pub fn reseed(&self, seed: u64) {
        self.seed.fetch_add(seed, Ordering::Relaxed);
    }

    /// The number of draws so far.
    pub fn draws(&self) -> u64 {
        self.draws.load(Ordering::Relaxed)
    }

    /// Continues as after this number of draws.
    pub fn set_draws(&self, draws: u64) {
        self.draws.store(draws, Ordering::Relaxed);
    }

    /// `rows × columns` numbers, uniform in `0..1`, drawn on the host.
    pub fn uniform(&self, rows: usize, columns: usize, device: &Device) -> Tensor<2> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed.load(Ordering::Relaxed));
        random.set_stream(self.draws.fetch_add(1, Ordering::Relaxed));
        let values: Vec<f32> = (0..rows * columns).map(|_| random.random()).collect();
        Tensor::from_data(TensorData::new(values, [rows, columns]), device)
    }

    /// Dropout (Srivastava et al. 2014) of the values (`n × d`): a share of them, from 0 to below 1, becomes zero,
    /// and the rest is scaled up, so that the mean stays.
    pub fn drop_out(&self, values: Tensor<2>, share: f32) -> Tensor<2> {
        let [rows, columns] = values.dims();
        let uniform = self.uniform(rows, columns, &values.device());
        let kept = uniform.greater_equal_elem(share).float();
        values * kept / (1.0 - share)
    }
}

impl Clone for Noise {
    fn clone(&self) -> Self {
        Self { seed: AtomicU64::new(self.seed.load(Ordering::Relaxed)), draws: AtomicU64::new(self.draws()) }
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
    fn a_seed_is_added_and_draws_go_on_where_they_are_set() {
        let device = Device::flex();
        let noise = Noise::new(5);
        noise.reseed(2);
        let other = Noise::new(7);
        other.uniform(1, 1, &device);
        noise.set_draws(other.draws());
        assert_eq!(noise.draws(), 1);
        assert_eq!(values(noise.clone().uniform(3, 4, &device)), values(other.uniform(3, 4, &device)));
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
