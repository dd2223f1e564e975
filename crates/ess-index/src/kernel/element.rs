//! The number formats that items are stored in.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::LANES;

/// A stored number that widens to `f32` without rounding.
pub(crate) trait Element: Copy + Send + Sync + 'static {
    /// One dimension of a panel's items.
    fn widen(stored: &[Self; LANES]) -> [f32; LANES];
}

impl Element for f32 {
    #[inline]
    fn widen(stored: &[f32; LANES]) -> [f32; LANES] {
        *stored
    }
}

impl Element for f16 {
    #[inline]
    fn widen(stored: &[f16; LANES]) -> [f32; LANES] {
        let mut wide = [0.0; LANES];
        stored.convert_to_f32_slice(&mut wide);
        wide
    }
}
