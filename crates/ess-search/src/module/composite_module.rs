//! The trait that a trainable module with parts implements.

use burn::tensor::Device;

use super::{registry::Registry, trainable::TrainableModule};
use crate::error::Error;

/// A trainable module with parts of any kinds. A registry that knows these kinds builds it from data.
///
/// Implement it together with [`TrainableModule`], and register the kind with [`Registry::with_composite`].
pub trait CompositeModule: TrainableModule {
    /// A new module whose parts are of kinds that `registry` knows.
    ///
    /// # Errors
    /// Those of [`TrainableModule::init`], and [`Error::UnknownKind`] for a part.
    fn init_with(
        config: &Self::Config,
        registry: &Registry<Self::Encoding>,
        device: &Device,
    ) -> Result<Self, Error>;
}
