//! From a model's folder to a sentence encoder.

use std::path::Path;

use burn::tensor::Device;
use serde::Deserialize;

use super::{
    SentenceEncoder,
    engine::Engine,
    head::HeadStep,
    modules::{ModelPart, model_parts},
    pooling::Pooling,
    prompts::Prompts,
};
use crate::{
    Error,
    model::{ModelFolder, TextTokenizer, TransformerConfig, longest_text},
    weights::Weights,
};

#[derive(Default, Deserialize)]
struct TextConfig {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

impl SentenceEncoder {
    pub(super) fn read(folder: &Path, device: Option<&Device>) -> Result<Self, Error> {
        let folder = ModelFolder::new(folder)?;
        Self::from_parts(&folder, &model_parts(&folder)?, device)
    }

    /// An encoder made of some parts of a model; `folder` is the whole model's.
    pub(super) fn from_parts(
        folder: &ModelFolder,
        parts: &[ModelPart],
        device: Option<&Device>,
    ) -> Result<Self, Error> {
        let listed = folder.file("modules.json");
        let [transformer, rest @ ..] = parts else {
            return Err(Error::config(&listed, "modules", "a Transformer first", "none"));
        };
        match transformer.class.as_str() {
            "Transformer" => {}
            "Router" | "Asym" => {
                let expected = "one encoder for queries and items; load two towers with TwoTowerEncoder";
                return Err(Error::config(&listed, "type", expected, &transformer.class));
            }
            other => {
                return Err(Error::config(&listed, "type", "Transformer as the first module", other));
            }
        }
        let config = TransformerConfig::read(&transformer.folder)?;
        let text: TextConfig = transformer.folder.optional_json("sentence_bert_config.json")?;
        let longest = longest_text(&transformer.folder, &config, text.max_seq_length)?;
        let (pooling, rest) = pooling(rest, config.dim)?;
        let (head, dim) = head(rest, pooling.dim(config.dim))?;
        Ok(Self {
            tokenizer: TextTokenizer::load(
                &transformer.folder,
                Some(longest),
                config.vocabulary,
                config.token_types,
            )?,
            engine: Engine::load(&Weights::open(&transformer.folder)?, &config, device)?,
            pooling,
            head,
            prompts: Prompts::read(folder)?,
            lowercase: text.do_lower_case,
            config,
            dim,
        })
    }
}

fn pooling(parts: &[ModelPart], dim: usize) -> Result<(Pooling, &[ModelPart]), Error> {
    match parts {
        [first, rest @ ..] if first.class == "Pooling" => Ok((Pooling::read(&first.folder, dim)?, rest)),
        rest => Ok((Pooling::default(), rest)),
    }
}

fn head(parts: &[ModelPart], mut dim: usize) -> Result<(Vec<HeadStep>, usize), Error> {
    let mut head = Vec::new();
    for part in parts {
        if let Some(step) = HeadStep::read(part, dim)? {
            dim = step.dim(dim);
            head.push(step);
        }
    }
    Ok((head, dim))
}
