//! Images that were taken on their side, as EXIF says it.

use super::pixels::Pixels;

/// What JPEG has before the directories, and some files of other formats too.
const NAME: &[u8] = b"Exif\0\0";
const TAG: u16 = 0x0112;
const SHORT: u16 = 3;
/// Bytes of an entry of a directory: tag, kind, count and value.
const ENTRY: usize = 12;

/// EXIF's number of the side on which an image lies: 1 is upright, and 8 the last. Nothing where it is not said.
pub(super) fn orientation(exif: &[u8]) -> Option<u16> {
    let tiff = exif.strip_prefix(NAME).unwrap_or(exif);
    let is_little = match tiff.get(..4)? {
        b"II\x2a\0" => true,
        b"MM\0\x2a" => false,
        _ => return None,
    };
    let short = |bytes: &[u8], at: usize| {
        let two = [*bytes.get(at)?, *bytes.get(at + 1)?];
        Some(if is_little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    };
    let four = tiff.get(4..8)?.try_into().ok()?;
    let first = if is_little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) };
    let directory = tiff.get(usize::try_from(first).ok()?..)?;
    let entries = directory.get(2..)?.chunks_exact(ENTRY).take(usize::from(short(directory, 0)?));
    let said =
        entries.filter(|entry| short(entry, 0) == Some(TAG)).find(|entry| short(entry, 2) == Some(SHORT));
    short(said?, 8)
}

/// The image upright, as Pillow's `exif_transpose` turns it. A number that is none leaves it as it is.
pub(super) fn upright(image: Pixels, orientation: u16) -> Pixels {
    // Whether lines become columns, and whether what is then read from left to right and from above began at the other end.
    let (transposed, from_right, from_below) = match orientation {
        2 => (false, true, false),
        3 => (false, true, true),
        4 => (false, false, true),
        5 => (true, false, false),
        6 => (true, false, true),
        7 => (true, true, true),
        8 => (true, true, false),
        _ => return image,
    };
    let Pixels { width, height, rgb: lying } = image;
    let [turned_width, turned_height] = if transposed { [height, width] } else { [width, height] };
    let mut rgb = Vec::with_capacity(lying.len());
    for line in 0..turned_height {
        for column in 0..turned_width {
            let [x, y] = if transposed { [line, column] } else { [column, line] };
            let x = if from_right { width - 1 - x } else { x };
            let y = if from_below { height - 1 - y } else { y };
            rgb.extend_from_slice(&lying[3 * (y * width + x)..][..3]);
        }
    }
    Pixels { width: turned_width, height: turned_height, rgb }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A directory with another entry before that of the orientation.
    fn exif(is_little: bool, kind: u16, number: u16) -> Vec<u8> {
        let short = |value: u16| if is_little { value.to_le_bytes() } else { value.to_be_bytes() };
        let long = |value: u32| if is_little { value.to_le_bytes() } else { value.to_be_bytes() };
        let mut bytes = if is_little { b"II".to_vec() } else { b"MM".to_vec() };
        bytes.extend(short(42).into_iter().chain(long(8)).chain(short(2)));
        for (tag, kind, number) in [(0x010f, SHORT, 7), (TAG, kind, number)] {
            bytes.extend(short(tag).into_iter().chain(short(kind)).chain(long(1)));
            bytes.extend(short(number).into_iter().chain([0; 2]));
        }
        bytes.extend(long(0));
        bytes
    }

    #[test]
    fn the_number_is_read_in_both_orders_of_bytes_with_and_without_the_name() {
        for number in 1..=8 {
            for is_little in [true, false] {
                let bytes = exif(is_little, SHORT, number);
                assert_eq!(orientation(&bytes), Some(number));
                assert_eq!(orientation(&[NAME, &bytes].concat()), Some(number));
                // The entry ends at byte 34.
                assert!((0..34).all(|end| orientation(&bytes[..end]).is_none()));
            }
        }
        assert_eq!(orientation(&exif(true, 5, 6)), None);
        assert_eq!(orientation(b"no exif at all"), None);
    }

    #[test]
    fn all_eight_sides_are_those_of_pillow() {
        // 1 2 3
        // 4 5 6
        let image = Pixels { width: 3, height: 2, rgb: (1..=6).flat_map(|at| [at; 3]).collect() };
        let sides: [(usize, [u8; 6]); 8] = [
            (3, [1, 2, 3, 4, 5, 6]),
            (3, [3, 2, 1, 6, 5, 4]),
            (3, [6, 5, 4, 3, 2, 1]),
            (3, [4, 5, 6, 1, 2, 3]),
            (2, [1, 4, 2, 5, 3, 6]),
            (2, [4, 1, 5, 2, 6, 3]),
            (2, [6, 3, 5, 2, 4, 1]),
            (2, [3, 6, 2, 5, 1, 4]),
        ];
        for (number, (width, expected)) in (1..).zip(sides) {
            let turned = upright(image.clone(), number);
            let values: Vec<_> = turned.rgb.chunks_exact(3).map(|pixel| pixel[0]).collect();
            assert_eq!(
                (turned.width, turned.height, &values[..]),
                (width, 6 / width, &expected[..]),
                "{number}"
            );
        }
        for number in [0, 9, u16::MAX] {
            assert_eq!(upright(image.clone(), number), image);
        }
    }

    proptest! {
        #[test]
        fn damaged_directories_say_a_number_or_nothing(
            mut bytes in (any::<bool>(), 0_u16..9).prop_map(|(is_little, number)| exif(is_little, SHORT, number)),
            damage in proptest::collection::vec((0_usize..36, any::<u8>()), 1..6),
        ) {
            for (at, value) in damage {
                bytes[at] = value;
            }
            let _ = orientation(&bytes);
        }
    }
}
