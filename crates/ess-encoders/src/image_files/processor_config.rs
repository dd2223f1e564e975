//! preprocessor_config.json, or what processor_config.json has of it.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    processor::{Processor, Size},
    resample::Filter,
};
use crate::{
    error::Error,
    model::{
        folder::ModelFolder,
        settings::{
            clip::SENTENCE_CLIP,
            image_processor::{IMAGE_PROCESSOR, PROCESSOR},
        },
    },
};

const FILE: &str = "preprocessor_config.json";
/// transformers 5 writes it, and reads it first.
const NESTED_IN: &str = "processor_config.json";

/// What the file says. What it does not say is as in transformers' `CLIPImageProcessor`.
pub(super) struct ProcessorConfig {
    path: PathBuf,
    settings: Settings,
}

#[derive(Default, Deserialize)]
struct Settings {
    crop_size: Option<Value>,
    do_center_crop: Option<bool>,
    do_convert_rgb: Option<bool>,
    do_normalize: Option<bool>,
    do_rescale: Option<bool>,
    do_resize: Option<bool>,
    image_mean: Option<Value>,
    image_std: Option<Value>,
    resample: Option<Value>,
    rescale_factor: Option<f64>,
    size: Option<Value>,
}

#[derive(Default, Deserialize)]
struct Nested {
    image_processor: Option<Map<String, Value>>,
}

// CLIP's own images (Radford et al., 2021).
const MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const DEVIATION: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];
const SIDE: usize = 224;

impl ProcessorConfig {
    /// Of a model's folder.
    ///
    /// # Errors
    /// When there is none, and for a setting that would change images and is not heeded.
    pub(super) fn read(folder: &ModelFolder) -> Result<Self, Error> {
        // What it hands to the processor would go before.
        let _: Value = folder.optional_settings("sentence_bert_config.json", &SENTENCE_CLIP)?;
        let nested: Nested = folder.optional_settings(NESTED_IN, &PROCESSOR)?;
        if let Some(said) = nested.image_processor {
            let path = folder.file(NESTED_IN);
            IMAGE_PROCESSOR.check(&path, &said)?;
            let settings = serde_json::from_value(Value::Object(said));
            let settings = settings.map_err(|cause| Error::Json { path: path.clone(), cause })?;
            return Ok(Self { path, settings });
        }
        if !folder.has(FILE) {
            let advice = "without it nobody knows the size and the scale of images; without files, ImageEncoder reads numbers";
            return Err(folder.missing(FILE, advice));
        }
        Ok(Self { path: folder.file(FILE), settings: folder.settings(FILE, &IMAGE_PROCESSOR)? })
    }

    /// What is done with images of which a model reads `side × side` pixels.
    ///
    /// # Errors
    /// For a value that is none, and for a size that the model does not read.
    pub(super) fn processor(&self, side: usize) -> Result<Processor, Error> {
        let Settings { do_resize, do_center_crop, do_rescale, do_normalize, .. } = self.settings;
        let is_on = |setting: Option<bool>| setting.unwrap_or(true);
        let processor = Processor {
            convert_rgb: is_on(self.settings.do_convert_rgb),
            resize: is_on(do_resize).then(|| Ok::<_, Error>((self.size()?, self.filter()?))).transpose()?,
            crop: is_on(do_center_crop).then(|| self.crop_size()).transpose()?,
            rescale: is_on(do_rescale).then(|| self.rescale_factor()).transpose()?,
            normalize: is_on(do_normalize).then(|| self.mean_and_deviation()).transpose()?,
            side,
        };
        let out = match (processor.crop, processor.resize) {
            (Some(size), _) => Some(("crop_size", size)),
            (None, Some((Size::Exactly(size), _))) => Some(("size", size)),
            // An image of this very size may come all the same.
            (None, _) => None,
        };
        match out.filter(|(_, size)| *size != [side; 2]) {
            None => Ok(processor),
            Some((field, [height, width])) => {
                let expected = format!("{side} × {side}, the image_size of config.json");
                Err(self.wrong(field, expected, format!("{height} × {width}")))
            }
        }
    }

    fn wrong(&self, field: &'static str, expected: impl Into<String>, found: impl ToString) -> Error {
        Error::config(&self.path, field, expected, found)
    }

    fn size(&self) -> Result<Size, Error> {
        let Some(said) = &self.settings.size else { return Ok(Size::ShortestEdge(SIDE)) };
        let expected = "pixels, as shortest_edge or as height and width, of at most 16384";
        size(said).ok_or_else(|| self.wrong("size", expected, said))
    }

    fn crop_size(&self) -> Result<[usize; 2], Error> {
        let Some(said) = &self.settings.crop_size else { return Ok([SIDE; 2]) };
        let expected = "pixels, as height and width, of at most 16384";
        match size(said) {
            Some(Size::Exactly(size)) => Ok(size),
            Some(Size::ShortestEdge(side)) if said.is_number() => Ok([side; 2]),
            _ => Err(self.wrong("crop_size", expected, said)),
        }
    }

    fn filter(&self) -> Result<Filter, Error> {
        let Some(said) = &self.settings.resample else { return Ok(Filter::Bicubic) };
        let expected =
            "Pillow's number of a filter: 1 (Lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (Hamming)";
        said.as_u64().and_then(Filter::of).ok_or_else(|| self.wrong("resample", expected, said))
    }

    fn rescale_factor(&self) -> Result<f64, Error> {
        let factor = self.settings.rescale_factor.unwrap_or(1.0 / 255.0);
        // What a byte becomes is a finite number of 32 bits.
        match ((255.0 * factor) as f32).is_finite() {
            true => Ok(factor),
            false => Err(self.wrong("rescale_factor", "a finite number", factor)),
        }
    }

    fn mean_and_deviation(&self) -> Result<[[f32; 3]; 2], Error> {
        let three = |field, said: &Option<Value>, default, accepted: fn(f32) -> bool| match said {
            None => Ok(default),
            Some(said) => {
                let numbers = colours(said).filter(|numbers| numbers.iter().all(|number| accepted(*number)));
                numbers.ok_or_else(|| self.wrong(field, "a number, or one for each of three colours", said))
            }
        };
        let mean = three("image_mean", &self.settings.image_mean, MEAN, |number| number.abs() < 1e6)?;
        let deviation =
            three("image_std", &self.settings.image_std, DEVIATION, |number| (1e-6..1e6).contains(&number))?;
        Ok([mean, deviation])
    }
}

/// A number is the shorter side; older files have no other.
fn size(said: &Value) -> Option<Size> {
    const LARGEST: u64 = 1 << 14;
    let pixels =
        |value: &Value| value.as_u64().filter(|pixels| (1..=LARGEST).contains(pixels)).map(|p| p as usize);
    let Value::Object(sides) = said else { return pixels(said).map(Size::ShortestEdge) };
    let side = |name: &str| sides.get(name).and_then(pixels);
    match sides.len() {
        1 => side("shortest_edge").map(Size::ShortestEdge),
        2 => Some(Size::Exactly([side("height")?, side("width")?])),
        _ => None,
    }
}

fn colours(said: &Value) -> Option<[f32; 3]> {
    let number = |value: &Value| value.as_f64().map(|number| number as f32);
    match said {
        Value::Array(all) => all.iter().map(number).collect::<Option<Vec<_>>>()?.try_into().ok(),
        one => number(one).map(|number| [number; 3]),
    }
}
