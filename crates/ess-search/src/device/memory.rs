//! How large a tensor may be on a device.

use burn::tensor::Device;

/// The largest number of `f32` components of one tensor on this device.
///
/// On the CPU only memory limits it. On a GPU the driver limits the size of a buffer: from 2²⁵ components (128 MiB,
/// Mesa's software device) to 2²⁹ or 2³⁰ on most cards, whatever memory the card has. The losses and indexes of this
/// workspace split larger tensors.
///
/// ```
/// use burn::tensor::Device;
///
/// assert!(ess_search::largest_tensor(&Device::flex()) >= 1 << 25);
/// ```
///
/// # Panics
/// For a GPU that does not exist, as any use of such a device does.
pub fn largest_tensor(device: &Device) -> usize {
    let bytes = largest_buffer(&device.clone().without_autodiff());
    bytes.map_or(usize::MAX, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX)) / size_of::<f32>()
}

/// The largest number of components of a row that may be reduced (sum, maximum) on this device.
///
/// Burn's kernels reduce a row in one loop. Mesa's software device ends a loop after 65 535 iterations without an
/// error, so the rest of the row would be missing. On the CPU there is no limit. On a wgpu device the limit is 2¹⁵,
/// which costs a GPU nothing.
///
/// ```
/// use burn::tensor::Device;
///
/// assert_eq!(ess_search::longest_row(&Device::flex()), usize::MAX);
/// ```
///
/// # Panics
/// As [`largest_tensor`].
pub fn longest_row(device: &Device) -> usize {
    largest_buffer(&device.clone().without_autodiff()).map_or(usize::MAX, |_| 1 << 15)
}

#[cfg(feature = "wgpu")]
fn largest_buffer(device: &Device) -> Option<u64> {
    match device.as_dispatch() {
        burn_dispatch::DispatchDevice::Cube(device) => {
            Some(device.client().properties().memory.max_page_size)
        }
        _ => None,
    }
}

#[cfg(not(feature = "wgpu"))]
fn largest_buffer(_device: &Device) -> Option<u64> {
    None
}
