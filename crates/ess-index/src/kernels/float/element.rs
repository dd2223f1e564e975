//! The floating-point formats that items are stored in.

use half::f16;
use half::slice::HalfFloatSliceExt;

#[cfg(target_arch = "aarch64")]
use super::neon::Load128;
#[cfg(target_arch = "x86_64")]
use super::{avx2::Load256, avx512::Load512};

/// A stored component that every kernel can widen to `f32`, without rounding.
#[cfg(target_arch = "x86_64")]
pub(crate) trait Element: Widen + Load256 + Load512 {}
#[cfg(target_arch = "x86_64")]
impl<T: Widen + Load256 + Load512> Element for T {}

/// A stored component that every kernel can widen to `f32`, without rounding.
#[cfg(target_arch = "aarch64")]
pub(crate) trait Element: Widen + Load128 {}
#[cfg(target_arch = "aarch64")]
impl<T: Widen + Load128> Element for T {}

/// A stored component that every kernel can widen to `f32`, without rounding.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) trait Element: Widen {}
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
impl<T: Widen> Element for T {}

/// A stored component that the portable kernel can widen.
pub(crate) trait Widen: bytemuck::Pod + Send + Sync {
    /// The first `N` components.
    fn widen<const N: usize>(stored: &[Self]) -> [f32; N];

    /// All components; `scratch` has them where they were not stored so.
    fn widened<'s>(stored: &'s [Self], scratch: &'s mut Vec<f32>) -> &'s [f32];
}

impl Widen for f32 {
    #[inline]
    fn widen<const N: usize>(stored: &[f32]) -> [f32; N] {
        std::array::from_fn(|i| stored[i])
    }

    fn widened<'s>(stored: &'s [f32], _: &'s mut Vec<f32>) -> &'s [f32] {
        stored
    }
}

impl Widen for f16 {
    #[inline]
    fn widen<const N: usize>(stored: &[f16]) -> [f32; N] {
        let mut wide = [0.0; N];
        stored[..N].convert_to_f32_slice(&mut wide);
        wide
    }

    fn widened<'s>(stored: &'s [f16], scratch: &'s mut Vec<f32>) -> &'s [f32] {
        scratch.resize(stored.len(), 0.0);
        stored.convert_to_f32_slice(scratch);
        scratch
    }
}
