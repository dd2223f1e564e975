//! Files of images as embeddings: JPEG, PNG and WebP, prepared as the model's folder says.

mod crop;
mod decoded;
mod file;
mod jpeg;
mod orientation;
mod pixels;
mod png;
mod processor;
mod processor_config;
mod refusal;
mod resample;
mod webp;

use std::path::Path;

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use rayon::prelude::*;

use self::{file::read, processor::Processor, processor_config::ProcessorConfig};
use crate::{
    error::Error, image_encoder::ImageEncoder, model::folder::ModelFolder, sentence::modules::model_parts,
};

/// How many images are held as numbers at a time: 600 kB each, at 224 pixels a side.
const HELD: usize = 64;

/// [`ImageEncoder`] for files: JPEG, PNG and WebP (which, their content says), converted to red, green and blue, resized, cropped and
/// scaled as the folder's preprocessor_config.json (or `image_processor` in its processor_config.json) asks for.
///
/// Numbers are those of `CLIPImageProcessorPil` of transformers 5 and Pillow, the same for PNG and WebP, and to two of 255 levels for
/// JPEG, whose decoders round differently. As there, what is transparent is laid on white, and profiles of colours are not applied.
/// An image that was taken on its side, as EXIF notes it, is encoded upright, as transformers' `load_image` reads files.
///
/// An image has 2²⁶ pixels at most, its file 256 MiB; a thread takes up to 1 GB for such an image, and each thread of rayon's pool
/// has one in hand.
///
/// # Example
/// ```no_run
/// use std::path::Path;
///
/// use ess_core::{InnerProduct, ItemEncoder, QueryEncoder, Similarity};
/// use ess_encoders::{ImageFileEncoder, SentenceEncoder};
///
/// let images = ImageFileEncoder::load("clip-vit-base-patch32")?;
/// let items = images.encode_items(&[Path::new("cat.jpg"), Path::new("stocks.png")])?;
/// let texts = SentenceEncoder::load("clip-vit-base-patch32")?;
/// let queries = texts.encode_queries(&["a cat on a mat"])?;
/// let similarities = InnerProduct.similarities(&queries, &items)?;
/// assert_eq!(similarities.dim(), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ImageFileEncoder {
    encoder: ImageEncoder,
    processor: Processor,
}

impl ImageFileEncoder {
    /// Loads a model folder, to be computed on the CPU, on all threads of rayon's pool.
    ///
    /// # Errors
    /// As [`ImageEncoder::load`]; a setting of the processor that is not heeded here, by its name; images of another size than the
    /// model's.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let encoder = ImageEncoder::load(folder.as_ref())?;
        let folder = ModelFolder::new(folder.as_ref())?;
        let parts = model_parts(&folder)?;
        let own = parts.first().map_or(&folder, |tower| &tower.folder);
        let colours = encoder.colours();
        if colours != 3 {
            return Err(Error::config(&own.file("config.json"), "num_channels", "3, of files", colours));
        }
        let processor = ProcessorConfig::read(own)?.processor(encoder.side())?;
        Ok(Self { encoder, processor })
    }

    /// What encodes images as numbers.
    pub fn encoder(&self) -> &ImageEncoder {
        &self.encoder
    }

    /// The dimension of the embeddings.
    pub fn dim(&self) -> usize {
        self.encoder.dim()
    }

    /// The numbers that a file becomes, as [`ImageEncoder`] takes them: `3 × side × side`, one colour after another and each line
    /// by line.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that cannot be read; [`Error::Image`] for one that is torn, animated, too large or of another
    /// format, for grey in 16 bits and for four inks (CMYK).
    ///
    /// # Example
    /// ```no_run
    /// use ess_encoders::ImageFileEncoder;
    ///
    /// let images = ImageFileEncoder::load("clip-vit-base-patch32")?;
    /// let side = images.encoder().side();
    /// assert_eq!(images.pixels("cat.jpg")?.len(), 3 * side * side);
    /// # Ok::<(), ess_encoders::Error>(())
    /// ```
    pub fn pixels(&self, file: impl AsRef<Path>) -> Result<Vec<f32>, Error> {
        let file = file.as_ref();
        let pixels = self.processor.apply(read(file)?);
        pixels.map_err(|refusal| refusal.of(file))
    }

    fn encode(&self, files: &[&Path]) -> Result<Embeddings, Error> {
        if files.is_empty() {
            return Err(ess_core::Error::Empty { what: "images to encode" }.into());
        }
        let mut vectors = Vec::with_capacity(files.len() * self.dim());
        for held in files.chunks(HELD) {
            // The first that fails is said, whichever thread has it.
            let pixels: Vec<_> = held.par_iter().map(|file| self.pixels(file)).collect();
            let pixels = pixels.into_iter().collect::<Result<Vec<_>, _>>()?;
            let images: Vec<_> = pixels.iter().map(Vec::as_slice).collect();
            vectors.extend_from_slice(self.encoder.encode_items(&images)?.as_slice());
        }
        Ok(Embeddings::from_vec(vectors, self.dim())?)
    }
}

impl QueryEncoder for ImageFileEncoder {
    type Query = Path;
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.encoder.dim()
    }

    fn encode_queries(&self, queries: &[&Path]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(queries)?)
    }
}

impl ItemEncoder for ImageFileEncoder {
    type Item = Path;

    fn dim(&self) -> usize {
        self.encoder.dim()
    }

    fn encode_items(&self, items: &[&Path]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(items)?)
    }
}
