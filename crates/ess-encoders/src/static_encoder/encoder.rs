//! A static encoder: its settings, and how texts are encoded.

use std::path::Path;

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use rayon::prelude::*;
use serde::Deserialize;

use super::table::read_table;
use crate::{
    error::Error,
    model::{
        folder::ModelFolder,
        settings::static_model,
        tokenizer::{text_tokenizer::TextTokenizer, token_ids::TokenIds},
    },
    sentence::{
        modules::{listed_classes, lists_parts},
        prompts::ModelSettings,
    },
    token_counter::TokenCounter,
};

/// A static encoder: the mean of a text's token vectors. Thousands of texts a second on one core.
///
/// Loads folders of Model2Vec (Tulkens and van Dongen, 2024), such as potion-base-8M, with a table of vectors and,
/// where there is one, a weight for each token; or is distilled from a transformer (`StaticEncoder::distil`, with the feature `distil`). A text without a known token becomes zeros.
///
/// ```no_run
/// use ess_core::ItemEncoder;
/// use ess_encoders::StaticEncoder;
///
/// let encoder = StaticEncoder::load("potion-base-8M")?;
/// let items = encoder.encode_items(&["The cat sat on the mat."])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct StaticEncoder {
    pub(super) tokenizer: TextTokenizer,
    // vocabulary × dim, each row times its weight.
    pub(super) table: Vec<f32>,
    pub(super) dim: usize,
    pub(super) normalize: bool,
    // A token that stands for no word, left out.
    pub(super) unknown: Option<u32>,
    pub(super) similarity: Option<String>,
}

#[derive(Deserialize)]
struct StaticConfig {
    #[serde(default)]
    normalize: bool,
    #[serde(default = "model2vec_length")]
    max_length: Option<usize>,
}

fn model2vec_length() -> Option<usize> {
    Some(512)
}

/// Refuses a folder whose modules.json lists more than a table of token vectors, brought to unit norm where config.json says
/// so: what else is listed would change vectors, and is not read here.
fn check_parts(folder: &ModelFolder, normalize: bool) -> Result<(), Error> {
    if !lists_parts(folder) {
        return Ok(());
    }
    let listed = listed_classes(folder)?;
    let classes: Vec<&str> = listed.iter().map(String::as_str).collect();
    match classes[..] {
        ["StaticEmbedding"] => Ok(()),
        ["StaticEmbedding", "Normalize"] if normalize => Ok(()),
        _ => {
            let expected = "StaticEmbedding alone, or with Normalize where config.json says `normalize`";
            Err(Error::config(&folder.file("modules.json"), "type", expected, classes.join(", ")))
        }
    }
}

impl StaticEncoder {
    /// Loads a model folder: config.json, tokenizer.json and model.safetensors with the table `embeddings`.
    ///
    /// # Errors
    /// What is missing from the folder or wrong in it; [`Error::Config`] for a table whose rows several tokens share,
    /// which is not supported.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = ModelFolder::new(folder.as_ref())?;
        folder.refuse_adapter()?;
        let config: StaticConfig = folder.settings("config.json", &static_model::STATIC)?;
        let (table, dim) = read_table(&folder)?;
        check_parts(&folder, config.normalize)?;
        let tokenizer = TextTokenizer::load_plain(&folder, config.max_length, table.len() / dim)?;
        let model = ModelSettings::read(&folder)?;
        if model.prompts().are_put_before_texts() || model.truncate_dim.is_some() {
            let path = folder.file("config_sentence_transformers.json");
            let expected = "neither prompts nor truncate_dim, which a static model has not";
            return Err(Error::config(&path, "prompts", expected, "some"));
        }
        Ok(Self {
            unknown: tokenizer.unknown(),
            tokenizer,
            table,
            dim,
            normalize: config.normalize,
            similarity: model.similarity_fn_name,
        })
    }

    /// Whether a folder says that it is a static model, as Model2Vec and [`StaticEncoder::save`] write it.
    pub fn is_folder(folder: impl AsRef<Path>) -> bool {
        #[derive(Deserialize)]
        struct Kind {
            model_type: String,
        }
        let kind = ModelFolder::new(folder.as_ref()).and_then(|folder| folder.json::<Kind>("config.json"));
        kind.is_ok_and(|kind| kind.model_type == "model2vec")
    }

    /// Cuts texts to `tokens` tokens.
    ///
    /// # Errors
    /// [`ess_core::Error::InvalidParameter`] for 0.
    pub fn with_max_tokens(mut self, tokens: usize) -> Result<Self, Error> {
        if tokens == 0 {
            let (expected, found) = ("at least 1", tokens.to_string());
            return Err(ess_core::Error::InvalidParameter { name: "max_tokens", expected, found }.into());
        }
        self.tokenizer.cut_at(Some(tokens))?;
        Ok(self)
    }

    /// Whether the embeddings are scaled to unit norm.
    pub fn normalizes(&self) -> bool {
        self.normalize
    }

    /// The similarity that the model is meant for, where it says so, as [`SentenceEncoder::similarity`] has it.
    ///
    /// [`SentenceEncoder::similarity`]: crate::SentenceEncoder::similarity
    pub fn similarity(&self) -> Option<&str> {
        self.similarity.as_deref()
    }

    /// The maximum number of tokens of a text; `None` where texts are not cut.
    pub fn max_tokens(&self) -> Option<usize> {
        self.tokenizer.longest()
    }

    /// Counts the tokens of texts as this encoder has them before it cuts them.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] where the tokenizer cannot be copied.
    pub fn token_counter(&self) -> Result<TokenCounter, Error> {
        Ok(TokenCounter { tokenizer: self.tokenizer.uncut()?, special_tokens: false })
    }

    pub(crate) fn encode(&self, texts: &[&str]) -> Result<Embeddings, Error> {
        if texts.is_empty() {
            return Err(ess_core::Error::Empty { what: "texts to encode" }.into());
        }
        let tokens = self.tokenizer.encode(texts.to_vec(), false)?;
        let rows: Vec<Vec<f32>> = tokens.par_iter().map(|text| self.mean(text)).collect();
        let embeddings = Embeddings::from_rows(&rows)?;
        Ok(if self.normalize { embeddings.normalized() } else { embeddings })
    }

    fn mean(&self, text: &TokenIds) -> Vec<f32> {
        let mut mean = vec![0.0; self.dim];
        let known = text.ids.iter().filter(|id| Some(**id) != self.unknown);
        let mut tokens = 0_usize;
        for &id in known {
            let row = &self.table[id as usize * self.dim..][..self.dim];
            mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            tokens += 1;
        }
        let scale = 1.0 / tokens.max(1) as f32;
        mean.iter_mut().for_each(|value| *value *= scale);
        mean
    }
}

impl QueryEncoder for StaticEncoder {
    type Query = str;
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(queries)?)
    }
}

impl ItemEncoder for StaticEncoder {
    type Item = str;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_items(&self, items: &[&str]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(items)?)
    }
}
