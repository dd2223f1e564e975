//! The device to compute on, by a name.

use std::str::FromStr;

use crate::error::Error;

pub(crate) mod opened;
#[cfg(feature = "wgpu")]
mod wgpu;
#[cfg(not(feature = "wgpu"))]
mod without_wgpu;

use opened::{OpenedDevice, cpu};
#[cfg(not(feature = "wgpu"))]
use without_wgpu as wgpu;

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
