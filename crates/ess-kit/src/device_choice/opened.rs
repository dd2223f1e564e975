//! A device that was opened.

use burn::tensor::Device;

/// A device that was opened.
#[derive(Clone, Debug)]
pub struct OpenedDevice {
    /// The device.
    pub device: Device,
    /// What it is, in words, and why it is no GPU where one was looked for.
    pub name: String,
}

pub(super) fn cpu(name: impl Into<String>) -> OpenedDevice {
    OpenedDevice { device: Device::flex(), name: name.into() }
}
