//! From a model's folder to a sentence encoder.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    encoder::SentenceEncoder,
    engine::Engine,
    head::HeadStep,
    modules::{ModelPart, STATIC, lists_parts, model_parts},
    pooling::{Pooling, PoolingMode},
    prompts::{self, ModelSettings},
};
use crate::{
    compute::place::Place,
    error::Error,
    model::{
        adapter_config::AdapterConfig,
        folder::ModelFolder,
        settings::{clip, file_settings::FileSettings, sentence},
        tokenizer::{length::longest_text, text_tokenizer::TextTokenizer},
        transformer_config::TransformerConfig,
    },
    weights::Weights,
};

#[derive(Default, Deserialize)]
struct TextConfig {
    max_seq_length: Option<usize>,
    do_lower_case: Option<bool>,
    /// The file that says so.
    #[serde(skip)]
    path: PathBuf,
}

// The file of the transformer as a part of the model, in the order in which they are looked for: older releases named it
// after the architecture.
pub(crate) const TEXT_CONFIGS: [&str; 7] = [
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
];

impl TextConfig {
    /// The first file that says anything, of the first folder that has such a one; without a modules.json none counts.
    fn read(model: &ModelFolder, folders: [&ModelFolder; 2], known: &FileSettings) -> Result<Self, Error> {
        if !lists_parts(model) {
            return Ok(Self::default());
        }
        let files = folders.into_iter().flat_map(|folder| TEXT_CONFIGS.map(|file| (folder, file)));
        for (folder, file) in files.filter(|(folder, file)| folder.has(file)) {
            let said: Map<String, Value> = folder.json(file)?;
            if !said.is_empty() {
                let text: Self = folder.settings(file, known)?;
                return Ok(Self { path: folder.file(file), ..text });
            }
        }
        Ok(Self::default())
    }
}

impl SentenceEncoder {
    pub(super) fn read(folder: &Path, place: &Place) -> Result<Self, Error> {
        let folder = ModelFolder::new(folder)?;
        Self::from_parts(&folder, &model_parts(&folder)?, place)
    }

    /// An encoder made of some parts of a model; `folder` is the whole model's.
    pub(super) fn from_parts(
        folder: &ModelFolder,
        parts: &[ModelPart],
        place: &Place,
    ) -> Result<Self, Error> {
        let [transformer, rest @ ..] = parts else {
            return Err(Error::config(
                &folder.file("modules.json"),
                "modules",
                "a Transformer first",
                "none",
            ));
        };
        refuse_other_than_transformer(transformer)?;
        let adapter = AdapterConfig::read(&transformer.folder)?;
        let own = &transformer.folder;
        let base = adapter.as_ref().map_or_else(|| Ok(own.clone()), |adapter| adapter.base(own))?;
        let config = TransformerConfig::read(&base)?;
        let mut assumptions = Vec::new();
        let with_tokenizer = if own.has("tokenizer.json") { own } else { &base };
        let known = if config.output_dim.is_some() { &clip::SENTENCE_CLIP } else { &sentence::SENTENCE };
        let text = TextConfig::read(folder, [own, with_tokenizer], known)?;
        let tokenizer = tokenizer(with_tokenizer, &text, &config, &mut assumptions)?;
        let model = ModelSettings::of_model(folder)?;
        let (pooling, rest) = pooling(folder, rest, &config, &mut assumptions)?;
        let weights = weights(&base, own, adapter, &config)?;
        let output = output(&weights, &config)?;
        let pooled = output.as_ref().map_or(pooling.dim(config.dim), |output| output.dim(config.dim));
        let (behind, dim) = HeadStep::all(rest, pooled, model.truncate_dim)?;
        let head = output.into_iter().chain(behind).collect();
        assumptions.extend(unused_prompts(&model));
        warn_of(folder, &assumptions);
        Ok(Self {
            tokenizer,
            engine: Engine::load(&weights, &config, place)?,
            pooling,
            head,
            prompts: model.prompts(),
            similarity: model.similarity_fn_name,
            assumptions,
            config,
            dim,
        })
    }
}

/// The weights of a folder, with the adapter of another one if there is one.
fn weights(
    base: &ModelFolder,
    folder: &ModelFolder,
    adapter: Option<AdapterConfig>,
    config: &TransformerConfig,
) -> Result<Weights, Error> {
    let weights = Weights::open(base)?;
    match adapter {
        Some(adapter) => weights.adapted(folder, adapter, config.architecture.names.prefix),
        None => Ok(weights),
    }
}

/// The tokenizer of `folder`, with what the model says of texts.
fn tokenizer(
    folder: &ModelFolder,
    text: &TextConfig,
    config: &TransformerConfig,
    assumptions: &mut Vec<String>,
) -> Result<TextTokenizer, Error> {
    let stated = text.max_seq_length.map(|most| (most, text.path.as_path()));
    let longest = longest_text(folder, config, stated)?;
    if let Some((most, _)) = stated.filter(|(most, _)| *most > longest) {
        let file = text.path.file_name().unwrap_or_default().display();
        assumptions.push(format!("{file} lets texts have {most} tokens: they are cut to the {longest} that the model has positions for"));
    }
    let mut tokenizer = TextTokenizer::load(folder, longest, config.vocabulary, config.token_types)?;
    if text.do_lower_case == Some(true) {
        tokenizer.lowercase()?;
    }
    Ok(tokenizer)
}

const POOLING_SECOND: &str = "Pooling as the second module";

/// The pooling, and the parts behind it.
fn pooling<'p>(
    folder: &ModelFolder,
    parts: &'p [ModelPart],
    config: &TransformerConfig,
    assumptions: &mut Vec<String>,
) -> Result<(Pooling, &'p [ModelPart]), Error> {
    match parts {
        // The state of the token at which the text ends.
        rest if config.output_dim.is_some() => {
            Ok((Pooling { modes: vec![PoolingMode::LastToken], include_prompt: true }, rest))
        }
        [first, rest @ ..] if first.class == "Pooling" => {
            Ok((Pooling::read(&first.folder, config.dim)?, rest))
        }
        _ if lists_parts(folder) => Err(match parts.first() {
            Some(part) => part.refused(POOLING_SECOND, &part.class),
            None => Error::config(&folder.file("modules.json"), "type", POOLING_SECOND, "none"),
        }),
        rest => Ok((assumed_pooling(folder, config, assumptions), rest)),
    }
}

/// The pooling of a folder that does not say it, as sentence-transformers has it.
fn assumed_pooling(
    folder: &ModelFolder,
    config: &TransformerConfig,
    assumptions: &mut Vec<String>,
) -> Pooling {
    let architecture = config.class.as_deref().unwrap_or_default();
    let (mode, name) = match config.is_causal && architecture.ends_with("ForCausalLM") {
        true => (PoolingMode::LastToken, "the last token"),
        false => (PoolingMode::Mean, "the mean of all tokens"),
    };
    assumptions.push(format!("there is no modules.json: {name} is taken as the vector of a text"));
    let passed_over: Vec<_> =
        TEXT_CONFIGS.into_iter().chain([prompts::FILE]).filter(|file| folder.has(file)).collect();
    if !passed_over.is_empty() {
        let files = passed_over.join(" and ");
        assumptions.push(format!("without a modules.json nothing that {files} says is heeded"));
    }
    if architecture.contains("For") {
        assumptions.push(format!("the weights are those of {architecture}, whose head is not used"));
    }
    Pooling { modes: vec![mode], include_prompt: true }
}

/// What the pooled state of a tower goes through.
fn output(weights: &Weights, config: &TransformerConfig) -> Result<Option<HeadStep>, Error> {
    let named = config.architecture.names.output.zip(config.output_dim);
    named.map(|(name, dim)| HeadStep::projection(weights, name, [dim, config.dim])).transpose()
}

/// What is said of prompts that are put before no text.
pub(super) fn unused_prompts(model: &ModelSettings) -> Option<String> {
    let unused = model.unused_prompts();
    let names = unused.join(", ");
    (!unused.is_empty()).then(|| {
        format!("the prompts named {names} are put before no text: queries have the one named query, items the one named document")
    })
}

/// Logs what had to be assumed of a model.
pub(super) fn warn_of(folder: &ModelFolder, assumptions: &[String]) {
    for assumption in assumptions {
        tracing::warn!(model = %folder.path().display(), "{assumption}");
    }
}

/// The text's part of a model is one transformer.
fn refuse_other_than_transformer(part: &ModelPart) -> Result<(), Error> {
    let expected = match part.class.as_str() {
        "Transformer" | "CLIPModel" => return Ok(()),
        STATIC => "Transformer as the first module; load a table of token vectors with TwoTowerEncoder",
        "Router" | "Asym" => "one encoder for queries and items; load two towers with TwoTowerEncoder",
        "MLMTransformer" | "SparseStaticEmbedding" => {
            "Transformer as the first module; load weights of terms with SparseEncoder"
        }
        _ => "Transformer as the first module",
    };
    Err(part.refused(expected, &part.class))
}
