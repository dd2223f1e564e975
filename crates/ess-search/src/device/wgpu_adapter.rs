//! The wgpu devices of a machine.

use std::fmt;

use burn::tensor::{Device, DeviceType};
use burn_dispatch::{
    DispatchDevice,
    devices::{
        CubeDevice, WgpuDevice, WgpuDeviceKind,
        wgpu::{AutoGraphicsApi, RuntimeOptions, WgpuInitError, try_init_setup},
    },
};

use crate::error::Error;

/// A device that wgpu can use: a GPU, or a driver that emulates one in software.
///
/// `Device::wgpu` of Burn opens a device at its first use, and panics where there is none. This type lists the
/// devices of a machine, and opens one or returns an error.
///
/// ```
/// use burn::tensor::Device;
/// use ess_search::WgpuAdapter;
///
/// let gpu = WgpuAdapter::all().into_iter().find(|adapter| !adapter.is_software());
/// let device = gpu.map_or_else(|| Ok(Device::flex()), |gpu| gpu.open())?;
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct WgpuAdapter {
    device: WgpuDevice,
    number: usize,
}

impl WgpuAdapter {
    /// All devices of this machine, in the order of the driver. The list is empty without a driver.
    pub fn all() -> Vec<Self> {
        let found = Device::enumerate(DeviceType::Wgpu).into_vec();
        let devices = found.into_iter().filter_map(|device| match device.as_dispatch() {
            DispatchDevice::Cube(CubeDevice::Wgpu(device)) => Some(device.clone()),
            _ => None,
        });
        devices.enumerate().map(|(number, device)| Self { device, number }).collect()
    }

    /// The index in [`WgpuAdapter::all`], from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Whether the CPU does the work. Such a device is suitable for tests alone.
    pub fn is_software(&self) -> bool {
        self.device.kind == WgpuDeviceKind::Cpu
    }

    /// Opens the device. Opening it again returns the same device.
    ///
    /// # Errors
    /// [`Error::DeviceUnavailable`] when the driver refuses.
    pub fn open(&self) -> Result<Device, Error> {
        let refused = |error: WgpuInitError| Error::DeviceUnavailable {
            device: self.to_string(),
            message: error.to_string(),
        };
        let options = RuntimeOptions::try_default().map_err(refused)?;
        match try_init_setup::<AutoGraphicsApi>(&self.device, options) {
            // A device is registered once in a process. A second registration fails, and the device is there.
            Ok(_) | Err(WgpuInitError::Registration { .. }) => Ok(Device::from(self.device.clone())),
            Err(error) => Err(refused(error)),
        }
    }
}

impl fmt::Display for WgpuAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.device.kind {
            WgpuDeviceKind::DiscreteGpu(_) => "a discrete GPU",
            WgpuDeviceKind::IntegratedGpu(_) => "an integrated GPU",
            WgpuDeviceKind::VirtualGpu(_) => "a virtual GPU",
            WgpuDeviceKind::Cpu => "a software device",
            _ => "a device of unknown kind",
        };
        write!(f, "wgpu:{} ({kind})", self.number)
    }
}
