//! The two devices that are compared.

use std::sync::OnceLock;

use burn::tensor::Device;
use ess_search::WgpuAdapter;

/// The reference.
pub(crate) fn cpu() -> Device {
    Device::flex()
}

/// The first wgpu device of the machine.
pub(crate) fn gpu() -> Device {
    static GPU: OnceLock<Device> = OnceLock::new();
    let open = || {
        let adapter = WgpuAdapter::all().into_iter().next();
        adapter.expect("these tests need a wgpu device, see docs/devices.md").open().unwrap()
    };
    GPU.get_or_init(open).clone()
}

#[test]
fn an_adapter_opens_twice_and_is_one_device_that_is_not_the_cpu() {
    let adapters = WgpuAdapter::all();
    let adapter = adapters.first().expect("these tests need a wgpu device, see docs/devices.md");
    assert_eq!(adapter.number(), 0);
    assert!(adapter.to_string().starts_with("wgpu:0 ("), "{adapter}");
    let (first, again) = (adapter.open().unwrap(), adapter.open().unwrap());
    assert_eq!(first, again);
    assert_ne!(first, cpu());
    // Autodiff belongs to a tensor, not to what device it is on.
    assert_eq!(first.clone().autodiff(), first);
    assert!(first.identity().is_some());
}
