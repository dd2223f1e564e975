//! How large a tensor may be on a device.

use burn::tensor::Device;

/// The most `f32` numbers that one tensor may have on this device.
///
/// On the CPU only memory ends it. A GPU's driver says how large a buffer a kernel may be given, from 2²⁵ numbers
/// (128 MiB, as Mesa's software device) to 2²⁹ or 2³⁰ on most cards, whatever the card's memory. What is larger has to be
/// cut, and losses and indexes of this workspace are.
///
/// ```
/// use burn::tensor::Device;
///
/// assert!(ess_search::largest_tensor(&Device::flex()) >= 1 << 25);
/// ```
///
/// # Panics
/// As any use of the device does, for a GPU that is not there.
pub fn largest_tensor(device: &Device) -> usize {
    let bytes = largest_buffer(&device.clone().without_autodiff());
    bytes.map_or(usize::MAX, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX)) / size_of::<f32>()
}

/// The most numbers of a row that is summed up, or of which the largest is looked for, on this device.
///
/// Burn's kernels go along a row in one loop, and Mesa's software device leaves a loop after 65 535 rounds without a word:
/// the rest of the row would be missing. On the CPU there is no end; on a device of wgpu it is 2¹⁵, which costs a GPU nothing.
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
