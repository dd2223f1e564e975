//! The gradients of a module's parameters.

use burn::{
    module::{ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};
use ess_search::{DeviceEncoding, TrainableModule, embeddings_from_tensor};

/// What a module gives for an encoding on a device, and the gradient of a weighted sum of it with respect to all
/// parameters, one after another.
pub(crate) fn forward_and_gradients<M: TrainableModule>(
    module: M,
    encoding: &M::Encoding,
    device: &Device,
) -> (Vec<f32>, Vec<f32>) {
    let module = module.fork(device).train();
    let mapped = module.forward(encoding.to_tensors(&device.clone().autodiff()));
    let given = embeddings_from_tensor(mapped.clone().without_autodiff()).unwrap();
    let weights: Vec<f32> = (0..given.as_slice().len()).map(|at| (at as f32 * 0.7).cos()).collect();
    let weights = Tensor::<2>::from_data(TensorData::new(weights, mapped.dims()), device);
    let gradients = (mapped * weights.autodiff()).sum().backward();
    let mut read = Read { gradients: GradientsParams::from_grads(gradients, &module), values: Vec::new() };
    module.visit(&mut read);
    (given.as_slice().to_vec(), read.values)
}

struct Read {
    gradients: GradientsParams,
    values: Vec<f32>,
}

impl ModuleVisitor for Read {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let count = param.lazy_shape().iter().product();
        match self.gradients.get::<D>(param.id) {
            Some(gradient) => self.values.extend(gradient.try_into_vec_as::<f32>().unwrap()),
            None => self.values.extend(std::iter::repeat_n(0.0, count)),
        }
    }
}
