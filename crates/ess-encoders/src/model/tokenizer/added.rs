//! Tokens that the settings of a folder add to those of tokenizer.json.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use serde_json::Value;
use tokenizers::{AddedToken, Tokenizer};

use crate::{error::Error, model::folder::ModelFolder};

/// The setting that lists them, by their ids.
pub(super) const LISTED: &str = "added_tokens_decoder";
// Where older folders list them, with their ids by their texts.
const FILE: &str = "added_tokens.json";

/// Tokens by the ids that they are listed under.
#[derive(Default)]
pub(super) struct ListedTokens {
    tokens: BTreeMap<u32, AddedToken>,
    /// Whether a token of tokenizer.json with the same id counts instead.
    yields: bool,
}

impl ListedTokens {
    /// Those of the setting in the file at `path`.
    pub(super) fn of_setting(path: &Path, listed: &Value) -> Result<Self, Error> {
        let refuse = |found: &Value| Error::config(path, LISTED, "tokens by their ids", found);
        let listed = listed.as_object().ok_or_else(|| refuse(listed))?;
        let read = |(id, found): (&String, &Value)| {
            let id: Option<u32> = id.parse().ok();
            id.zip(token(found)).ok_or_else(|| refuse(found))
        };
        Ok(Self { tokens: listed.iter().map(read).collect::<Result<_, _>>()?, yields: false })
    }

    /// Those of added_tokens.json, if the folder has it; the ones among `named` are special.
    pub(super) fn of_file(folder: &ModelFolder, named: &[AddedToken]) -> Result<Self, Error> {
        if !folder.has(FILE) {
            return Ok(Self::default());
        }
        let listed: BTreeMap<String, u32> = folder.json(FILE)?;
        let token = |(text, id): (String, u32)| {
            let special = named.iter().any(|named| named.content == text);
            (id, AddedToken::from(text, special))
        };
        Ok(Self { tokens: listed.into_iter().map(token).collect(), yields: true })
    }

    /// Adds those that the tokenizer has not, or has with other properties, in the order of their ids, as the library does.
    pub(super) fn add_to(&self, tokenizer: &mut Tokenizer) -> tokenizers::Result<()> {
        let known = tokenizer.get_added_tokens_decoder();
        let same: HashSet<&AddedToken> = known.values().collect();
        let hidden = |id: u32| self.yields && known.contains_key(&id);
        let new = self.tokens.iter().filter(|(id, token)| !same.contains(token) && !hidden(**id));
        let new: Vec<_> = new.map(|(_, token)| token.clone()).collect();
        if !new.is_empty() {
            tokenizer.add_tokens(new)?;
        }
        Ok(())
    }
}

/// A token as Python writes it, where what is not said is as the library has it.
fn token(value: &Value) -> Option<AddedToken> {
    let said = |name: &str| value.get(name).and_then(Value::as_bool);
    let flag = |name: &str| said(name).unwrap_or(false);
    let token = AddedToken::from(value.get("content")?.as_str()?, flag("special"));
    let token = token.single_word(flag("single_word")).lstrip(flag("lstrip")).rstrip(flag("rstrip"));
    Some(match said("normalized") {
        Some(normalized) => token.normalized(normalized),
        None => token,
    })
}
