//! From a model's folder to a sparse encoder.

use serde::Deserialize;

use super::{
    masked_encoder::MaskedEncoder, masked_head::MaskedHead, pooling::SpladePooling,
    term_weights::TermWeights, way::Way,
};
use crate::{
    compute::{host::HostCompute, place::Place, precision::Precision},
    error::Error,
    model::{
        folder::ModelFolder,
        settings::sparse,
        tokenizer::{length::longest_text, text_tokenizer::TextTokenizer},
        transformer_config::TransformerConfig,
    },
    sentence::{
        engine::Engine,
        modules::{ModelPart, model_parts},
        router::both_ways,
    },
    weights::Weights,
};

#[derive(Default, Deserialize)]
struct TextConfig {
    max_seq_length: Option<usize>,
    do_lower_case: Option<bool>,
}

/// The ways of queries and of items; none of its own for queries where both go the same.
pub(super) fn ways(folder: &ModelFolder, precision: Precision) -> Result<(Option<Way>, Way), Error> {
    let parts = model_parts(folder)?;
    match both_ways(&parts)? {
        None => Ok((None, way(folder, &parts, precision)?)),
        Some([query, item]) => Ok((Some(way(folder, &query, precision)?), way(folder, &item, precision)?)),
    }
}

fn way(model: &ModelFolder, parts: &[ModelPart], precision: Precision) -> Result<Way, Error> {
    let classes: Vec<_> = parts.iter().map(|part| part.class.as_str()).collect();
    match classes.as_slice() {
        ["SparseStaticEmbedding"] => Ok(Way::Weights(Box::new(TermWeights::read(&parts[0].folder)?))),
        // A folder without modules.json.
        ["Transformer"] if !model.has("modules.json") => masked(&parts[0].folder, None, precision),
        ["Transformer" | "MLMTransformer", "SpladePooling"] => {
            masked(&parts[0].folder, Some(&parts[1].folder), precision)
        }
        _ => {
            let expected =
                "a Transformer with SpladePooling behind it, or SparseStaticEmbedding: a sparse encoder";
            Err(match parts.first() {
                Some(part) => part.refused(expected, classes.join(", ")),
                None => Error::config(&model.file("modules.json"), "type", expected, "none"),
            })
        }
    }
}

fn masked(own: &ModelFolder, pooling: Option<&ModelFolder>, precision: Precision) -> Result<Way, Error> {
    own.refuse_adapter()?;
    // Beside a transformer alone it does not count.
    let text: TextConfig = match pooling {
        Some(_) => own.optional_settings("sentence_bert_config.json", &sparse::TEXT)?,
        None => TextConfig::default(),
    };
    let config = TransformerConfig::read(own)?;
    let path = own.file("sentence_bert_config.json");
    let longest = longest_text(own, &config, text.max_seq_length.map(|most| (most, path.as_path())))?;
    let mut tokenizer = TextTokenizer::load(own, longest, config.vocabulary, config.token_types)?;
    if text.do_lower_case == Some(true) {
        tokenizer.lowercase()?;
    }
    let weights = Weights::open(own)?;
    let head = MaskedHead::read(own, &weights, &config, HostCompute { precision })?;
    let pooling = pooling.map(|folder| SpladePooling::read(folder, config.vocabulary)).transpose()?;
    Ok(Way::Masked(Box::new(MaskedEncoder {
        engine: Engine::load(&weights, &config, &Place::Host(precision))?,
        tokenizer,
        head,
        pooling: pooling.unwrap_or(SpladePooling::DEFAULT),
        layers: config.layers,
        longest: config.longest(),
    })))
}
