//! Where a model is computed.

use super::precision::Precision;

/// Where a model that is being loaded will be computed.
pub(crate) enum Place {
    /// In host memory, by this crate's own kernels, with weights at a precision.
    Host(Precision),
    /// By Burn, on one of its devices.
    #[cfg(feature = "device")]
    Device(burn::tensor::Device),
}
