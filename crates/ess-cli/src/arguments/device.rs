//! `--device`.

use anyhow::{Context, Result};
use burn::tensor::Device;
use clap::Args;
use ess_kit::DeviceChoice;

/// Where a command computes.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct DeviceArguments {
    /// Where it is computed: cpu, wgpu (a GPU), wgpu:N (the one of this number) or auto (a GPU where there is one).
    #[arg(long, default_value = "cpu", value_name = "cpu|wgpu|wgpu:N|auto")]
    device: DeviceChoice,
}

impl DeviceArguments {
    /// Opens the device, and says which one it is unless it is the CPU that was asked for.
    pub(crate) fn open(self) -> Result<Device> {
        open(self.device)
    }

    /// Whether it is the CPU that was asked for.
    #[cfg(feature = "encoders")]
    pub(crate) fn is_cpu(self) -> bool {
        self.device == DeviceChoice::Cpu
    }
}

/// What to do where the device does not open.
const WAY_OUT: &str = if cfg!(feature = "wgpu") {
    "--device (with --device cpu no driver is needed)"
} else {
    "--device (--device cpu is in every ess; wgpu needs one that is built with --features wgpu)"
};

/// As [`DeviceArguments::open`].
pub(crate) fn open(choice: DeviceChoice) -> Result<Device> {
    let opened = choice.open().context(WAY_OUT)?;
    if choice != DeviceChoice::Cpu {
        note!("device: {}", opened.name);
    }
    Ok(opened.device)
}
