//! Numbers in `f32` as sums of bfloat16 numbers.
//!
//! A bfloat16 number has 8 significant bits and the range of `f32`, so that three of them hold a number of `f32` (24 bits)
//! exactly. Henry, Tang and Heinecke, "Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision
//! Computations" (2019).

/// How finely the two sides of a product are taken.
///
/// | | rows | columns | products of bfloat16 for each product | error of a product, relative |
/// |---|---|---|---|---|
/// | `Full` | 3 parts | 3 parts | 6 | as a rounding of `f32`, 2⁻²⁴ |
/// | `Rounded` | 2 parts | 1 part | 2 | 2⁻¹⁷, to columns that are rounded to bfloat16 |
/// | `Single` | 1 part | 1 part | 1 | 2⁻⁸, where bounds on it are all that is needed |
///
/// Sums are in `f32`, in a fixed order, so that a row's results do not depend on the rows beside it.
///
/// ```
/// use ess_tiles::Parts;
///
/// assert_eq!((Parts::Full.of_rows(), Parts::Full.of_columns()), (3, 3));
/// assert_eq!((Parts::Rounded.of_rows(), Parts::Rounded.of_columns()), (2, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// Both sides in `f32`.
    Full,
    /// Columns rounded to bfloat16, rows in 16 bits.
    Rounded,
    /// Both sides rounded to bfloat16.
    Single,
}

impl Parts {
    /// The bfloat16 numbers that stand for a number of a row.
    pub fn of_rows(self) -> usize {
        match self {
            Self::Full => 3,
            Self::Rounded => 2,
            Self::Single => 1,
        }
    }

    /// The bfloat16 numbers that stand for a number of a column.
    pub fn of_columns(self) -> usize {
        match self {
            Self::Full => 3,
            Self::Rounded | Self::Single => 1,
        }
    }
}

/// The nearest bfloat16 number, by its bits; of two that are as near the even one.
pub(crate) fn nearest(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        // Rounding may carry a NaN's bits into those of an infinity.
        return (bits >> 16) as u16 | 0x40;
    }
    ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16
}

/// The number that bits of bfloat16 stand for.
pub(crate) fn widened(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// The parts of a number, the largest first.
pub(crate) fn split(value: f32) -> [u16; 3] {
    let mut rest = value;
    std::array::from_fn(|_| {
        let part = nearest(rest);
        rest -= widened(part);
        part
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn three_parts_hold_a_number_exactly(bits: u32) {
            let value = f32::from_bits(bits);
            // Below it the last part has fewer bits; above it the first one may round to infinity.
            prop_assume!(value.abs() > 1e-30 && value.abs() < 3e38);
            let [first, second, third] = split(value).map(widened);
            prop_assert_eq!(third + second + first, value);
            prop_assert!((first - value).abs() <= value.abs() / 256.0);
            prop_assert!((f64::from(first) + f64::from(second) - f64::from(value)).abs() <= f64::from(value.abs()) / 65_536.0);
        }
    }

    #[test]
    fn ties_go_to_the_even_number_and_what_is_no_number_stays_so() {
        let found = [1.0 + 1.0 / 256.0, 1.0 + 3.0 / 256.0, -0.0, f32::INFINITY].map(|x| widened(nearest(x)));
        assert_eq!(found, [1.0, 1.0 + 4.0 / 256.0, -0.0, f32::INFINITY]);
        for bits in [0x7fff_ffff, 0x7f80_0001, 0xffff_ffff] {
            assert!(widened(nearest(f32::from_bits(bits))).is_nan(), "{bits:x}");
        }
    }
}
