//! The device to compute on, by a name.

use std::str::FromStr;

use burn::tensor::Device;

use crate::error::Error;

/// A device by a name, as settings and flags give it: `cpu`, `wgpu`, `wgpu:N` or `auto`.
///
/// ```
/// use ess_kit::DeviceChoice;
///
/// let opened = "cpu".parse::<DeviceChoice>()?.open()?;
/// assert_eq!(opened.name, "cpu");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The CPU.
    #[default]
    Cpu,
    /// The wgpu device of this number; without one, the first GPU, or a software device where there is no GPU.
    Wgpu(Option<usize>),
    /// The first GPU that opens, or the CPU where there is none.
    Auto,
}

/// A device that was opened.
#[derive(Clone, Debug)]
pub struct OpenedDevice {
    /// The device.
    pub device: Device,
    /// What it is, in words, and why it is no GPU where one was looked for.
    pub name: String,
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "wgpu" => Ok(Self::Wgpu(None)),
            "auto" => Ok(Self::Auto),
            _ => match text.strip_prefix("wgpu:").map(str::parse) {
                Some(Ok(number)) => Ok(Self::Wgpu(Some(number))),
                _ => Err(Error::UnknownDevice { found: text.to_owned() }),
            },
        }
    }
}

impl DeviceChoice {
    /// Opens the device.
    ///
    /// # Errors
    /// [`Error::NoDevice`] when there is no such device, with those that there are; [`Error::FeatureOff`] for `wgpu` without
    /// the feature of that name; [`Error::Search`] when the driver refuses.
    pub fn open(self) -> Result<OpenedDevice, Error> {
        match self {
            Self::Cpu => Ok(cpu("cpu")),
            Self::Wgpu(number) => wgpu::open(number),
            Self::Auto => Ok(wgpu::open_any()),
        }
    }
}

fn cpu(name: impl Into<String>) -> OpenedDevice {
    OpenedDevice { device: Device::flex(), name: name.into() }
}

#[cfg(feature = "wgpu")]
mod wgpu {
    use ess_search::WgpuAdapter;

    use super::{OpenedDevice, cpu};
    use crate::error::Error;

    /// The adapter of that number, or the best.
    pub(super) fn open(number: Option<usize>) -> Result<OpenedDevice, Error> {
        let adapters = WgpuAdapter::all();
        let adapter = match number {
            Some(number) => adapters.get(number),
            None => adapters.iter().find(|adapter| !adapter.is_software()).or(adapters.first()),
        };
        match adapter {
            Some(adapter) => Ok(opened(adapter)?),
            None => {
                let name = number.map_or("wgpu".to_owned(), |number| format!("wgpu:{number}"));
                let found: Vec<String> = adapters.iter().map(ToString::to_string).collect();
                Err(Error::NoDevice { name, found: found.join(", ") })
            }
        }
    }

    /// The first GPU that opens, or the CPU.
    pub(super) fn open_any() -> OpenedDevice {
        let mut why = "there is no GPU with a driver".to_owned();
        for gpu in WgpuAdapter::all().iter().filter(|adapter| !adapter.is_software()) {
            match opened(gpu) {
                Ok(device) => return device,
                Err(error) => why = format!("{gpu} did not open: {error}"),
            }
        }
        cpu(format!("cpu, for {why}"))
    }

    fn opened(adapter: &WgpuAdapter) -> Result<OpenedDevice, ess_search::Error> {
        let device = adapter.open()?;
        let identity = device.identity().map_or_else(String::new, |identity| format!(", {}", identity.name));
        Ok(OpenedDevice { device, name: format!("{adapter}{identity}") })
    }
}

#[cfg(not(feature = "wgpu"))]
mod wgpu {
    use super::{OpenedDevice, cpu};
    use crate::error::Error;

    pub(super) fn open(_number: Option<usize>) -> Result<OpenedDevice, Error> {
        Err(Error::FeatureOff { what: "the device wgpu".to_owned(), feature: "wgpu" })
    }

    pub(super) fn open_any() -> OpenedDevice {
        cpu("cpu, for this program was built without the feature wgpu")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        let parsed = |name: &str| name.parse().ok();
        assert_eq!(parsed("cpu"), Some(DeviceChoice::Cpu));
        assert_eq!(parsed("wgpu"), Some(DeviceChoice::Wgpu(None)));
        assert_eq!(parsed("wgpu:3"), Some(DeviceChoice::Wgpu(Some(3))));
        assert_eq!(parsed("auto"), Some(DeviceChoice::Auto));
        for wrong in ["", "gpu", "wgpu:", "wgpu:-1", "wgpu:99999999999999999999", "CPU"] {
            let message = wrong.parse::<DeviceChoice>().unwrap_err().to_string();
            assert!(message.contains("wgpu:N"), "{message}");
        }
    }
}
