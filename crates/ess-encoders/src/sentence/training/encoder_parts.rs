//! An encoder taken apart for training.

use std::path::{Path, PathBuf};

use super::vector_shape::VectorShape;
use crate::{
    error::Error,
    model::folder::ModelFolder,
    sentence::{encoder::SentenceEncoder, modules::model_parts},
    training::layout::Layout,
    weights::Weights,
};

/// The encoder of a folder, its shape and its parameters.
pub(super) struct EncoderParts {
    /// The model's folder, and inside it that of the transformer.
    pub(super) folder: PathBuf,
    pub(super) transformer: PathBuf,
    /// For its tokenizer and prompts.
    pub(super) encoder: SentenceEncoder,
    pub(super) shape: VectorShape,
    pub(super) layout: Layout,
    pub(super) values: Vec<f32>,
}

impl EncoderParts {
    /// Reads the folder of an encoder that can be trained; texts are cut to so many tokens.
    pub(super) fn read(folder: &Path, max_tokens: Option<usize>) -> Result<Self, Error> {
        let mut encoder = SentenceEncoder::load(folder)?;
        if let Some(tokens) = max_tokens {
            encoder = encoder.with_max_tokens(tokens)?;
        }
        let shape = VectorShape::of(&encoder)?;
        let model = ModelFolder::new(folder)?;
        let parts = model_parts(&model)?;
        let own = parts.first().map_or(&model, |part| &part.folder);
        own.refuse_adapter()?;
        let (layout, values) = Layout::read(&Weights::open(own)?, &encoder.config)?;
        let (folder, transformer) = (folder.to_owned(), own.path().to_owned());
        Ok(Self { folder, transformer, encoder, shape, layout, values })
    }
}
