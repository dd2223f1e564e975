//! What a program built without wgpu says of its devices.

use super::opened::{OpenedDevice, cpu};
use crate::error::Error;

pub(super) fn open(_number: Option<usize>) -> Result<OpenedDevice, Error> {
    Err(Error::FeatureOff { what: "the device wgpu".to_owned(), feature: "wgpu" })
}

pub(super) fn open_any() -> OpenedDevice {
    cpu("cpu, for this program was built without the feature wgpu")
}
