//! What a tokenizer.json must be, so that the library neither panics nor runs for ever.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use serde_json::Value;

use crate::{Error, model::settings};

/// How much longer normalising may make a text.
const LARGEST_GROWTH: f64 = 64.0;
/// Steps of normalising and splitting; published tokenizers have a handful.
const MOST_STEPS: usize = 64;
/// Letters of a word that WordPiece looks at: its time grows with their square.
const LONGEST_WORD: u64 = 10_000;
/// Letters that are put before a text.
const LONGEST_PREFIX: usize = 1024;

/// Runs the library, whose panics become errors.
pub(super) fn guarded<T>(path: &Path, run: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, Error> {
    let refused = |reason: String| Error::Tokenizer { path: path.to_owned(), reason };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|error| refused(error.to_string())),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
            Err(refused(format!("the tokenizer library cannot work with it: {said}")))
        }
    }
}

/// The file without its decoder, and the decoder, which no text needs; refuses a file whose settings are not known, or with
/// which the library panics or takes no end of time.
pub(super) fn checked(path: &Path, bytes: &[u8]) -> Result<(Value, Value), Error> {
    let mut file: Value =
        serde_json::from_slice(bytes).map_err(|cause| Error::Json { path: path.to_owned(), cause })?;
    let Value::Object(parts) = &file else {
        return Err(Error::Tokenizer { path: path.to_owned(), reason: "expected an object".to_owned() });
    };
    settings::TOKENIZER.check(path, parts)?;
    check(path, &file)?;
    let decoder = file["decoder"].take();
    Ok((file, decoder))
}

fn check(path: &Path, file: &Value) -> Result<(), Error> {
    let refuse = |field, expected: String, found: String| Err(Error::config(path, field, expected, found));

    let (normalizer, pre_tokenizer) = (Steps::of(&file["normalizer"]), Steps::of(&file["pre_tokenizer"]));
    let steps = normalizer.count + pre_tokenizer.count;
    if steps > MOST_STEPS {
        return refuse(
            "normalizer",
            format!("at most {MOST_STEPS} steps, with those of pre_tokenizer"),
            steps.to_string(),
        );
    }
    let growth = normalizer.growth * pre_tokenizer.growth;
    if growth > LARGEST_GROWTH {
        let expected = format!("to make a text at most {LARGEST_GROWTH} times as long");
        return refuse("normalizer", expected, format!("{growth} times"));
    }
    if normalizer.longest_prefix > LONGEST_PREFIX {
        let expected = format!("at most {LONGEST_PREFIX} bytes before a text");
        return refuse("normalizer", expected, normalizer.longest_prefix.to_string());
    }
    let model = &file["model"];
    if model["dropout"].as_f64().is_some_and(|dropout| dropout != 0.0) {
        return refuse(
            "model",
            "no dropout, which gives a text another vector each time".into(),
            model["dropout"].to_string(),
        );
    }
    if let Some(longest) =
        model["max_input_chars_per_word"].as_u64().filter(|&longest| longest > LONGEST_WORD)
    {
        return refuse(
            "model",
            format!("max_input_chars_per_word of at most {LONGEST_WORD}"),
            longest.to_string(),
        );
    }
    check_templates(path, &file["post_processor"])
}

/// What a part, or a sequence of parts, does to a text.
struct Steps {
    count: usize,
    growth: f64,
    longest_prefix: usize,
}

impl Steps {
    fn of(part: &Value) -> Self {
        let inner = ["normalizers", "pretokenizers"].iter().find_map(|name| part[*name].as_array());
        if let Some(inner) = inner {
            let none = Self { count: 0, growth: 1.0, longest_prefix: 0 };
            return inner.iter().map(Self::of).fold(none, |all, one| Self {
                count: all.count + one.count,
                growth: all.growth * one.growth,
                longest_prefix: all.longest_prefix.max(one.longest_prefix),
            });
        }
        let length = |text: &Value| text.as_str().map_or(0, str::len);
        let growth = match part["type"].as_str() {
            Some("Replace") => {
                let (content, pattern) = (length(&part["content"]) as f64, &part["pattern"]);
                // A regular expression may match nothing, between all letters.
                let text = length(&pattern["String"]);
                if text > 0 { (content / text as f64).max(1.0) } else { content + 1.0 }
            }
            // A byte becomes a letter of up to two bytes.
            Some("ByteLevel") => 2.0,
            _ => 1.0,
        };
        let count = usize::from(!part.is_null());
        Self { count, growth, longest_prefix: length(&part["prepend"]) }
    }
}

/// Refuses a template that names a special token without saying which ids it has, or the second text where there is one.
fn check_templates(path: &Path, part: &Value) -> Result<(), Error> {
    if let Some(inner) = part["processors"].as_array() {
        return inner.iter().try_for_each(|part| check_templates(path, part));
    }
    let refuse = |expected: String, found: &str| Err(Error::config(path, "post_processor", expected, found));
    for template in ["single", "pair"] {
        for piece in part[template].as_array().into_iter().flatten() {
            if template == "single" && piece["Sequence"]["id"] == "B" {
                return refuse("the text A in the template of a single text".to_owned(), "B");
            }
            let Some(id) = piece["SpecialToken"]["id"].as_str() else { continue };
            if part["special_tokens"].get(id).is_none() {
                return refuse(
                    format!("the ids of the template's special token {id:?} in special_tokens"),
                    "none",
                );
            }
        }
    }
    Ok(())
}
