//! Files as disks, networks and hands damage them.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::simulation::is_nightly;

/// How many damaged files a test of a parser looks at: `usual`, and a hundred times as many where the variable
/// `ESS_NIGHTLY` is set.
///
/// ```
/// let usual = std::env::var_os("ESS_NIGHTLY").is_none();
/// assert_eq!(ess_testing::damage::rounds(500), if usual { 500 } else { 50_000 });
/// ```
pub fn rounds(usual: usize) -> usize {
    rounds_or(usual, 100 * usual)
}

/// The same with a number of its own for the night: `nightly` where the variable `ESS_NIGHTLY` is set. For a parser of which
/// the usual tests have time for few, and for one that shares its files' rounds with others.
///
/// ```
/// let usual = std::env::var_os("ESS_NIGHTLY").is_none();
/// assert_eq!(ess_testing::damage::rounds_or(400, 1_000_000), if usual { 400 } else { 1_000_000 });
/// ```
pub fn rounds_or(usual: usize, nightly: usize) -> usize {
    if is_nightly() { nightly } else { usual }
}

/// Damaged forms of a good file, `count` of them, the same for the same seed.
///
/// Each has one to four of these: a bit turned, a byte replaced, a number set to an extreme, a stretch removed,
/// doubled, zeroed or moved, the end cut off, bytes appended. Their lengths are at most twice that of `good` and 64
/// bytes more. Of text files, digits and letters are exchanged for others of their kind too, so that what is read stays well
/// formed and says something else.
///
/// A format with a checksum refuses nearly all of them at once. To test what stands behind the checksum, give each to a
/// function that makes the checksum right again before the file is read.
///
/// ```
/// let good = br#"{"version": 1, "dims": [3, 4]}"#;
/// for bytes in ess_testing::damage::mutations(good, 7, 200) {
///     // Whatever the bytes are: a value or an error, and no panic.
///     let _ = std::str::from_utf8(&bytes);
/// }
/// let again: Vec<_> = ess_testing::damage::mutations(good, 7, 200).collect();
/// assert!(ess_testing::damage::mutations(good, 7, 200).eq(again));
/// ```
pub fn mutations(good: &[u8], seed: u64, count: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(move |round| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(round as u64);
        let mut bytes = good.to_vec();
        for _ in 0..rng.random_range(1..=4) {
            damage(&mut bytes, 2 * good.len() + 64, &mut rng);
        }
        bytes
    })
}

/// Numbers at which lengths, offsets and counts go wrong.
const EXTREMES: [u64; 10] = [
    0,
    1,
    u8::MAX as u64,
    i32::MAX as u64,
    u32::MAX as u64,
    1 << 32,
    1 << 53,
    i64::MAX as u64,
    u64::MAX - 7,
    u64::MAX,
];

fn damage(bytes: &mut Vec<u8>, longest: usize, rng: &mut ChaCha8Rng) {
    if bytes.is_empty() {
        bytes.push(rng.random());
        return;
    }
    let at = rng.random_range(0..bytes.len());
    let stretch = at..(at + rng.random_range(1..=32)).min(bytes.len());
    match rng.random_range(0..10) {
        0 => bytes[at] ^= 1 << rng.random_range(0..8),
        1 => bytes[at] = rng.random(),
        2 => set_extreme(&mut bytes[at..], rng),
        3 => drop(bytes.drain(stretch)),
        4 if bytes.len() + stretch.len() <= longest => {
            let doubled = bytes[stretch].to_vec();
            bytes.splice(at..at, doubled);
        }
        5 => bytes[stretch].fill(0),
        6 => {
            let to = rng.random_range(0..=bytes.len() - stretch.len());
            bytes.copy_within(stretch, to);
        }
        7 => bytes.truncate(at),
        8 if bytes.len() + 32 <= longest => {
            bytes.extend((0..rng.random_range(1..=32)).map(|_| rng.random::<u8>()))
        }
        _ => exchange(bytes, at, rng),
    }
}

/// Writes an extreme number, as little-endian bytes or in digits.
fn set_extreme(bytes: &mut [u8], rng: &mut ChaCha8Rng) {
    let number = EXTREMES[rng.random_range(0..EXTREMES.len())];
    let digits = number.to_string();
    let written = match rng.random_range(0..3) {
        0 => &number.to_le_bytes()[..],
        1 => &(number as u32).to_le_bytes()[..],
        _ => digits.as_bytes(),
    };
    let length = written.len().min(bytes.len());
    bytes[..length].copy_from_slice(&written[..length]);
}

/// Exchanges the first letter or digit at or after a position for another of its kind.
fn exchange(bytes: &mut [u8], at: usize, rng: &mut ChaCha8Rng) {
    let Some(byte) = bytes[at..].iter_mut().find(|byte| byte.is_ascii_alphanumeric()) else {
        return;
    };
    let (first, kinds) = match *byte {
        b'0'..=b'9' => (b'0', 10),
        b'a'..=b'z' => (b'a', 26),
        _ => (b'A', 26),
    };
    *byte = first + (rng.next_u32() % kinds) as u8;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_of_every_sort_and_repeats() {
        let good = br#"{"format": "x", "items": 1234567, "ids": ["a", "b", "c"]}"#;
        let all: Vec<_> = mutations(good, 1, 1000).collect();
        assert!(all.iter().filter(|bytes| **bytes != good).count() > 950);
        assert!(all.iter().any(|bytes| bytes.len() > good.len()));
        assert!(all.iter().any(|bytes| bytes.len() < good.len() / 2));
        assert!(all.iter().all(|bytes| bytes.len() <= 2 * good.len() + 64));
        assert!(all.iter().any(|bytes| bytes.len() == good.len() && bytes.is_ascii() && *bytes != good));
        assert!(mutations(good, 1, 1000).eq(all.iter().cloned()));
        assert!(!mutations(good, 2, 1000).eq(all));
    }

    #[test]
    fn an_empty_file_can_be_damaged() {
        assert!(mutations(b"", 0, 100).any(|bytes| !bytes.is_empty()));
    }
}
