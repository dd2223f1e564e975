//! Images as embeddings: CLIP's tower of images.

mod patches;

use std::path::Path;

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};

use self::patches::Patches;
use crate::{
    compute::{place::Place, precision::Precision},
    error::Error,
    model::{folder::ModelFolder, tokenizer::token_ids::TokenIds, transformer_config::TransformerConfig},
    sentence::{
        engine::Engine,
        head::HeadStep,
        modules::{ModelPart, model_parts},
        prompts::ModelSettings,
    },
    weights::Weights,
};

/// The tower of images of CLIP (Radford et al., 2021), loaded from a folder that transformers or sentence-transformers saved.
///
/// A folder of both towers gives a [`SentenceEncoder`](crate::SentenceEncoder) too, whose embeddings of texts are compared with
/// those of images.
///
/// Images come as pixel values, `colours × side × side`, one colour after another and each line by line, in the size of
/// [`ImageEncoder::side`], scaled as the folder's preprocessor_config.json says. With the feature `images`, `ImageFileEncoder` reads
/// files of images and makes these pixel values of them.
///
/// # Example
/// ```no_run
/// use ess_core::ItemEncoder;
/// use ess_encoders::ImageEncoder;
///
/// let encoder = ImageEncoder::load("clip-vit-base-patch32")?;
/// let grey = vec![0.0; 3 * encoder.side() * encoder.side()];
/// let items = encoder.encode_items(&[grey.as_slice()])?;
/// assert_eq!((items.len(), items.dim()), (1, encoder.dim()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ImageEncoder {
    engine: Engine,
    patches: Patches,
    /// Of the token before the patches.
    head: Vec<HeadStep>,
    config: TransformerConfig,
    similarity: Option<String>,
    dim: usize,
}

impl ImageEncoder {
    /// Loads a model folder, to be computed on the CPU, on all threads of rayon's pool.
    ///
    /// # Errors
    /// What is missing from the folder or wrong in it, by file and field or tensor.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = ModelFolder::new(folder.as_ref())?;
        let parts = model_parts(&folder)?;
        let Some((tower, rest)) = parts.split_first() else {
            return Err(Error::config(
                &folder.file("modules.json"),
                "modules",
                "a tower of images first",
                "none",
            ));
        };
        let own = &tower.folder;
        own.refuse_adapter()?;
        let (config, sizes) = TransformerConfig::read_images(own)?;
        let weights = Weights::open(own)?;
        let names = &config.architecture.names;
        let prefix =
            if weights.has(&format!("{}{}.weight", names.prefix, names.words)) { names.prefix } else { "" };
        let patches = Patches::read(&weights, prefix, config.dim, sizes)?;
        let model = ModelSettings::of_model(&folder)?;
        let (head, dim) = head(&weights, &config, rest, model.truncate_dim)?;
        let engine = Engine::load(&weights, &config, &Place::Host(Precision::F32))?;
        Ok(Self { engine, patches, head, config, similarity: model.similarity_fn_name, dim })
    }

    /// The dimension of the embeddings.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// How many pixels an image is wide, and high.
    pub fn side(&self) -> usize {
        self.patches.image
    }

    /// How many colours an image has: 3, red, green and blue, but in models of other pictures.
    pub fn colours(&self) -> usize {
        self.patches.colours
    }

    /// Whether the embeddings are scaled to unit norm.
    pub fn normalizes(&self) -> bool {
        matches!(self.head.last(), Some(HeadStep::Normalize))
    }

    /// The similarity that the model is meant for, where it says so, as [`SentenceEncoder::similarity`](crate::SentenceEncoder::similarity).
    pub fn similarity(&self) -> Option<&str> {
        self.similarity.as_deref()
    }

    fn encode(&self, images: &[&[f32]]) -> Result<Embeddings, Error> {
        if images.is_empty() {
            return Err(ess_core::Error::Empty { what: "images to encode" }.into());
        }
        let pixels = self.patches.pixels();
        for (at, image) in images.iter().enumerate() {
            let found = match image.iter().find(|value| !value.is_finite()) {
                Some(value) => format!("{value} in image {at}"),
                None if image.len() != pixels => format!("{} numbers in image {at}", image.len()),
                None => continue,
            };
            let expected = "as many finite numbers as the model's images have pixels and colours";
            return Err(ess_core::Error::InvalidParameter { name: "images", expected, found }.into());
        }
        let ids: Vec<u32> = (0..self.patches.tokens() as u32).collect();
        let tokens = vec![TokenIds { types: vec![0; ids.len()], ids }; images.len()];
        let added = |image: usize| self.patches.embed(images[image]);
        let (dim, last) = (self.config.dim, [self.config.layers]);
        let first = self.engine.run_with(&tokens, &added, &last, |_, states| states[0][..dim].to_vec())?;
        let (mut vectors, mut dim) = (first.concat(), dim);
        for step in &self.head {
            vectors = step.apply(vectors, dim);
            dim = step.dim(dim);
        }
        Ok(Embeddings::from_vec(vectors, dim)?)
    }
}

/// What the state of the first token goes through, and the dimension that comes out.
fn head(
    weights: &Weights,
    config: &TransformerConfig,
    parts: &[ModelPart],
    kept: Option<usize>,
) -> Result<(Vec<HeadStep>, usize), Error> {
    let (mut head, mut dim) = (Vec::new(), config.dim);
    if let Some((name, output)) = config.architecture.names.output.zip(config.output_dim) {
        head.push(HeadStep::projection(weights, name, [output, dim])?);
        dim = output;
    }
    let (behind, dim) = HeadStep::all(parts, dim, kept)?;
    head.extend(behind);
    Ok((head, dim))
}

impl QueryEncoder for ImageEncoder {
    type Query = [f32];
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_queries(&self, queries: &[&[f32]]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(queries)?)
    }
}

impl ItemEncoder for ImageEncoder {
    type Item = [f32];

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_items(&self, items: &[&[f32]]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(items)?)
    }
}
