//! Numbers as runs write them.

/// Powers of ten that `f64` has exactly.
const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// What [`str::parse`] gives; faster for digits with at most one point among them.
pub(crate) fn parse_f32(text: &str) -> Option<f32> {
    plain_decimal(text).or_else(|| text.parse().ok())
}

/// Clinger's fast path: where both are exact in `f64`, one division of digits by a power of ten is rounded right. Rounding
/// once more to `f32` is, too, unless the quotient lies halfway between two numbers of `f32`.
fn plain_decimal(text: &str) -> Option<f32> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > 16 {
        return None;
    }
    let (mut whole, mut point) = (0_u64, None);
    for (at, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => whole = 10 * whole + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let places = point.map_or(0, |point| digits.len() - point - 1);
    // At least one digit, and digits that `f64` has exactly.
    if digits.len() == usize::from(point.is_some()) || whole >= 1 << 53 {
        return None;
    }
    let number = whole as f64 / POWERS[places];
    // Of the 52 bits behind the first, `f32` keeps 23.
    let halfway = number.to_bits() << (64 - 29) == 1 << 63;
    let number = if negative { -number } else { number };
    (!halfway).then_some(number as f32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(text: &str) {
        let (found, expected) = (parse_f32(text), text.parse::<f32>().ok());
        let bits = |number: Option<f32>| number.map(f32::to_bits);
        // A NaN may have other bits.
        let nan = found.is_some_and(f32::is_nan) && expected.is_some_and(f32::is_nan);
        assert!(nan || bits(found) == bits(expected), "{text:?}: {found:?} instead of {expected:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn numbers_are_those_of_the_standard_library(
            text in "[-+]?[0-9]{0,9}[.]?[0-9]{0,9}|[-+.0-9eEx]{0,6}|-?0{0,9}[.]0{0,9}[0-9]{0,3}|inf|-?NaN",
            number in any::<f32>(),
            whole in any::<u32>(),
        ) {
            same(&text);
            for precise in [format!("{number}"), format!("{number:.6}"), format!("{whole}.5"), format!("{}.25", whole >> 2)] {
                same(&precise);
            }
        }
    }

    #[test]
    fn halves_between_two_numbers_are_rounded_to_even() {
        // From 2^23 on `f32` has whole numbers alone, from 2^24 on even ones alone.
        for whole in (1 << 23)..(1 << 23) + 50_u32 {
            ["", ".4999999", ".5", ".50", ".5000001"].iter().for_each(|end| same(&format!("{whole}{end}")));
            same(&format!("{}", 2 * whole + 1));
        }
    }
}
