//! tokenizer_config.json: what the library makes of tokenizer.json when it loads it.

use std::{collections::HashSet, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};
use tokenizers::{
    AddedToken, NormalizerWrapper, PreTokenizerWrapper, Tokenizer, normalizers::BertNormalizer,
    pre_tokenizers::metaspace::PrependScheme, utils::truncation::TruncationDirection,
};

use super::{
    added::{self, ListedTokens},
    checks::guarded,
};
use crate::{
    error::Error,
    model::{folder::ModelFolder, settings::tokenizer},
};

pub(super) const FILE: &str = "tokenizer_config.json";
// Where an older folder names its special tokens.
const NAMES: &str = "special_tokens_map.json";

const NAMED: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
const LISTED: [&str; 2] = ["additional_special_tokens", "extra_special_tokens"];

// Classes that make their parts anew from this file's settings.
const WORD_PIECE: [&str; 3] = ["BertTokenizer", "DistilBertTokenizer", "MPNetTokenizer"];
const PREFIXED: [&str; 3] = ["RobertaTokenizer", "XLMRobertaTokenizer", "CamembertTokenizer"];

#[derive(Default, Deserialize)]
pub(super) struct TokenizerConfig {
    // Python writes 1e30 for "no limit".
    #[serde(alias = "max_len")]
    model_max_length: Option<f64>,
    model_input_names: Option<Vec<String>>,
    tokenizer_class: Option<String>,
    truncation_side: Option<String>,
    padding_side: Option<String>,
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: Option<bool>,
    add_prefix_space: Option<bool>,
    /// The special tokens, among others.
    #[serde(flatten)]
    others: Map<String, Value>,
    #[serde(skip)]
    listed: ListedTokens,
}

impl TokenizerConfig {
    pub(super) fn read(folder: &ModelFolder) -> Result<Self, Error> {
        let mut config: Self = folder.optional_settings(FILE, &tokenizer::TOKENIZER_CONFIG)?;
        if folder.has(NAMES) {
            let named: Map<String, Value> = folder.json(NAMES)?;
            for (name, token) in named {
                config.others.entry(name).or_insert(token);
            }
        }
        config.listed = match config.others.get(added::LISTED) {
            Some(listed) if !listed.is_null() => ListedTokens::of_setting(&folder.file(FILE), listed)?,
            _ => ListedTokens::of_file(folder, &config.named())?,
        };
        Ok(config)
    }

    /// The maximum number of tokens of a text.
    pub(super) fn longest(&self) -> Option<usize> {
        self.model_max_length.map(|length| length as usize)
    }

    /// Whether the model is given the types of the tokens; some tokenizers make them without passing them on.
    pub(super) fn passes_types(&self) -> bool {
        match &self.model_input_names {
            Some(names) => names.iter().any(|name| name == "token_type_ids"),
            None => self.tokenizer_class.as_deref() != Some("TokenizersBackend"),
        }
    }

    /// The token that stands for a hidden word, where the file names one.
    pub(super) fn mask(&self) -> Option<String> {
        self.others.get("mask_token").and_then(token).map(|token| token.content)
    }

    /// The side of a text that is cut off.
    pub(super) fn cut_off(&self, folder: &ModelFolder) -> Result<Option<TruncationDirection>, Error> {
        match self.truncation_side.as_deref() {
            None => Ok(None),
            Some("right") => Ok(Some(TruncationDirection::Right)),
            Some("left") => Ok(Some(TruncationDirection::Left)),
            Some(other) => Err(Error::config(&folder.file(FILE), "truncation_side", "left or right", other)),
        }
    }

    /// Refuses padding in front of texts where it would move their positions, as it does in a table of them.
    pub(super) fn check_padding(&self, folder: &ModelFolder, moves_positions: bool) -> Result<(), Error> {
        match self.padding_side.as_deref() {
            None | Some("right") => Ok(()),
            Some("left") if !moves_positions => Ok(()),
            Some(other) => {
                let expected = if moves_positions { "right" } else { "right or left" };
                Err(Error::config(&folder.file(FILE), "padding_side", expected, other))
            }
        }
    }

    /// Changes a tokenizer as the library does; the ids of its special tokens.
    pub(super) fn apply(&self, tokenizer: &mut Tokenizer) -> tokenizers::Result<HashSet<u32>> {
        if self.is_one_of(&WORD_PIECE)
            && let Some(NormalizerWrapper::BertNormalizer(found)) = tokenizer.get_normalizer()
        {
            let changed = self.normalizer(*found);
            tokenizer.with_normalizer(Some(changed))?;
        }
        if self.is_one_of(&PREFIXED) {
            self.prefix(tokenizer);
        }
        self.listed.add_to(tokenizer)?;
        self.add_special_tokens(tokenizer)
    }

    /// Refuses a file which says that texts get a token in front or at the end where tokenizer.json adds none. (The library
    /// of the language models makes this part anew from the two settings; what it saves agrees with them.)
    pub(super) fn check_added(&self, path: &Path, tokenizer: &Tokenizer) -> Result<(), Error> {
        let ends = [("add_bos_token", "bos_token", true), ("add_eos_token", "eos_token", false)];
        for (name, of, first) in ends {
            if self.others.get(name).and_then(Value::as_bool) != Some(true) {
                continue;
            }
            let added = guarded(path, || Ok(tokenizer.encode("a", true)?.get_ids().to_vec()))?;
            let found = if first { added.first() } else { added.last() };
            let id =
                self.others.get(of).and_then(token).and_then(|token| tokenizer.token_to_id(&token.content));
            if id.is_none() || found != id.as_ref() {
                let reason =
                    format!("tokenizer.json adds no {of} to texts: save the tokenizer once more with it");
                return Err(Error::Setting { path: path.to_owned(), name: name.to_owned(), reason });
            }
        }
        Ok(())
    }

    /// Whether the tokenizer is of one of these classes, or of the model's own, which is then one of them.
    fn is_one_of(&self, classes: &[&str]) -> bool {
        self.tokenizer_class
            .as_deref()
            .is_none_or(|class| classes.contains(&class.strip_suffix("Fast").unwrap_or(class)))
    }

    fn normalizer(&self, found: BertNormalizer) -> BertNormalizer {
        let mut changed = found;
        changed.lowercase = self.do_lower_case.unwrap_or(found.lowercase);
        changed.strip_accents = self.strip_accents.or(found.strip_accents);
        changed.handle_chinese_chars = self.tokenize_chinese_chars.unwrap_or(found.handle_chinese_chars);
        changed
    }

    fn prefix(&self, tokenizer: &mut Tokenizer) {
        let Some(add) = self.add_prefix_space else { return };
        let changed = match tokenizer.get_pre_tokenizer() {
            Some(PreTokenizerWrapper::ByteLevel(found)) => {
                let mut found = *found;
                found.add_prefix_space = add;
                PreTokenizerWrapper::ByteLevel(found)
            }
            Some(PreTokenizerWrapper::Metaspace(found)) => {
                let mut found = found.clone();
                found.prepend_scheme = if add { PrependScheme::Always } else { PrependScheme::Never };
                PreTokenizerWrapper::Metaspace(found)
            }
            _ => return,
        };
        tokenizer.with_pre_tokenizer(Some(changed));
    }

    /// Adds named tokens that the vocabulary has and tokenizer.json does not call special.
    fn add_special_tokens(&self, tokenizer: &mut Tokenizer) -> tokenizers::Result<HashSet<u32>> {
        let named = self.named();
        let known: HashSet<String> =
            tokenizer.get_added_tokens_decoder().into_values().map(|token| token.content).collect();
        let missing = named.iter().filter(|token| {
            !known.contains(&token.content) && tokenizer.token_to_id(&token.content).is_some()
        });
        let missing: Vec<_> = missing.cloned().collect();
        if !missing.is_empty() {
            tokenizer.add_special_tokens(missing)?;
        }
        if named.is_empty() {
            let added = tokenizer.get_added_tokens_decoder().into_iter();
            return Ok(added.filter(|(_, token)| token.special).map(|(id, _)| id).collect());
        }
        Ok(named.iter().filter_map(|token| tokenizer.token_to_id(&token.content)).collect())
    }

    fn named(&self) -> Vec<AddedToken> {
        let values = NAMED.iter().filter_map(|name| self.others.get(*name));
        let listed =
            LISTED.iter().filter_map(|name| self.others.get(*name)).flat_map(|listed| match listed {
                Value::Array(tokens) => tokens.iter().collect(),
                Value::Object(tokens) => tokens.values().collect(),
                _ => Vec::new(),
            });
        values.chain(listed).filter_map(token).collect()
    }
}

/// A token by its text, or with how it is looked for.
fn token(value: &Value) -> Option<AddedToken> {
    let flag = |name: &str| value.get(name).and_then(Value::as_bool).unwrap_or(false);
    match value {
        Value::String(content) => Some(AddedToken::from(content.clone(), true)),
        Value::Object(token) => {
            let content = token.get("content")?.as_str()?.to_owned();
            let token = AddedToken::from(content, true).single_word(flag("single_word"));
            Some(token.lstrip(flag("lstrip")).rstrip(flag("rstrip")).normalized(flag("normalized")))
        }
        _ => None,
    }
}
