//! What ColBERT puts among a text's tokens, and which tokens of an item it leaves out.

use std::collections::HashSet;

use super::settings::ColbertSettings;
use crate::{
    error::Error,
    model::{
        folder::ModelFolder,
        tokenizer::{text_tokenizer::TextTokenizer, token_ids::TokenIds},
        transformer_config::TransformerConfig,
    },
};

/// The tokenizers of both sides, and the ids of what they add.
pub(super) struct TokenLists {
    query: Side,
    item: Side,
    expansion: Option<Expansion>,
    /// Tokens of items that have no vector.
    skipped: HashSet<u32>,
}

struct Side {
    tokenizer: TextTokenizer,
    marker: Option<u32>,
    longest: usize,
}

/// Tokens that fill a query up, after which its words are attended to, or they too.
struct Expansion {
    mask: u32,
    attended: bool,
}

/// The tokens of some texts, and how many of each, at its start, are attended to.
pub(super) struct Lists {
    pub(super) tokens: Vec<TokenIds>,
    pub(super) attended: Option<Vec<usize>>,
}

impl TokenLists {
    /// `tokenizer` is the transformer's, in `folder`.
    pub(super) fn new(
        tokenizer: TextTokenizer,
        folder: &ModelFolder,
        settings: &ColbertSettings,
        config: &TransformerConfig,
    ) -> Result<Self, Error> {
        let side = |[prefix, length]: [&'static str; 2], marker: &str, longest: usize| {
            let marker = match marker {
                "" => None,
                marker => Some(tokenizer.id(marker).ok_or_else(|| {
                    let expected = "a token of tokenizer.json";
                    Error::config(&settings.path, prefix, expected, format!("{marker:?}"))
                })?),
            };
            if longest < MIN_LENGTH {
                return Err(Error::config(&settings.path, length, format!("at least {MIN_LENGTH}"), longest));
            }
            let longest = longest.min(config.longest());
            let tokenizer = tokenizer.cutting_at(longest - usize::from(marker.is_some()))?;
            Ok(Side { tokenizer, marker, longest })
        };
        let query = side(settings.query_names, &settings.query_marker, settings.query_length)?;
        let item = side(settings.item_names, &settings.item_marker, settings.item_length)?;
        let expansion =
            settings.expands.then(|| Expansion::new(&tokenizer, folder, settings, config)).transpose()?;
        // A word that the vocabulary has not is the unknown token, as in PyLate and ColBERT.
        let skipped = settings.skipped.iter().filter_map(|word| tokenizer.id(word).or(tokenizer.unknown()));
        Ok(Self { query, item, expansion, skipped: skipped.collect() })
    }

    /// The longest query and the longest item, markers and special tokens counted.
    pub(super) fn longest(&self) -> [usize; 2] {
        [self.query.longest, self.item.longest]
    }

    /// The tokens of queries, filled up where the model does that.
    pub(super) fn queries(&self, texts: &[&str]) -> Result<Lists, Error> {
        let mut tokens = self.query.tokens(texts)?;
        let Some(Expansion { mask, attended }) = self.expansion else {
            return Ok(Lists { tokens, attended: None });
        };
        let own = tokens.iter().map(|text| text.ids.len()).collect();
        for text in &mut tokens {
            text.ids.resize(self.query.longest, mask);
            text.types.resize(self.query.longest, 0);
        }
        Ok(Lists { tokens, attended: (!attended).then_some(own) })
    }

    /// The tokens of items.
    pub(super) fn items(&self, texts: &[&str]) -> Result<Lists, Error> {
        Ok(Lists { tokens: self.item.tokens(texts)?, attended: None })
    }

    /// Whether a token of an item has a vector.
    pub(super) fn keeps(&self, id: u32) -> bool {
        !self.skipped.contains(&id)
    }
}

/// Room for a marker, the special tokens, and a word.
const MIN_LENGTH: usize = 4;

impl Side {
    fn tokens(&self, texts: &[&str]) -> Result<Vec<TokenIds>, Error> {
        // PyLate strips texts of white space, which byte-level tokenizers would see.
        let stripped = texts.iter().map(|text| text.trim_matches(is_space)).collect();
        let mut tokens = self.tokenizer.encode(stripped, true)?;
        if let Some(marker) = self.marker {
            for text in &mut tokens {
                let position = text.ids.len().min(1);
                text.ids.insert(position, marker);
                text.types.insert(position, 0);
            }
        }
        Ok(tokens)
    }
}

/// What Python's `str.strip` strips.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
}

impl Expansion {
    fn new(
        tokenizer: &TextTokenizer,
        folder: &ModelFolder,
        settings: &ColbertSettings,
        config: &TransformerConfig,
    ) -> Result<Self, Error> {
        let [_, length] = settings.query_names;
        let most = config.longest().min(MAX_QUERY);
        if settings.query_length > most {
            let expected = format!("at most {most}, the model's positions");
            return Err(Error::config(&settings.path, length, expected, settings.query_length));
        }
        let Some(mask) = tokenizer.mask(folder)? else {
            let (path, expected) =
                (folder.file("tokenizer_config.json"), "a token with which queries are filled up");
            return Err(Error::config(&path, "mask_token", expected, "none"));
        };
        if !settings.attends && !config.may_hide_tokens(settings.query_length) {
            let expected = "an architecture whose words need not attend to all tokens of a query";
            let found = config.architecture.model_types[0];
            return Err(Error::config(&folder.file("config.json"), "model_type", expected, found));
        }
        Ok(Self { mask, attended: settings.attends })
    }
}

// Ten times what published models have.
const MAX_QUERY: usize = 4096;
