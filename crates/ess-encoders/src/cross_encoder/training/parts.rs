//! A cross-encoder taken apart for training.

use std::path::Path;

use serde::Deserialize;

use super::{
    config_json::with_one_label,
    head::{HeadAt, HeadReader, classifier},
};
use crate::{
    cross_encoder::{folder::only_part, pair_tokenizer::PairTokenizer},
    error::Error,
    model::{folder::ModelFolder, transformer_config::TransformerConfig},
    sentence::{loading::TEXT_CONFIGS, modules::model_parts},
    training::{layout::Layout, saving::ModelFiles, shape::Shape},
    weights::Weights,
};

/// The model of a folder, its shape and its parameters.
pub(super) struct CrossParts {
    /// The folder of the transformer.
    pub(super) transformer: ModelFolder,
    /// What the folder of a trained model has beside its weights.
    pub(super) files: ModelFiles,
    pub(super) tokenizer: PairTokenizer,
    pub(super) shape: Shape,
    pub(super) layout: Layout,
    pub(super) head: HeadAt,
    pub(super) values: Vec<f32>,
    /// Whether the folder is a cross-encoder, with a head of its own.
    pub(super) own_head: bool,
}

#[derive(Default, Deserialize)]
struct TextConfig {
    do_lower_case: Option<bool>,
}

impl CrossParts {
    /// Reads a cross-encoder that can be trained, or an encoder that becomes one with a new head from this seed. Pairs are cut to so
    /// many tokens.
    pub(super) fn read(folder: &Path, max_tokens: Option<usize>, seed: u64) -> Result<Self, Error> {
        let folder = ModelFolder::new(folder)?;
        let transformer = transformer(&folder)?;
        transformer.refuse_adapter()?;
        let config = TransformerConfig::read(&transformer)?;
        let shape = Shape::of(&config)?;
        let of_head = classifier(&config)?;
        let weights = Weights::open(&transformer)?;
        let own_head = weights.has(&format!("{}.weight", of_head.0.score));
        let (longest, files) = match own_head {
            true => (only_part(&folder)?.1, ModelFiles::read(&folder, transformer.path())?),
            false => (None, encoder_files(&transformer)?),
        };
        let path = transformer.file("sentence_bert_config.json");
        let stated = longest.map(|most| (most, path.as_path()));
        let tokenizer = PairTokenizer::load(&transformer, &config, stated)?;
        let tokenizer = match max_tokens {
            Some(tokens) => tokenizer.cutting_at(tokens, config.longest())?,
            None => tokenizer,
        };
        let (mut layout, mut values) = Layout::read(&weights, &config)?;
        if !own_head {
            layout
                .tensors
                .iter_mut()
                .for_each(|tensor| prefix(&mut tensor.name, config.architecture.names.prefix));
        }
        let reader =
            HeadReader { weights: &weights, config: &config, layout: &mut layout, values: &mut values, seed };
        let head = reader.read(of_head, own_head)?;
        Ok(Self { transformer, files, tokenizer, shape, layout, head, values, own_head })
    }
}

/// The folder of the transformer, which comes first.
fn transformer(folder: &ModelFolder) -> Result<ModelFolder, Error> {
    let parts = model_parts(folder)?;
    match parts.first() {
        Some(part) if part.class == "Transformer" => Ok(part.folder.clone()),
        other => {
            let found = other.map_or("none", |part| part.class.as_str());
            let expected = "Transformer as the first module";
            Err(Error::config(&folder.file("modules.json"), "type", expected, found))
        }
    }
}

/// The files of a cross-encoder that is made of an encoder. One whose texts are changed before its tokenizer is refused: a
/// cross-encoder's are not.
fn encoder_files(transformer: &ModelFolder) -> Result<ModelFiles, Error> {
    for file in TEXT_CONFIGS.into_iter().filter(|file| transformer.has(file)) {
        let text: TextConfig = transformer.json(file)?;
        if text.do_lower_case == Some(true) {
            let reason =
                "expected null or false, found true: texts of a cross-encoder are as its tokenizer has them";
            let (path, name) = (transformer.file(file), "do_lower_case".to_owned());
            return Err(Error::Setting { path, name, reason: reason.to_owned() });
        }
    }
    ModelFiles::of_transformer(transformer, with_one_label(transformer)?)
}

/// A name as it is in a model with a head, of today.
fn prefix(name: &mut String, prefix: &str) {
    if !name.starts_with(prefix) {
        name.insert_str(0, prefix);
    }
    for (old, new) in [(".gamma", ".weight"), (".beta", ".bias")] {
        if let Some(before) = name.strip_suffix(old) {
            *name = format!("{before}{new}");
        }
    }
}
