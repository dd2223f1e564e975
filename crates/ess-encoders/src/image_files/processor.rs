//! From an image in bytes to the numbers that a model reads.

use super::{
    crop::center,
    decoded::{Decoded, check_size},
    pixels::Pixels,
    refusal::Refusal,
    resample::{Filter, resize},
};

/// To which size an image is brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Size {
    /// The shorter side has so many pixels, the longer one as many as keep the shape.
    ShortestEdge(usize),
    /// `height × width`.
    Exactly([usize; 2]),
}

impl Size {
    /// `height × width` of an image.
    fn of(self, image: &Pixels) -> [usize; 2] {
        let long = |edge: usize, long: usize, short: usize| edge.saturating_mul(long) / short;
        match self {
            Self::Exactly(size) => size,
            Self::ShortestEdge(edge) if image.width <= image.height => {
                [long(edge, image.height, image.width), edge]
            }
            Self::ShortestEdge(edge) => [edge, long(edge, image.width, image.height)],
        }
    }
}

/// What is done with every image, in this order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Processor {
    /// Else a file that is not of three colours is refused.
    pub(super) convert_rgb: bool,
    pub(super) resize: Option<(Size, Filter)>,
    /// `height × width`.
    pub(super) crop: Option<[usize; 2]>,
    pub(super) rescale: Option<f64>,
    /// What is subtracted from each colour, and what it is divided by then.
    pub(super) normalize: Option<[[f32; 3]; 2]>,
    /// As many pixels must come out, on each side.
    pub(super) side: usize,
}

impl Processor {
    /// `3 × side × side`, one colour after another.
    pub(super) fn apply(&self, decoded: Decoded) -> Result<Vec<f32>, Refusal> {
        if !self.convert_rgb && !decoded.is_rgb {
            let found = "grey, a palette or transparency, and do_convert_rgb is false";
            return Err(Refusal::new("an image of three colours", found));
        }
        let mut image = decoded.pixels;
        if let Some((size, filter)) = self.resize {
            let [height, width] = size.of(&image);
            // Of a very long and narrow image.
            check_size([width, height])?;
            check_size([width, image.height])?;
            image = resize(&image, [height, width], filter);
        }
        if let Some(size) = self.crop {
            image = center(&image, size);
        }
        if [image.height, image.width] != [self.side; 2] {
            let expected = format!("{0} × {0} pixels behind resizing and cropping", self.side);
            return Err(Refusal::new(expected, format!("{} × {}", image.width, image.height)));
        }
        Ok(self.numbers(&image))
    }

    fn numbers(&self, image: &Pixels) -> Vec<f32> {
        let of_colour = |colour: usize| {
            let [mean, deviation] = self.normalize.map_or([0.0, 1.0], |both| both.map(|each| each[colour]));
            image.rgb[colour..].iter().step_by(3).map(move |&byte| {
                let value = self.rescale.map_or(f32::from(byte), |scale| (f64::from(byte) * scale) as f32);
                (value - mean) / deviation
            })
        };
        (0..3).flat_map(of_colour).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: usize, height: usize) -> Pixels {
        Pixels { width, height, rgb: (0..3 * width * height).map(|at| at as u8).collect() }
    }

    fn plain() -> Processor {
        Processor { convert_rgb: true, resize: None, crop: None, rescale: None, normalize: None, side: 2 }
    }

    #[test]
    fn the_longer_side_is_cut_to_a_whole_pixel() {
        let of = |width, height| Size::ShortestEdge(12).of(&image(width, height));
        assert_eq!([of(37, 61), of(61, 37), of(5, 5), of(2, 5)], [[19, 12], [12, 19], [12, 12], [30, 12]]);
        assert_eq!(Size::Exactly([3, 4]).of(&image(9, 9)), [3, 4]);
    }

    #[test]
    fn colours_stand_one_after_another_scaled_and_normalised() {
        let apply = |processor: Processor, is_rgb| processor.apply(Decoded { pixels: image(2, 2), is_rgb });
        let bytes = [0.0, 3.0, 6.0, 9.0, 1.0, 4.0, 7.0, 10.0, 2.0, 5.0, 8.0, 11.0];
        assert_eq!(apply(plain(), true).unwrap(), bytes);
        let scaled =
            Processor { rescale: Some(0.5), normalize: Some([[0.5, 0.0, 1.0], [0.5, 1.0, 2.0]]), ..plain() };
        let expected = [-1.0, 2.0, 5.0, 8.0, 0.5, 2.0, 3.5, 5.0, 0.0, 0.75, 1.5, 2.25];
        assert_eq!(apply(scaled, false).unwrap(), expected);
        let unconverted = Processor { convert_rgb: false, ..plain() };
        assert!(apply(unconverted.clone(), true).is_ok() && apply(unconverted, false).is_err());
    }

    #[test]
    fn an_image_that_would_be_of_another_size_is_refused_before_there_is_memory_for_it() {
        let refused = |processor: Processor, width, height| {
            let decoded = Decoded { pixels: image(width, height), is_rgb: true };
            format!("{:?}", processor.apply(decoded).unwrap_err())
        };
        assert!(refused(plain(), 3, 2).contains("3 × 2"));
        let edge = |edge| Processor {
            resize: Some((Size::ShortestEdge(edge), Filter::Bicubic)),
            crop: Some([2, 2]),
            ..plain()
        };
        assert!(refused(edge(1 << 14), 1, 1 << 14).contains("16384 × 268435456"));
    }
}
