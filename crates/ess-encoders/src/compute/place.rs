//! Where a model is computed.

/// Where a model that is being loaded will be computed.
pub(crate) enum Place {
    /// In host memory, by this crate's own kernels.
    Host,
    /// By Burn, on one of its devices.
    #[cfg(feature = "device")]
    Device(burn::tensor::Device),
}
