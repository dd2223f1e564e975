//! Reading what servers answer.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, SeqAccess, Visitor},
};

/// No model has more components; what a header or an answer asks for beyond them is not believed.
pub(super) const MAX_DIM: usize = 1 << 16;

/// The components of one vector: an array of numbers, or the bytes of little-endian `f32` in base64.
#[derive(Debug, PartialEq)]
pub(super) struct Components(pub(super) Vec<f32>);

impl<'de> Deserialize<'de> for Components {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Components;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of numbers, or base64")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Components, A::Error> {
                let mut components = Vec::new();
                while let Some(component) = numbers.next_element()? {
                    if components.len() == MAX_DIM {
                        return Err(A::Error::custom(format!("more than {MAX_DIM} components")));
                    }
                    components.push(component);
                }
                Ok(Components(components))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Components, E> {
                let bytes = STANDARD.decode(text).map_err(|_| E::custom("a text that is no base64"))?;
                let (numbers, rest) = bytes.as_chunks::<4>();
                match rest.is_empty() && numbers.len() <= MAX_DIM {
                    true => {
                        Ok(Components(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()))
                    }
                    false => Err(E::custom(format!("{} bytes, which are no f32 numbers", bytes.len()))),
                }
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// An answer as JSON; what is wrong with it, in words.
pub(super) fn parsed<T: DeserializeOwned>(answer: &[u8]) -> Result<T, String> {
    // What stands there is not shown: a key may be in it, cut in two.
    let page = answer.trim_ascii_start().starts_with(b"<");
    serde_json::from_slice(answer).map_err(|error| match page {
        true => "expected JSON, found a page of HTML".to_owned(),
        false => format!("expected JSON with embeddings, found: {error}"),
    })
}

/// `[[…], …]`, in the order of the texts.
pub(super) fn rows(answer: &[u8]) -> Result<Vec<Vec<f32>>, String> {
    let rows: Vec<Components> = parsed(answer)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// `{"data": [{"index": …, "embedding": […]}, …]}`, brought into the order of the indices; where none of them has an index,
/// in the order of the answer.
pub(super) fn indexed(answer: &[u8]) -> Result<Vec<Vec<f32>>, String> {
    #[derive(Deserialize)]
    struct Answer {
        data: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        index: Option<usize>,
        embedding: Components,
    }
    let entries = parsed::<Answer>(answer)?.data;
    if entries.iter().all(|entry| entry.index.is_none()) {
        return Ok(entries.into_iter().map(|entry| entry.embedding.0).collect());
    }
    let count = entries.len();
    let mut ordered: Vec<Option<Vec<f32>>> = (0..count).map(|_| None).collect();
    for Entry { index, embedding } in entries {
        let index = index.ok_or("an embedding without an index among others that have one")?;
        let slot = ordered.get_mut(index).ok_or_else(|| format!("index {index} among {count} embeddings"))?;
        if slot.replace(embedding.0).is_some() {
            return Err(format!("index {index} twice"));
        }
    }
    ordered.into_iter().collect::<Option<_>>().ok_or_else(|| "an index is missing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_base64_are_the_same_components() {
        let numbers: Components = serde_json::from_str("[1.5, -2, 0.1]").unwrap();
        let bytes: Vec<u8> = [1.5_f32, -2.0, 0.1].iter().flat_map(|x| x.to_le_bytes()).collect();
        let base64: Components = serde_json::from_value(STANDARD.encode(&bytes).into()).unwrap();
        assert_eq!(numbers, base64);
        for wrong in [r#""a""#, r#""AAAA""#, "[null]", "[NaN]", r#"["1"]"#, "{}", "1"] {
            assert!(serde_json::from_str::<Components>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn entries_come_in_the_order_of_their_indices_and_each_once() {
        let read =
            |entries: &str| indexed(format!(r#"{{"data": [{entries}], "model": "\ud800"}}"#).as_bytes());
        let entry = |index: &str, x: i32| format!(r#"{{"index": {index}, "embedding": [{x}]}}"#);
        assert_eq!(read(&[entry("1", 7), entry("0", 8)].join(",")).unwrap(), [[8.0], [7.0]]);
        assert_eq!(read(r#"{"embedding": [3]}, {"embedding": [4]}"#).unwrap(), [[3.0], [4.0]]);
        for (wrong, said) in [
            ([entry("0", 1), entry("0", 2)], "twice"),
            ([entry("0", 1), entry("2", 2)], "index 2"),
            ([entry("0", 1), entry("null", 2)], "without an index"),
            ([entry("0", 1), entry("-1", 2)], "-1"),
        ] {
            assert!(read(&wrong.join(",")).unwrap_err().contains(said));
        }
    }

    #[test]
    fn a_page_instead_of_json_is_told() {
        assert!(rows(b"\n<html>Bad gateway</html>").unwrap_err().contains("HTML"));
        assert!(rows(b"OK").unwrap_err().contains("expected JSON"));
    }
}
