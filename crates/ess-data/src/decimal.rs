//! Numbers as runs write them.

/// Powers of ten that `f64` has exactly.
const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// What [`str::parse`] gives; faster for digits with at most one point among them.
pub(crate) fn parse_f32(text: &[u8]) -> Option<f32> {
    plain_decimal(text).or_else(|| std::str::from_utf8(text).ok()?.parse().ok())
}

/// Clinger's fast path: where both are exact in `f64`, one division of digits by a power of ten is rounded right. Rounding
/// once more to `f32` is, too, unless the quotient lies halfway between two numbers of `f32`.
fn plain_decimal(text: &[u8]) -> Option<f32> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let (whole, places) = digits_at_once(digits).or_else(|| digits_one_by_one(digits))?;
    let number = whole as f64 / POWERS[places];
    // Of the 52 bits behind the first, `f32` keeps 23.
    let halfway = number.to_bits() << (64 - 29) == 1 << 63;
    let number = if negative { -number } else { number };
    (!halfway).then_some(number as f32)
}

/// At least one digit and at most one point, as one number that `f64` has exactly, and the number of digits behind the point.
fn digits_one_by_one(text: &[u8]) -> Option<(u64, usize)> {
    if text.len() > 16 {
        return None;
    }
    let (mut whole, mut point) = (0_u64, None);
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => whole = 10 * whole + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let places = point.map_or(0, |point| text.len() - point - 1);
    let any = text.len() > usize::from(point.is_some());
    (any && whole < 1 << 53).then_some((whole, places))
}

/// A byte in each place of a word.
const EACH: u64 = 0x0101_0101_0101_0101;

const WHOLE_POWERS: [u64; 9] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// As [`digits_one_by_one`], of 4 to 16 bytes, with a point behind up to seven digits and before one to eight; `None` for others.
#[inline]
fn digits_at_once(text: &[u8]) -> Option<(u64, usize)> {
    let (first, last) = first_and_last(text)?;
    let before = first_point(first);
    let behind = text.len().checked_sub(before + 1)?;
    if before == 8 || !(1..=8).contains(&behind) {
        return None;
    }
    let zeros = EACH * u64::from(b'0');
    let before = (first ^ zeros) << 8 << (8 * (7 - before));
    let behind_point = (last ^ zeros) & (u64::MAX << (64 - 8 * behind));
    // The highest bit of a place is set where there is more than a 9; a carry can come from such a place alone.
    let more = |digits: u64| digits.wrapping_add(EACH * 0x76) | digits;
    if (more(before) | more(behind_point)) & (EACH * 0x80) != 0 {
        return None;
    }
    Some((number_of(before) * WHOLE_POWERS[behind] + number_of(behind_point), behind))
}

/// Up to eight bytes of a text with 4 to 16: the first ones from the lowest place on, and the last ones up to the highest.
#[inline]
fn first_and_last(text: &[u8]) -> Option<(u64, u64)> {
    let unused = match text.len() {
        8..=16 => {
            return Some((u64::from_le_bytes(*text.first_chunk()?), u64::from_le_bytes(*text.last_chunk()?)));
        }
        length @ 4..8 => 8 * (8 - length),
        _ => return None,
    };
    let (first, last) = (u32::from_le_bytes(*text.first_chunk()?), u32::from_le_bytes(*text.last_chunk()?));
    let word = u64::from(first) | (u64::from(last) << (32 - unused));
    Some((word, word << unused))
}

/// The place of the first point, or 8.
#[inline]
fn first_point(word: u64) -> usize {
    let others = word ^ (EACH * u64::from(b'.'));
    // The highest bit of a place is set where there is a point; a carry from there can set those of later places alone.
    (others.wrapping_sub(EACH) & !others & (EACH * 0x80)).trailing_zeros() as usize / 8
}

/// The number that eight digits are, the first at the lowest place.
fn number_of(digits: u64) -> u64 {
    // Each step leaves numbers of twice as many digits where the first of them stood.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(text: &str) {
        let (found, expected) = (parse_f32(text.as_bytes()), text.parse::<f32>().ok());
        let bits = |number: Option<f32>| number.map(f32::to_bits);
        // A NaN may have other bits.
        let nan = found.is_some_and(f32::is_nan) && expected.is_some_and(f32::is_nan);
        assert!(nan || bits(found) == bits(expected), "{text:?}: {found:?} instead of {expected:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn numbers_are_those_of_the_standard_library(
            text in "[-+]?[0-9]{0,9}[.]?[0-9]{0,9}|-?[./0-9:é]{4,16}|[-+.0-9eEx]{0,6}|-?0{0,9}[.]0{0,9}[0-9]{0,3}|inf|-?NaN",
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
