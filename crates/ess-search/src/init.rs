//! Starting values of parameters, from a seed: the same on every device.

use burn::{
    module::Param,
    tensor::{Device, Tensor, TensorData},
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Draws starting values one parameter after another.
///
/// ```
/// use burn::tensor::Device;
/// use ess_search::Init;
///
/// let draw = || Init::new(7, &Device::flex()).weight(3, 4).val().into_data();
/// assert_eq!(draw(), draw());
/// ```
pub struct Init<'a> {
    random: ChaCha8Rng,
    device: &'a Device,
}

impl<'a> Init<'a> {
    /// Starting values for `device`; the same seed draws the same numbers for every device.
    pub fn new(seed: u64, device: &'a Device) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), device }
    }

    /// `rows × columns`, uniform in `±sqrt(3 / rows)`: keeps the variance of what goes through (LeCun).
    pub fn weight(&mut self, rows: usize, columns: usize) -> Param<Tensor<2>> {
        self.uniform((3.0 / rows as f32).sqrt(), rows, columns)
    }

    /// `rows × columns`, uniform in `±0.5`, for a layer that reads embeddings: they have length 1 where hidden layers have
    /// variance 1, and weights that suit the one leave the other in the flat middle of the activation.
    pub fn embedding_weight(&mut self, rows: usize, columns: usize) -> Param<Tensor<2>> {
        self.uniform(0.5, rows, columns)
    }

    fn uniform(&mut self, bound: f32, rows: usize, columns: usize) -> Param<Tensor<2>> {
        let values: Vec<f32> =
            (0..rows * columns).map(|_| self.random.random_range(-bound..=bound)).collect();
        Param::from_data(TensorData::new(values, [rows, columns]), self.device)
    }

    /// `rows × columns` zeros.
    pub fn zero_weight(&self, rows: usize, columns: usize) -> Param<Tensor<2>> {
        Param::from_tensor(Tensor::zeros([rows, columns], self.device))
    }

    /// `columns` zeros.
    pub fn zero_bias(&self, columns: usize) -> Param<Tensor<1>> {
        Param::from_tensor(Tensor::zeros([columns], self.device))
    }
}
