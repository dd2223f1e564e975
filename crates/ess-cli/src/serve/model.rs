//! The model that is served.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use ess_encoders::{Error, SentenceEncoder, StaticEncoder, TokenCounter, Tower, TwoTowerEncoder};

use super::arguments::{Arguments, PromptName};
use crate::data::model_folder::model_folder;

/// A model, under the name by which it is asked for.
pub(super) struct ServedModel {
    pub(super) name: String,
    /// As `--model` names it, which is accepted too.
    given: String,
    kind: Kind,
    // Of items, and of queries where they have their own tokenizer.
    counters: [TokenCounter; 2],
    default_prompt: PromptName,
}

enum Kind {
    One(Box<SentenceEncoder>),
    Two(Box<TwoTowerEncoder>),
    Static(Box<StaticEncoder>),
}

/// What is said of a model.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) names: [String; 2],
    pub(super) dim: usize,
    pub(super) max_tokens: Option<usize>,
    pub(super) pooling: String,
    /// Whether queries and documents have an encoder each, so that a prompt must be named.
    pub(super) two_towers: bool,
}

impl Kind {
    /// Loads the kind of model that a folder has.
    fn load(folder: &Path, arguments: &Arguments, device: Option<&Device>) -> Result<Self> {
        let tokens = arguments.max_tokens;
        if StaticEncoder::is_folder(folder) {
            ensure!(
                device.is_none(),
                "--device: expected a transformer, found a static model, which has none"
            );
            let encoder = StaticEncoder::load(folder)?;
            return Ok(Self::Static(Box::new(shortened(encoder, tokens, StaticEncoder::with_max_tokens)?)));
        }
        if TwoTowerEncoder::is_folder(folder) {
            ensure!(
                arguments.prompt != PromptName::None,
                "--prompt: expected query or document for a model with an encoder for each, found none"
            );
            let encoder = match device {
                None => TwoTowerEncoder::load(folder)?,
                Some(device) => TwoTowerEncoder::load_on(folder, device)?,
            };
            return Ok(Self::Two(Box::new(shortened(encoder, tokens, TwoTowerEncoder::with_max_tokens)?)));
        }
        let encoder = match device {
            None => SentenceEncoder::load(folder)?,
            Some(device) => SentenceEncoder::load_on(folder, device)?,
        };
        Ok(Self::One(Box::new(shortened(encoder, tokens, SentenceEncoder::with_max_tokens)?)))
    }
}

/// An encoder of at most the tokens that `--max-tokens` names, where it is given.
fn shortened<E>(
    encoder: E,
    tokens: Option<usize>,
    with_max_tokens: impl FnOnce(E, usize) -> Result<E, Error>,
) -> Result<E> {
    match tokens {
        Some(tokens) => with_max_tokens(encoder, tokens).context("--max-tokens"),
        None => Ok(encoder),
    }
}

impl ServedModel {
    pub(super) fn load(arguments: &Arguments, quiet: bool) -> Result<Self> {
        let folder = model_folder(&arguments.model, quiet)?;
        let device = match arguments.device.is_cpu() {
            true => None,
            false => Some(arguments.device.open()?).filter(|device| *device != Device::flex()),
        };
        let kind = Kind::load(&folder, arguments, device.as_ref())?;
        let whole = folder.canonicalize().with_context(|| folder.display().to_string())?;
        let name = match Path::new(&arguments.model).exists() {
            true => whole.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            false => arguments.model.clone(),
        };
        let counters = kind.counters()?;
        let default_prompt = arguments.prompt;
        Ok(Self { name, given: arguments.model.clone(), kind, counters, default_prompt })
    }

    pub(super) fn dim(&self) -> usize {
        match &self.kind {
            Kind::One(encoder) => ItemEncoder::dim(encoder.as_ref()),
            Kind::Two(encoder) => ItemEncoder::dim(encoder.as_ref()),
            Kind::Static(encoder) => ItemEncoder::dim(encoder.as_ref()),
        }
    }

    /// The maximum number of tokens of a text, of the shorter tower where there are two.
    pub(super) fn max_tokens(&self) -> Option<usize> {
        match &self.kind {
            Kind::One(encoder) => Some(encoder.max_tokens()),
            Kind::Two(encoder) => {
                [encoder.item(), encoder.query()].into_iter().filter_map(Tower::max_tokens).min()
            }
            Kind::Static(encoder) => encoder.max_tokens(),
        }
    }

    /// The maximum number of tokens of a text behind this prompt, or the default one.
    pub(super) fn max_tokens_behind(&self, prompt: Option<PromptName>) -> Option<usize> {
        match (&self.kind, prompt.unwrap_or(self.default_prompt)) {
            (Kind::Two(encoder), PromptName::Query) => encoder.query().max_tokens(),
            (Kind::Two(encoder), _) => encoder.item().max_tokens(),
            _ => self.max_tokens(),
        }
    }

    pub(super) fn about(&self) -> About {
        let pooling = match &self.kind {
            Kind::One(encoder) => serde_json::to_value(encoder.poolings()).ok(),
            Kind::Two(encoder) => serde_json::to_value(encoder.item().poolings()).ok(),
            Kind::Static(_) => None,
        };
        let pooling = pooling.and_then(|modes| modes.get(0)?.as_str().map(str::to_owned));
        About {
            names: [self.name.clone(), self.given.clone()],
            dim: self.dim(),
            max_tokens: self.max_tokens(),
            pooling: pooling.unwrap_or_else(|| "mean".to_owned()),
            two_towers: matches!(self.kind, Kind::Two(_)),
        }
    }

    /// The number of tokens of each text behind its prompt, before it is cut.
    pub(super) fn count_tokens(
        &self,
        texts: &[&str],
        prompt: Option<PromptName>,
    ) -> Result<Vec<usize>, Error> {
        let prompt = prompt.unwrap_or(self.default_prompt);
        let counter = &self.counters[usize::from(prompt == PromptName::Query)];
        match self.prompt(prompt) {
            "" => counter.count(texts),
            before => {
                let texts: Vec<String> = texts.iter().map(|text| format!("{before}{text}")).collect();
                counter.count(&texts.iter().map(String::as_str).collect::<Vec<_>>())
            }
        }
    }

    pub(super) fn encode(
        &self,
        texts: &[&str],
        prompt: Option<PromptName>,
    ) -> Result<Embeddings, ess_core::Error> {
        let prompt = prompt.unwrap_or(self.default_prompt);
        match (&self.kind, prompt) {
            (Kind::One(encoder), prompt) => Ok(encoder.encode_behind(self.prompt(prompt), texts)?),
            (Kind::Two(encoder), PromptName::Query) => encoder.encode_queries(texts),
            (Kind::Two(encoder), _) => encoder.encode_items(texts),
            (Kind::Static(encoder), _) => encoder.encode_items(texts),
        }
    }

    fn prompt(&self, name: PromptName) -> &str {
        let [query, document] = match &self.kind {
            Kind::One(encoder) => encoder.prompts(),
            Kind::Two(encoder) => [encoder.query().prompts()[0], encoder.item().prompts()[1]],
            Kind::Static(_) => ["", ""],
        };
        match name {
            PromptName::None => "",
            PromptName::Query => query,
            PromptName::Document => document,
        }
    }
}

impl Kind {
    fn counters(&self) -> Result<[TokenCounter; 2], Error> {
        Ok(match self {
            Self::One(encoder) => [encoder.token_counter()?, encoder.token_counter()?],
            Self::Two(encoder) => [encoder.item().token_counter()?, encoder.query().token_counter()?],
            Self::Static(encoder) => [encoder.token_counter()?, encoder.token_counter()?],
        })
    }
}
