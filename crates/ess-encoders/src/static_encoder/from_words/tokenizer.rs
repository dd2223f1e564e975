//! A tokenizer whose tokens are words.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::{error::Error, model::tokenizer::text_tokenizer::TextTokenizer};

/// Cuts texts into words and signs, as the regular expression `\w+|[^\w\s]+` does; what is none of `words` becomes the last
/// token, which stands for no word.
pub(super) fn of_words(words: &[String], lowercase: bool) -> Result<TextTokenizer, Error> {
    let unknown = unknown(words);
    let mut vocabulary: Map<String, Value> =
        words.iter().enumerate().map(|(id, word)| (word.clone(), id.into())).collect();
    vocabulary.insert(unknown.clone(), words.len().into());
    let content = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": if lowercase { json!({"type": "Lowercase"}) } else { Value::Null },
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": null,
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": unknown},
    });
    TextTokenizer::of_json(content, words.len() + 1)
}

/// A name that no word has.
fn unknown(words: &[String]) -> String {
    let mut name = "[UNK]".to_owned();
    let known: HashSet<&str> =
        words.iter().map(String::as_str).filter(|word| word.starts_with('[')).collect();
    while known.contains(name.as_str()) {
        name = format!("[{name}]");
    }
    name
}
