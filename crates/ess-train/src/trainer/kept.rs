//! Where a run starts, and what it keeps.

use burn::{optim::ModuleOptimizer, tensor::Device};
use ess_search::TrainableModule;

use super::definition::Trainer;

/// The sides that a run starts from, or has kept.
#[derive(Clone)]
pub(crate) struct Kept<S> {
    pub(crate) sides: S,
    /// The optimiser, where another run goes on from here.
    pub(crate) optimizer: Option<ModuleOptimizer>,
}

impl<S> Kept<S> {
    /// Sides that no run has trained.
    pub(crate) fn untrained(sides: S) -> Self {
        Self { sides, optimizer: None }
    }
}

impl Trainer {
    /// A module on a device, ready to be trained, its noises with the trainer's seed.
    pub(crate) fn prepared<M: TrainableModule>(&self, module: M, device: &Device) -> M {
        let module = module.fork(device).train();
        module.noises().into_iter().for_each(|noise| noise.reseed(self.config().seed));
        module
    }
}
