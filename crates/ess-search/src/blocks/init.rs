//! Starting values of parameters from a seed. They are the same on every device.

use std::cell::Cell;

use burn::{
    module::{Param, ParamId},
    tensor::{Device, Tensor, TensorData},
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::unit::unit;

thread_local! {
    static SHAPES_ONLY: Cell<bool> = const { Cell::new(false) };
}

/// Makes a module whose parameters have shapes, and take memory only when they are read. The shapes of a config can
/// so be compared with those of the tensors in a file, before a wrong config costs memory.
pub(crate) fn shapes_only<T>(make: impl FnOnce() -> T) -> T {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            SHAPES_ONLY.set(self.0);
        }
    }
    let _before = Before(SHAPES_ONLY.replace(true));
    make()
}

/// A source of starting values, for one parameter after another.
///
/// While a module is loaded, its parameters come from a file. Then nothing is drawn: the parameters are zero, and
/// take memory only when they are read. A file of four kilobytes therefore cannot ask for thirty gigabytes.
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
    /// Starting values for `device`. The same seed gives the same values on every device.
    pub fn new(seed: u64, device: &'a Device) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), device }
    }

    /// `rows × columns`, uniform in `±sqrt(3 / rows)`. The output has the variance of the input (LeCun et al. 1998).
    pub fn weight(&mut self, rows: usize, columns: usize) -> Param<Tensor<2>> {
        self.uniform((3.0 / rows as f32).sqrt(), rows, columns)
    }

    /// `rows × columns`, uniform in `±0.5`, for a layer that reads embeddings. Embeddings have unit norm, where
    /// hidden layers have unit variance. With the values of [`Init::weight`], an activation would be almost linear.
    pub fn embedding_weight(&mut self, rows: usize, columns: usize) -> Param<Tensor<2>> {
        self.uniform(0.5, rows, columns)
    }

    fn uniform(&mut self, bound: f32, rows: usize, columns: usize) -> Param<Tensor<2>> {
        if SHAPES_ONLY.get() {
            return self.shape_of([rows, columns]);
        }
        let values: Vec<f32> =
            (0..rows * columns).map(|_| self.random.random_range(-bound..=bound)).collect();
        Param::from_data(TensorData::new(values, [rows, columns]), self.device)
    }

    /// As [`Init::embedding_weight`], with every row scaled to unit norm.
    pub(crate) fn unit_rows(&mut self, rows: usize, columns: usize) -> Param<Tensor<2>> {
        match SHAPES_ONLY.get() {
            true => self.shape_of([rows, columns]),
            false => Param::from_tensor(unit(self.embedding_weight(rows, columns).val())),
        }
    }

    /// `rows × columns` zeros.
    pub fn zero_weight(&self, rows: usize, columns: usize) -> Param<Tensor<2>> {
        self.zeros([rows, columns])
    }

    /// `columns` zeros.
    pub fn zero_bias(&self, columns: usize) -> Param<Tensor<1>> {
        self.zeros([columns])
    }

    fn zeros<const D: usize>(&self, shape: [usize; D]) -> Param<Tensor<D>> {
        match SHAPES_ONLY.get() {
            true => self.shape_of(shape),
            false => Param::from_tensor(Tensor::zeros(shape, self.device)),
        }
    }

    fn shape_of<const D: usize>(&self, shape: [usize; D]) -> Param<Tensor<D>> {
        let zeros = move |device: &Device, trained: bool| {
            let zeros = Tensor::zeros(shape, device);
            if trained { zeros.require_grad() } else { zeros }
        };
        Param::uninitialized(ParamId::new(), zeros, self.device.clone(), true, shape.into())
    }
}
