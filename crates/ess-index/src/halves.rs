//! Rounding components to half precision.

use half::{f16, slice::HalfFloatSliceExt};

/// Components that are rounded together.
const PIECE: usize = 1024;

/// Components rounded to `f16`. At no time is more memory taken than the components had: halves are written over what was
/// read, and the rest is given back before they are copied.
pub(crate) fn halves(mut components: Vec<f32>) -> Vec<f16> {
    let count = components.len();
    let mut piece = [0.0; PIECE];
    for start in (0..count).step_by(PIECE) {
        let range = start..count.min(start + PIECE);
        let piece = &mut piece[..range.len()];
        piece.copy_from_slice(&components[range.clone()]);
        bytemuck::cast_slice_mut::<f32, f16>(&mut components)[range].convert_from_f32_slice(piece);
    }
    components.truncate(count.div_ceil(2));
    components.shrink_to_fit();
    bytemuck::cast_slice::<f32, f16>(&components)[..count].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_component_is_rounded_to_nearest() {
        for count in [0, 1, PIECE - 1, PIECE, 2 * PIECE + 7] {
            let components: Vec<f32> = (0..count).map(|i| (i as f32 * 0.7).sin() * 100.0).collect();
            let expected: Vec<f16> = components.iter().map(|&x| f16::from_f32(x)).collect();
            assert_eq!(halves(components), expected, "{count}");
        }
    }
}
