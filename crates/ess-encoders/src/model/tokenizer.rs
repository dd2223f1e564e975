//! From texts to token ids.

use std::path::PathBuf;

use serde::Deserialize;
use tokenizers::{
    EncodeInput, ModelWrapper, Tokenizer,
    utils::truncation::{TruncationParams, TruncationStrategy},
};

use super::{ModelFolder, TransformerConfig};
use crate::Error;

const CONFIG: &str = "tokenizer_config.json";

/// A model's tokenizer.json: special tokens added, cut to the model's length, never padded.
pub(crate) struct TextTokenizer {
    tokenizer: Tokenizer,
    // Types from this on are not known to the model.
    token_types: u32,
    path: PathBuf,
}

/// One tokenized text.
#[derive(Clone, Debug)]
pub(crate) struct TokenIds {
    pub(crate) ids: Vec<u32>,
    /// 0 for the first text, 1 for the second of a pair; as long as `ids`.
    pub(crate) types: Vec<u32>,
}

impl TextTokenizer {
    /// Loads tokenizer.json; texts are cut to `longest` tokens, ids must be below `vocabulary`.
    pub(crate) fn load(
        folder: &ModelFolder,
        longest: Option<usize>,
        vocabulary: usize,
        token_types: usize,
    ) -> Result<Self, Error> {
        let path = folder.file("tokenizer.json");
        if !path.is_file() {
            let advice =
                "save it in Python with `AutoTokenizer.from_pretrained(folder).save_pretrained(folder)`";
            return Err(folder.missing("tokenizer.json", advice));
        }
        let refused =
            |error: tokenizers::Error| Error::Tokenizer { path: path.clone(), reason: error.to_string() };
        let mut tokenizer = Tokenizer::from_file(&path).map_err(refused)?;
        let largest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0) as usize;
        if largest >= vocabulary {
            return Err(Error::Vocabulary { path, largest, vocabulary });
        }
        tokenizer.with_padding(None);
        let config: TokenizerConfig = folder.optional_json(CONFIG)?;
        let token_types = if config.passes_types() { token_types as u32 } else { 0 };
        let mut tokenizer = Self { tokenizer, token_types, path };
        tokenizer.cut_at(longest)?;
        Ok(tokenizer)
    }

    /// Cuts texts to `longest` tokens from now on.
    pub(crate) fn cut_at(&mut self, longest: Option<usize>) -> Result<(), Error> {
        let truncation = longest.map(|max_length| TruncationParams {
            max_length,
            strategy: TruncationStrategy::LongestFirst,
            ..TruncationParams::default()
        });
        let cut = self.tokenizer.with_truncation(truncation).map(drop);
        cut.map_err(|error| Error::Tokenizer { path: self.path.clone(), reason: error.to_string() })
    }

    /// The most tokens of a text, the special ones counted.
    pub(crate) fn longest(&self) -> Option<usize> {
        self.tokenizer.get_truncation().map(|truncation| truncation.max_length)
    }

    /// The token of each id, from 0 to the largest; some ids may have none.
    pub(crate) fn tokens(&self) -> Vec<Option<String>> {
        let vocabulary = self.tokenizer.get_vocab(true);
        let mut tokens = vec![None; vocabulary.values().max().map_or(0, |&largest| largest as usize + 1)];
        vocabulary.into_iter().for_each(|(token, id)| tokens[id as usize] = Some(token));
        tokens
    }

    /// The same tokenizer, cutting no text.
    pub(crate) fn uncut(&self) -> Result<Self, Error> {
        let path = self.path.clone();
        let mut uncut = Self { tokenizer: self.tokenizer.clone(), token_types: self.token_types, path };
        uncut.cut_at(None)?;
        Ok(uncut)
    }

    /// The content of a tokenizer.json that cuts no text.
    pub(crate) fn to_json(&self) -> Result<String, Error> {
        let whole = self.uncut()?.tokenizer;
        let refused = |error: tokenizers::Error| Error::Tokenizer {
            path: self.path.clone(),
            reason: error.to_string(),
        };
        whole.to_string(true).map_err(refused)
    }

    /// The id of the token for unknown words, where there is one.
    pub(crate) fn unknown(&self) -> Option<u32> {
        let name = match self.tokenizer.get_model() {
            ModelWrapper::WordPiece(model) => Some(&model.unk_token),
            ModelWrapper::WordLevel(model) => Some(&model.unk_token),
            ModelWrapper::BPE(model) => model.unk_token.as_ref(),
            // A unigram model keeps the id, and keeps it to itself.
            ModelWrapper::Unigram(model) => {
                let saved = serde_json::to_value(model).ok()?;
                return saved.get("unk_id")?.as_u64().map(|id| id as u32);
            }
        };
        self.tokenizer.token_to_id(name?)
    }

    /// Tokenizes texts, or pairs of texts, on all threads, in order.
    pub(crate) fn encode<'s, E>(&self, inputs: Vec<E>, special_tokens: bool) -> Result<Vec<TokenIds>, Error>
    where
        E: Into<EncodeInput<'s>> + Send,
    {
        let _span = tracing::trace_span!("tokenize").entered();
        let encodings = self
            .tokenizer
            .encode_batch_fast(inputs, special_tokens)
            .map_err(|error| Error::Tokenizer { path: self.path.clone(), reason: error.to_string() })?;
        let known_type = |&of_type: &u32| if of_type < self.token_types { of_type } else { 0 };
        Ok(encodings
            .into_iter()
            .map(|encoding| TokenIds {
                ids: encoding.get_ids().to_vec(),
                types: encoding.get_type_ids().iter().map(known_type).collect(),
            })
            .collect())
    }
}

#[derive(Default, Deserialize)]
struct TokenizerConfig {
    // Python writes 1e30 for "no limit".
    model_max_length: Option<f64>,
    model_input_names: Option<Vec<String>>,
    tokenizer_class: Option<String>,
}

impl TokenizerConfig {
    /// Whether the model is given the types of the tokens; some tokenizers make them without passing them on.
    fn passes_types(&self) -> bool {
        match &self.model_input_names {
            Some(names) => names.iter().any(|name| name == "token_type_ids"),
            None => self.tokenizer_class.as_deref() != Some("TokenizersBackend"),
        }
    }
}

/// The fewest tokens that texts may be cut to: room for the special tokens of a pair, and one more.
pub(crate) const FEWEST_TOKENS: usize = 5;

/// The most tokens of a text: what the caller was told, or tokenizer_config.json says, within the model's positions.
pub(crate) fn longest_text(
    folder: &ModelFolder,
    config: &TransformerConfig,
    told: Option<usize>,
) -> Result<usize, Error> {
    let tokenizer: TokenizerConfig = folder.optional_json(CONFIG)?;
    let by_tokenizer = tokenizer.model_max_length.map(|length| length as usize);
    let longest = told.or(by_tokenizer).unwrap_or(usize::MAX).min(config.longest());
    if longest < FEWEST_TOKENS {
        let path = folder.file("sentence_bert_config.json");
        return Err(Error::config(&path, "max_seq_length", format!("at least {FEWEST_TOKENS}"), longest));
    }
    Ok(longest)
}
