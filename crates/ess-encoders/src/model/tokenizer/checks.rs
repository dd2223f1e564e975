//! What a tokenizer.json must be, so that the library neither panics nor runs for ever.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use serde_json::Value;

use crate::{error::Error, model::settings::tokenizer};

/// How much longer normalising may make a text, by a count that takes each step at its worst.
const MAX_GROWTH: f64 = 512.0;
/// Steps of normalising and splitting; published tokenizers have a handful.
const MAX_STEPS: usize = 64;
/// Letters of a word that WordPiece looks at: its time grows with their square.
const MAX_WORD: u64 = 10_000;
/// Letters that are put before a text.
const MAX_PREFIX: usize = 1024;

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
    tokenizer::TOKENIZER.check(path, parts)?;
    check(path, &file)?;
    let decoder = file["decoder"].take();
    Ok((file, decoder))
}

fn check(path: &Path, file: &Value) -> Result<(), Error> {
    let refuse = |field, expected: String, found: String| Err(Error::config(path, field, expected, found));

    let (normalizer, pre_tokenizer) = (Steps::of(&file["normalizer"]), Steps::of(&file["pre_tokenizer"]));
    let steps = normalizer.count + pre_tokenizer.count;
    if steps > MAX_STEPS {
        return refuse(
            "normalizer",
            format!("at most {MAX_STEPS} steps, with those of pre_tokenizer"),
            steps.to_string(),
        );
    }
    let growth = normalizer.growth * pre_tokenizer.growth;
    if growth > MAX_GROWTH {
        let expected = format!("to make a text at most {MAX_GROWTH} times as long");
        return refuse("normalizer", expected, format!("{growth} times"));
    }
    if normalizer.longest_prefix > MAX_PREFIX {
        let expected = format!("at most {MAX_PREFIX} bytes before a text");
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
    if let Some(longest) = model["max_input_chars_per_word"].as_u64().filter(|&longest| longest > MAX_WORD) {
        return refuse(
            "model",
            format!("max_input_chars_per_word of at most {MAX_WORD}"),
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
            Some("Precompiled") => {
                precompiled_growth(part["precompiled_charsmap"].as_str().unwrap_or_default())
            }
            // A byte becomes a letter of up to two bytes.
            Some("ByteLevel") => 2.0,
            _ => 1.0,
        };
        let count = usize::from(!part.is_null());
        Self { count, growth, longest_prefix: length(&part["prepend"]) }
    }
}

/// How much longer SentencePiece's table makes a text at most. The table has the length of a trie in four bytes, the trie,
/// and what letters are replaced by, each text ended by a zero; published ones replace letters of three bytes and more.
fn precompiled_growth(base64: &str) -> f64 {
    const LETTER: f64 = 3.0;
    let table = from_base64(base64);
    let trie = table.first_chunk::<4>().map_or(0, |length| u32::from_le_bytes(*length) as usize);
    let texts = table.get(trie.saturating_add(4)..).unwrap_or_default();
    let longest = texts.split(|&byte| byte == 0).map(<[u8]>::len).max().unwrap_or(0);
    (longest as f64 / LETTER).max(1.0)
}

/// The bytes of a text in base 64; other letters are skipped.
fn from_base64(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

/// Refuses a template that names a special token without saying which ids it has, the second text where there is one, or a
/// text twice: texts are cut before they are put in, so that they would be longer than the model reads.
fn check_templates(path: &Path, part: &Value) -> Result<(), Error> {
    if let Some(inner) = part["processors"].as_array() {
        return inner.iter().try_for_each(|part| check_templates(path, part));
    }
    let refuse = |expected: String, found: &str| Err(Error::config(path, "post_processor", expected, found));
    for template in ["single", "pair"] {
        let pieces = || part[template].as_array().into_iter().flatten();
        for text in ["A", "B"] {
            let times = pieces().filter(|piece| piece["Sequence"]["id"] == text).count();
            if times > 1 {
                let expected = format!("the text {text} once in the template `{template}`");
                return refuse(expected, &format!("{times} times"));
            }
        }
        for piece in pieces() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_replacements_are_measured_by_their_longest() {
        assert_eq!(from_base64("YWJjZA=="), b"abcd");
        // A trie of two numbers, and "abcdef", "x".
        assert_eq!(precompiled_growth("CAAAAAAAAAAAAAAAYWJjZGVmAHgA"), 2.0);
        for torn in ["", "AAA", "////////", "CAAAAA=="] {
            assert!((1.0..2.0).contains(&precompiled_growth(torn)), "{torn}");
        }
    }
}
