//! The state of an optimiser, from bytes that may be anything.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::{GradientsParams, ModuleOptimizer},
    tensor::{Bytes, Tensor},
};

/// The optimiser with this state; `None` where it is not a state of one for this module.
///
/// Burn panics at some states, and at others in the next step. So a step without gradient is tried, on copies.
pub(super) fn load<M: Module>(
    optimizer: &ModuleOptimizer,
    bytes: Vec<u8>,
    module: &M,
) -> Option<ModuleOptimizer> {
    let tried = catch_unwind(AssertUnwindSafe(|| {
        let loaded = optimizer.clone().from_bytes(Bytes::from_bytes_vec(bytes)).ok()?;
        let mut still = Still(GradientsParams::new());
        module.visit(&mut still);
        let _ = loaded.clone().step(0.0, module.clone(), still.0);
        Some(loaded)
    }));
    tried.ok().flatten()
}

/// A gradient of zeros for each trained parameter.
struct Still(GradientsParams);

impl ModuleVisitor for Still {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.is_require_grad() {
            self.0.register(param.id, param.val().without_autodiff().zeros_like());
        }
    }
}
