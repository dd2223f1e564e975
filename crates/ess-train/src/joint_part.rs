//! A module that is trained beside another.

use burn::{
    grad_clipping::GradientClippingConfig,
    optim::{AdamWConfig, GradientsParams, ModuleOptimizer},
    tensor::{Device, Gradients, Tensor},
};
use ess_core::{Embeddings, Encoding};
use ess_search::{DeviceEncoding, OnDevice, PersistentModule, TrainableModule};

use crate::TrainerConfig;

/// A module under training, of any kind, that may be trained beside another: the two sides of a search.
pub trait JointPart<E: Encoding = Embeddings>: Send
where
    E: DeviceEncoding,
{
    /// Maps encodings (`n × d_query`) to vectors (`n × d_item`), for autodiff to follow.
    fn forward(&self, encodings: E::Tensors) -> Tensor<2>;

    /// What the module adds to the loss, as [`TrainableModule::penalty`].
    fn penalty(&self) -> Option<Tensor<1>> {
        None
    }

    /// Whether any parameter is not frozen.
    fn is_trainable(&self) -> bool {
        true
    }

    /// Takes a step with the gradients of its own parameters, which are taken out.
    fn step(&mut self, gradients: &mut Gradients, learning_rate: f64);

    /// The module as it is now, out of training.
    fn snapshot(&self) -> Box<dyn PersistentModule<E>>;

    /// The part as it is now, to go on with later.
    fn boxed_clone(&self) -> Box<dyn JointPart<E>>;
}

/// Any trainable module with its optimiser.
#[derive(Clone)]
pub(crate) struct ModulePart<M: TrainableModule> {
    module: M,
    optimizer: ModuleOptimizer,
    device: Device,
}

impl<M: TrainableModule> ModulePart<M> {
    pub(crate) fn new(module: M, config: &TrainerConfig, device: &Device) -> Self {
        let clip = config.clip_norm.map(GradientClippingConfig::Norm);
        let optimizer = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(config.weight_decay);
        let module = module.fork(device).train();
        module.noises().into_iter().for_each(|noise| noise.reseed(config.seed));
        Self { module, optimizer: optimizer.with_grad_clipping(clip).init(), device: device.clone() }
    }
}

impl<M: TrainableModule> JointPart<M::Encoding> for ModulePart<M> {
    fn forward(&self, encodings: <M::Encoding as DeviceEncoding>::Tensors) -> Tensor<2> {
        self.module.forward(encodings)
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        self.module.penalty()
    }

    fn is_trainable(&self) -> bool {
        crate::trainer::is_trainable(&self.module)
    }

    fn step(&mut self, gradients: &mut Gradients, learning_rate: f64) {
        let gradients = GradientsParams::from_module(gradients, &self.module);
        self.module = self.optimizer.step(learning_rate, self.module.clone(), gradients);
    }

    fn snapshot(&self) -> Box<dyn PersistentModule<M::Encoding>> {
        Box::new(OnDevice::new(self.module.clone(), &self.device))
    }

    fn boxed_clone(&self) -> Box<dyn JointPart<M::Encoding>> {
        Box::new(self.clone())
    }
}
