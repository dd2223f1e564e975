//! Products of bytes.

use crate::{
    byte_sizes::{BYTE_COLUMNS, BYTE_ROWS},
    tiles::Tiles,
};

/// The tile unit, set up on this thread for products of bytes as long as the value lives.
///
/// ```
/// use ess_tiles::{BYTE_COLUMNS, BYTE_ROWS, BYTE_STEP, Tiles};
///
/// let Some(tiles) = Tiles::detect() else { return };
/// let rows = [2; BYTE_ROWS * BYTE_STEP];
/// let strips = [[1; BYTE_STEP * BYTE_COLUMNS], [-3; BYTE_STEP * BYTE_COLUMNS]];
/// let mut sums = [[[0; BYTE_COLUMNS]; BYTE_ROWS]; 2];
/// tiles.bytes().sums(&rows, BYTE_STEP, [&strips[0], &strips[1]], &mut sums);
/// assert_eq!((sums[0][0][0], sums[1][31][15]), (128, -384));
/// ```
pub struct ByteProducts {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    configured: crate::amx::configured::Configured,
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
    none: std::convert::Infallible,
    // As on Linux, where tiles belong to a thread.
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Tiles {
    /// Sets the unit up for products of bytes. While the value lives, no other library on this thread may use the unit.
    pub fn bytes(self) -> ByteProducts {
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        return ByteProducts { configured: crate::amx::configured::Configured::new(self) };
        #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
        return ByteProducts { none: self.none, _not_send: std::marker::PhantomData };
    }
}

impl ByteProducts {
    /// The sums of products of 32 rows, which begin `stride` bytes apart, with the columns of two strips, exact in 32 bits.
    ///
    /// A strip has 16 columns: for each four bytes of a row those of the first column, then those of the second and so on.
    ///
    /// # Panics
    /// When the strips have not both the same multiple of [`BYTE_STEP`](crate::BYTE_STEP) bytes a column, or the rows fewer.
    pub fn sums(
        &self,
        rows: &[u8],
        stride: usize,
        strips: [&[i8]; 2],
        sums: &mut [[[i32; BYTE_COLUMNS]; BYTE_ROWS]; 2],
    ) {
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        crate::amx::byte_products::products(&self.configured, rows, stride, strips, sums);
        #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
        {
            let _ = (rows, stride, strips, sums);
            match self.none {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::byte_sizes::BYTE_STEP;

    proptest! {
        #[test]
        fn sums_are_those_of_whole_numbers(steps in 1_usize..5, apart in 0_usize..90, extreme: bool, seed in 0_u32..999) {
            let Some(tiles) = Tiles::detect() else { return Ok(()) };
            let random = |i: usize| ((i as u32).wrapping_mul(2_654_435_761) ^ seed.wrapping_mul(40_503)) >> 16;
            let (depth, stride) = (steps * BYTE_STEP, steps * BYTE_STEP + apart);
            let rows: Vec<u8> =
                (0..(BYTE_ROWS - 1) * stride + depth).map(|i| if extreme { 255 } else { random(i) as u8 }).collect();
            let strip = |from: usize| -> Vec<i8> {
                (0..depth * BYTE_COLUMNS).map(|i| if extreme { -128 } else { random(i + from) as i8 }).collect()
            };
            let strips = [strip(7), strip(70_001)];
            let mut sums = [[[7; BYTE_COLUMNS]; BYTE_ROWS]; 2];
            tiles.bytes().sums(&rows, stride, [&strips[0], &strips[1]], &mut sums);
            for (sums, strip) in sums.iter().zip(&strips) {
                for (row, column) in (0..BYTE_ROWS).flat_map(|row| (0..BYTE_COLUMNS).map(move |column| (row, column))) {
                    let weight = |input: usize| strip[input / 4 * 4 * BYTE_COLUMNS + column * 4 + input % 4];
                    let product = |input: usize| i32::from(rows[row * stride + input]) * i32::from(weight(input));
                    prop_assert_eq!(sums[row][column], (0..depth).map(product).sum::<i32>());
                }
            }
        }
    }

    #[test]
    fn rows_that_are_cut_short_are_refused() {
        let Some(tiles) = Tiles::detect() else { return };
        let strip = [1; BYTE_STEP * BYTE_COLUMNS];
        let sums = |rows: usize| {
            let mut sums = [[[0; BYTE_COLUMNS]; BYTE_ROWS]; 2];
            tiles.bytes().sums(&vec![1; rows * BYTE_STEP], BYTE_STEP, [&strip, &strip], &mut sums);
            sums[1][31][15]
        };
        assert_eq!(sums(BYTE_ROWS), 64);
        assert!(std::panic::catch_unwind(|| sums(BYTE_ROWS - 1)).is_err());
    }
}
