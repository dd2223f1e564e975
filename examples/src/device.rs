//! The device that a program computes on.

use std::str::FromStr;

use anyhow::Result;
use burn::tensor::Device;

/// What `--device` names: `cpu`, `wgpu`, `wgpu:N` or `auto`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The CPU.
    #[default]
    Cpu,
    /// The wgpu device of this number; without one, the first GPU, or a software device where there is no GPU.
    Wgpu(Option<usize>),
    /// The first GPU, or the CPU where there is none.
    Auto,
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "wgpu" => Ok(Self::Wgpu(None)),
            "auto" => Ok(Self::Auto),
            _ => match text.strip_prefix("wgpu:").map(str::parse) {
                Some(Ok(number)) => Ok(Self::Wgpu(Some(number))),
                _ => Err(format!("expected cpu, wgpu, wgpu:N or auto, found {text}")),
            },
        }
    }
}

impl DeviceChoice {
    /// Opens the device, and says on the terminal which one it is unless it is the CPU that was asked for.
    ///
    /// # Errors
    /// When there is no such device, with what can be done.
    pub fn open(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::flex()),
            Self::Wgpu(number) => wgpu::open(number),
            Self::Auto => wgpu::open_any(),
        }
    }
}

#[cfg(feature = "wgpu")]
mod wgpu {
    use anyhow::{Context, Result, bail};
    use burn::tensor::Device;
    use ess_search::WgpuAdapter;

    /// The adapter of that number, or the best.
    pub(super) fn open(number: Option<usize>) -> Result<Device> {
        let adapters = WgpuAdapter::all();
        if adapters.is_empty() {
            bail!(
                "--device wgpu: no device found. It needs a driver for Vulkan, Metal or Direct3D 12 (on Debian, \
                 mesa-vulkan-drivers and libvulkan1; for NVIDIA its own driver). Without a GPU, use --device cpu"
            );
        }
        let adapter = match number {
            Some(number) => adapters.get(number),
            None => adapters.iter().find(|adapter| !adapter.is_software()).or(adapters.first()),
        };
        let Some(adapter) = adapter else {
            let found: Vec<String> = adapters.iter().map(ToString::to_string).collect();
            bail!("--device wgpu:{}: expected one of {}", number.unwrap_or_default(), found.join(", "));
        };
        use_adapter(adapter).context("with --device cpu no driver is needed")
    }

    /// The first GPU that opens, or the CPU.
    pub(super) fn open_any() -> Result<Device> {
        let gpus = WgpuAdapter::all().into_iter().filter(|adapter| !adapter.is_software());
        for gpu in gpus {
            match use_adapter(&gpu) {
                Ok(device) => return Ok(device),
                Err(error) => crate::note!("{error:#}"),
            }
        }
        crate::note!("device: cpu, for there is no GPU with a driver");
        Ok(Device::flex())
    }

    fn use_adapter(adapter: &WgpuAdapter) -> Result<Device> {
        let device = adapter.open()?;
        let name = device.identity().map_or_else(String::new, |identity| format!(", {}", identity.name));
        crate::note!("device: {adapter}{name}");
        Ok(device)
    }
}

#[cfg(not(feature = "wgpu"))]
mod wgpu {
    use anyhow::{Result, bail};
    use burn::tensor::Device;

    pub(super) fn open(_number: Option<usize>) -> Result<Device> {
        bail!(
            "--device wgpu: this program was built without GPUs; build it with --features wgpu, or use --device cpu"
        );
    }

    pub(super) fn open_any() -> Result<Device> {
        crate::note!("device: cpu, for this program was built without the feature wgpu");
        Ok(Device::flex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        assert_eq!("cpu".parse(), Ok(DeviceChoice::Cpu));
        assert_eq!("wgpu".parse(), Ok(DeviceChoice::Wgpu(None)));
        assert_eq!("wgpu:3".parse(), Ok(DeviceChoice::Wgpu(Some(3))));
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        for wrong in ["", "gpu", "wgpu:", "wgpu:-1", "wgpu:99999999999999999999", "CPU"] {
            let message = wrong.parse::<DeviceChoice>().unwrap_err();
            assert!(message.contains("wgpu:N"), "{message}");
        }
    }
}
