//! What a file's decoder gives, as red, green and blue.

use super::{
    orientation::{orientation, upright},
    pixels::Pixels,
    refusal::Refusal,
};

/// As many pixels as an image may have.
pub(super) const MAX_PIXELS: usize = 1 << 26;

/// What a file has.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) pixels: Pixels,
    /// Whether it needed no conversion: neither grey, nor a palette, nor transparency.
    pub(super) is_rgb: bool,
}

/// Refuses what has no pixel, or too many, before there is memory for them.
pub(super) fn check_size([width, height]: [usize; 2]) -> Result<(), Refusal> {
    match width.checked_mul(height) {
        Some(1..=MAX_PIXELS) => Ok(()),
        _ => {
            let expected = format!("an image of 1 to {MAX_PIXELS} pixels");
            Err(Refusal::new(expected, format!("{width} × {height}")))
        }
    }
}

impl Decoded {
    /// An image of samples of 8 bits: grey, grey and opacity, three colours, or three colours and opacity, by their number.
    pub(super) fn new([width, height]: [usize; 2], samples: Vec<u8>, is_rgb: bool) -> Self {
        let rgb = match samples.len() / (width * height) {
            1 => samples.iter().flat_map(|&grey| [grey; 3]).collect(),
            2 => samples.chunks_exact(2).flat_map(|pixel| on_white([pixel[0]; 3], pixel[1])).collect(),
            4 => {
                let pixels = samples.chunks_exact(4);
                pixels.flat_map(|pixel| on_white([pixel[0], pixel[1], pixel[2]], pixel[3])).collect()
            }
            _ => samples,
        };
        Self { pixels: Pixels { width, height, rgb }, is_rgb }
    }

    /// As it stood before the camera, where EXIF says on which side it was taken.
    pub(super) fn upright(self, exif: Option<&[u8]>) -> Self {
        match exif.and_then(orientation) {
            Some(side) => Self { pixels: upright(self.pixels, side), ..self },
            None => self,
        }
    }
}

/// Pillow's `alpha_composite` on white: fixed point, with 7 bits beyond those of a byte.
fn on_white(colours: [u8; 3], opacity: u8) -> [u8; 3] {
    const BITS: u32 = 7;
    let weight = u32::from(opacity) << BITS;
    let rest = (255 << BITS) - weight;
    colours.map(|colour| {
        let sum = u32::from(colour) * weight + 255 * rest + (0x80 << BITS);
        // Divided by 255.
        ((((sum >> 8) + sum) >> 8) >> BITS) as u8
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_transparent_shows_white_and_what_is_opaque_does_not() {
        let samples = vec![10, 20, 30, 255, 10, 20, 30, 0];
        let decoded = Decoded::new([2, 1], samples, false);
        assert_eq!(decoded.pixels.rgb, [10, 20, 30, 255, 255, 255]);
        assert_eq!(Decoded::new([1, 2], vec![7, 9], false).pixels.rgb, [7, 7, 7, 9, 9, 9]);
        assert_eq!(Decoded::new([1, 1], vec![7, 0], false).pixels.rgb, [255; 3]);
    }

    #[test]
    fn sizes_are_checked_without_overflow() {
        check_size([1, MAX_PIXELS]).unwrap();
        for size in [[0, 3], [3, 0], [2, MAX_PIXELS], [usize::MAX, usize::MAX]] {
            assert!(check_size(size).is_err(), "{size:?}");
        }
    }

    proptest! {
        #[test]
        fn a_mixture_with_white_is_rounded_to_the_nearest(colour: u8, opacity: u8) {
            let exact = (f64::from(colour) * f64::from(opacity) + 255.0 * (255.0 - f64::from(opacity))) / 255.0;
            let [found, ..] = on_white([colour; 3], opacity);
            prop_assert!((f64::from(found) - exact).abs() <= 0.5, "{found} for {exact}");
        }
    }
}
