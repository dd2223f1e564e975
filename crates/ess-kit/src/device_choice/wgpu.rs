//! Devices of wgpu.

use ess_search::WgpuAdapter;

use super::opened::{OpenedDevice, cpu};
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
