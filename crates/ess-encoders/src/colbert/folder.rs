//! The two kinds of folders that ColBERT models come in.

use serde::Deserialize;

use super::settings::ColbertSettings;
use crate::{
    error::Error,
    model::{folder::ModelFolder, settings::sentence, transformer_config::TransformerConfig},
    sentence::{
        head::HeadStep,
        modules::{ModelPart, lists_parts, model_parts_of},
    },
    weights::Weights,
};

/// What a folder has beside the tokenizer.
pub(super) struct ColbertFolder {
    /// The folder of the transformer.
    pub(super) transformer: ModelFolder,
    pub(super) config: TransformerConfig,
    pub(super) weights: Weights,
    /// From states of tokens to vectors of tokens.
    pub(super) projection: Vec<HeadStep>,
    pub(super) settings: ColbertSettings,
    pub(super) lowercases: bool,
}

#[derive(Default, Deserialize)]
struct TextConfig {
    do_lower_case: Option<bool>,
}

/// Whether a folder is one of these, whatever else may be wrong with it.
pub(super) fn is_of_colbert(folder: &ModelFolder) -> bool {
    #[derive(Deserialize)]
    struct Saved {
        model_type: String,
    }
    let saved = folder.json::<Saved>("config_sentence_transformers.json");
    folder.has("artifact.metadata") || saved.is_ok_and(|saved| saved.model_type == "ColBERT")
}

/// Whose classes a folder's parts are.
const PACKAGES: &[&str] = &["sentence_transformers", "pylate"];

impl ColbertFolder {
    pub(super) fn read(folder: &ModelFolder) -> Result<Self, Error> {
        if lists_parts(folder) { Self::pylate(folder) } else { Self::published(folder) }
    }

    /// BERT and `linear.weight` in one file, as ColBERT's own program saves them.
    fn published(folder: &ModelFolder) -> Result<Self, Error> {
        folder.refuse_adapter()?;
        let config = TransformerConfig::read(folder)?;
        let weights = Weights::open(folder)?;
        if weights.has("linear.bias") {
            let (path, name) = (folder.path().to_owned(), "linear.bias".to_owned());
            return Err(Error::UnexpectedTensor { path, name });
        }
        let shape = weights.shape("linear.weight")?;
        let (settings, stated) = ColbertSettings::published(folder)?;
        let dim = shape.first().copied().unwrap_or(0);
        if let Some(stated) = stated.filter(|stated| *stated != dim) {
            let expected = format!("{dim}, the rows of linear.weight");
            return Err(Error::config(&settings.path, "dim", expected, stated));
        }
        let projection = vec![HeadStep::projection(&weights, "linear", [dim, config.dim])?];
        let transformer = folder.clone();
        Ok(Self { transformer, config, weights, projection, settings, lowercases: false })
    }

    /// A Transformer and one Dense or more, as PyLate saves them.
    fn pylate(folder: &ModelFolder) -> Result<Self, Error> {
        let parts = model_parts_of(folder, PACKAGES)?;
        let [transformer, dense @ ..] = parts.as_slice() else {
            return Err(wrong_parts(folder, &parts));
        };
        if transformer.class != "Transformer"
            || dense.is_empty()
            || dense.iter().any(|part| part.class != "Dense")
        {
            return Err(wrong_parts(folder, &parts));
        }
        let transformer = transformer.folder.clone();
        transformer.refuse_adapter()?;
        let config = TransformerConfig::read(&transformer)?;
        let (mut projection, mut dim) = (Vec::new(), config.dim);
        for part in dense {
            let step = HeadStep::read(part, dim)?;
            dim = step.as_ref().map_or(dim, |step| step.dim(dim));
            projection.extend(step);
        }
        let text: TextConfig =
            transformer.optional_settings("sentence_bert_config.json", &sentence::SENTENCE)?;
        Ok(Self {
            weights: Weights::open(&transformer)?,
            settings: ColbertSettings::pylate(folder)?,
            lowercases: text.do_lower_case == Some(true),
            transformer,
            config,
            projection,
        })
    }

    /// The dimension of a token's vector.
    pub(super) fn dim(&self) -> usize {
        self.projection.iter().fold(self.config.dim, |dim, step| step.dim(dim))
    }
}

fn wrong_parts(folder: &ModelFolder, parts: &[ModelPart]) -> Error {
    let classes: Vec<_> = parts.iter().map(|part| part.class.as_str()).collect();
    let expected = "Transformer and one Dense or more, as PyLate saves ColBERT";
    Error::config(&folder.file("modules.json"), "type", expected, classes.join(", "))
}
