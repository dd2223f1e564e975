//! The middle of an image.

use super::pixels::Pixels;

/// The middle `height × width` of an image, with zeros where it is smaller. What is odd goes below and to the right where there is too
/// much, and to the top and left where there is too little, as in transformers.
pub(super) fn center(image: &Pixels, [height, width]: [usize; 2]) -> Pixels {
    let first = |of: usize, wanted: usize| (of as isize - wanted as isize).div_euclid(2);
    let (top, left) = (first(image.height, height), first(image.width, width));
    let mut rgb = vec![0; 3 * width * height];
    // Columns that the image has.
    let from = left.min(0).unsigned_abs();
    let until = width.min((image.width as isize - left) as usize);
    for (y, line) in rgb.chunks_exact_mut(3 * width).enumerate() {
        let source = usize::try_from(top + y as isize).ok().filter(|source| *source < image.height);
        if let Some(source) = source {
            let start = source * image.width + (left + from as isize) as usize;
            line[3 * from..3 * until].copy_from_slice(&image.rgb[3 * start..][..3 * (until - from)]);
        }
    }
    Pixels { width, height, rgb }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(width: usize, height: usize) -> Pixels {
        let rgb = (1..=width * height).flat_map(|at| [at as u8; 3]).collect();
        Pixels { width, height, rgb }
    }

    fn cropped(image: &Pixels, size: [usize; 2]) -> Vec<u8> {
        let cropped = center(image, size);
        assert_eq!((cropped.height, cropped.width), (size[0], size[1]));
        cropped.rgb.iter().step_by(3).copied().collect()
    }

    #[test]
    fn the_middle_is_kept_and_what_is_missing_is_zero() {
        let image = numbered(4, 2);
        assert_eq!(cropped(&image, [1, 2]), [2, 3]);
        assert_eq!(cropped(&image, [1, 3]), [1, 2, 3]);
        assert_eq!(cropped(&image, [2, 4]), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(cropped(&image, [3, 2]), [0, 0, 2, 3, 6, 7]);
        assert_eq!(cropped(&numbered(1, 2), [2, 4]), [0, 0, 1, 0, 0, 0, 2, 0]);
    }
}
