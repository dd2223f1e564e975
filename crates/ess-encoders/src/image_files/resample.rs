//! Images in another size, as Pillow makes them: each pixel is a weighted sum of those that a filter reaches, which is as wide as the
//! image shrinks.

use std::f64::consts::PI;

use super::pixels::Pixels;

/// Bits behind the point of a weight; sums of bytes stay within 32.
const BITS: u32 = 22;

/// How pixels are weighed by their distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Filter {
    Lanczos,
    Bilinear,
    Bicubic,
    Box,
    Hamming,
}

impl Filter {
    /// By Pillow's number. 0 takes the nearest pixel and weighs none.
    pub(super) fn of(number: u64) -> Option<Self> {
        Some(match number {
            1 => Self::Lanczos,
            2 => Self::Bilinear,
            3 => Self::Bicubic,
            4 => Self::Box,
            5 => Self::Hamming,
            _ => return None,
        })
    }

    /// How far it reaches, in pixels of the smaller image.
    fn support(self) -> f64 {
        match self {
            Self::Lanczos => 3.0,
            Self::Bicubic => 2.0,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Box => 0.5,
        }
    }

    fn weight(self, at: f64) -> f64 {
        // Where the cubic's slope at 1 is set; Pillow's choice.
        const A: f64 = -0.5;
        let x = at.abs();
        match self {
            Self::Lanczos if (-3.0..3.0).contains(&at) => sinc(at) * sinc(at / 3.0),
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            Self::Box if at > -0.5 && at <= 0.5 => 1.0,
            Self::Hamming if x == 0.0 => 1.0,
            Self::Hamming if x < 1.0 => (x * PI).sin() / (x * PI) * (0.54 + 0.46 * (x * PI).cos()),
            _ => 0.0,
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) }
}

/// What one pixel is made of.
struct Reach {
    first: usize,
    /// In `BITS` bits behind the point, for `first` and those that follow it.
    weights: Vec<i32>,
}

/// What each of `to` pixels is made of, among `from`.
fn reaches(from: usize, to: usize, filter: Filter) -> Vec<Reach> {
    let scale = from as f64 / to as f64;
    let wide = scale.max(1.0);
    let support = filter.support() * wide;
    let reach = |at: usize| {
        let center = (at as f64 + 0.5) * scale;
        // Towards zero.
        let first = (center - support + 0.5).max(0.0) as usize;
        let end = ((center + support + 0.5) as usize).min(from);
        let weight = |x: usize| filter.weight((x as f64 - center + 0.5) * (1.0 / wide));
        let weights: Vec<f64> = (first..end).map(weight).collect();
        let all: f64 = weights.iter().sum();
        let fixed = |weight: f64| {
            let exact = (if all == 0.0 { weight } else { weight / all }) * f64::from(1 << BITS);
            (exact + 0.5_f64.copysign(exact)) as i32
        };
        Reach { first, weights: weights.into_iter().map(fixed).collect() }
    };
    (0..to).map(reach).collect()
}

fn rounded(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

const HALF: i32 = 1 << (BITS - 1);

/// The image in `height × width`: first its lines, in bytes again, and then its columns. A side that stays is not touched.
pub(super) fn resize(image: &Pixels, [height, width]: [usize; 2], filter: Filter) -> Pixels {
    let narrow = (image.width != width).then(|| lines(image, &reaches(image.width, width, filter)));
    let image = narrow.as_ref().unwrap_or(image);
    match image.height != height {
        true => columns(image, &reaches(image.height, height, filter)),
        false => image.clone(),
    }
}

fn lines(image: &Pixels, reaches: &[Reach]) -> Pixels {
    let mut rgb = Vec::with_capacity(3 * reaches.len() * image.height);
    for line in image.rgb.chunks_exact(3 * image.width) {
        for reach in reaches {
            let mut sums = [HALF; 3];
            for (pixel, weight) in line[3 * reach.first..].chunks_exact(3).zip(&reach.weights) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(value) * weight;
                }
            }
            rgb.extend(sums.map(rounded));
        }
    }
    Pixels { width: reaches.len(), height: image.height, rgb }
}

fn columns(image: &Pixels, reaches: &[Reach]) -> Pixels {
    let values = 3 * image.width;
    let mut rgb = Vec::with_capacity(values * reaches.len());
    let mut sums = vec![HALF; values];
    for reach in reaches {
        sums.fill(HALF);
        for (line, weight) in image.rgb[values * reach.first..].chunks_exact(values).zip(&reach.weights) {
            for (sum, &value) in sums.iter_mut().zip(line) {
                *sum += i32::from(value) * weight;
            }
        }
        rgb.extend(sums.iter().map(|&sum| rounded(sum)));
    }
    Pixels { width: image.width, height: reaches.len(), rgb }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Filter; 5] =
        [Filter::Lanczos, Filter::Bilinear, Filter::Bicubic, Filter::Box, Filter::Hamming];

    #[test]
    fn filters_have_the_numbers_of_pillow_and_the_nearest_pixel_is_none() {
        assert_eq!([1, 2, 3, 4, 5].map(|number| Filter::of(number).unwrap()), ALL);
        assert_eq!([0, 6, u64::MAX].map(Filter::of), [None; 3]);
    }

    #[test]
    fn the_mean_of_two_pixels_where_a_box_covers_both() {
        let image =
            Pixels { width: 4, height: 1, rgb: [10, 20, 100, 0].iter().flat_map(|&x| [x; 3]).collect() };
        assert_eq!(resize(&image, [1, 2], Filter::Box).rgb, [15, 15, 15, 50, 50, 50]);
        assert_eq!(resize(&image, [1, 4], Filter::Lanczos), image);
    }

    proptest! {
        #[test]
        fn one_colour_stays_what_it_is(
            from in (1_usize..40, 1_usize..40), to in [1_usize..40, 1..40], colour: [u8; 3], filter in 0_usize..5,
        ) {
            let (width, height) = from;
            let rgb = std::iter::repeat_n(colour, width * height).flatten().collect();
            let resized = resize(&Pixels { width, height, rgb }, to, ALL[filter]);
            prop_assert_eq!((resized.height, resized.width), (to[0], to[1]));
            prop_assert!(resized.rgb.chunks_exact(3).all(|pixel| pixel == colour));
        }

        #[test]
        fn an_image_and_its_mirror_image_become_mirror_images(
            line in proptest::collection::vec(any::<u8>(), 1..50), to in 1_usize..60, filter in 0_usize..5,
        ) {
            let resized = |line: Vec<u8>| {
                let (width, rgb) = (line.len(), line.iter().flat_map(|&x| [x; 3]).collect());
                resize(&Pixels { width, height: 1, rgb }, [1, to], ALL[filter]).rgb
            };
            let mirrored: Vec<_> = line.iter().rev().copied().collect();
            let (one, other) = (resized(line), resized(mirrored));
            // A box has a closed end and an open one; sums in floating point round.
            let furthest = one.iter().zip(other.iter().rev()).map(|(a, b)| a.abs_diff(*b)).max();
            prop_assert!(ALL[filter] == Filter::Box || furthest <= Some(1), "{furthest:?}");
        }
    }
}
