//! The settings of a representation, as data and as a word on a command line.

use std::{fmt, str::FromStr};

use ess_core::Error as CoreError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::sentence::pooling::PoolingMode;

/// A representation of texts by a frozen encoder: a name of the table ([`representations`](crate::representations)) with its
/// settings.
///
/// `prompt`, `prompt_text` and `prefix` go with every name; what else is read depends on it, and a setting that is not read is
/// refused. As text it is `NAME` or `NAME=SETTING:VALUE,SETTING:VALUE`; a text that has a comma or is a number is written as a JSON
/// string.
///
/// | name | vector | settings |
/// |---|---|---|
/// | `pooled` | the model's own | |
/// | `layer` | the pooled token states of a layer, as they are | `at`, `pooling` |
/// | `sentences` | the mean of the embeddings of the text's sentences, each read by itself | `max_words` |
/// | `late_chunks` | the mean of the text's passages, pooled from the token states of the whole text | `max_words`, `overlap` |
///
/// ```
/// use ess_encoders::{PoolingMode, Representation};
///
/// let layer: Representation = "layer=at:4,pooling:max".parse()?;
/// assert_eq!((layer.at, layer.pooling), (Some(4), Some(PoolingMode::Max)));
/// let prompted: Representation = r#"pooled=prompt_text:"A claim, to be checked: ",prefix:128"#.parse()?;
/// assert_eq!(prompted.prompt_text.as_deref(), Some("A claim, to be checked: "));
/// assert_eq!(prompted.to_string().parse::<Representation>()?, prompted);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Representation {
    /// The name in the table.
    pub name: String,
    /// The layer whose token states are read, from 0 (what goes into the first). Default: the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<usize>,
    /// How token states become one vector. Default: as the model does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooling: Option<PoolingMode>,
    /// The name of the model's prompt that is put before each text. Default: `query` for queries and `document` for items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// A text that is put before each text, in the place of a prompt of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_text: Option<String>,
    /// How many of the vector's first components are kept, for models that were trained for it (Matryoshka). Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<usize>,
    /// Words of a passage at most. Default: that of [`PassageSplitter`](crate::PassageSplitter).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_words: Option<usize>,
    /// Tokens that neighbouring windows of a text longer than the model reads have in common. Default: a quarter of what it
    /// reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<usize>,
}

impl Representation {
    /// The representation of a name with its defaults.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The settings that are given, by name.
    pub(super) fn given(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(mut all)) => {
                all.remove("name");
                all
            }
            _ => Map::new(),
        }
    }
}

impl fmt::Display for Representation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (at, (setting, value)) in self.given().iter().enumerate() {
            let is_plain = |text: &&str| {
                !text.is_empty() && !text.contains([',', '"', ' ']) && text.parse::<usize>().is_err()
            };
            let plain = value.as_str().filter(is_plain);
            let value = plain.map_or_else(|| value.to_string(), str::to_owned);
            write!(f, "{}{setting}:{value}", if at == 0 { '=' } else { ',' })?;
        }
        Ok(())
    }
}

impl FromStr for Representation {
    type Err = CoreError;

    fn from_str(text: &str) -> Result<Self, CoreError> {
        let refuse = |found: String| CoreError::InvalidParameter {
            name: "representation",
            expected: "NAME or NAME=SETTING:VALUE,SETTING:VALUE",
            found,
        };
        let (name, settings) = text.split_once('=').unwrap_or((text, ""));
        let mut all = Map::new();
        let mut rest = settings;
        while !rest.is_empty() {
            let (setting, behind) = rest.split_once(':').ok_or_else(|| refuse(text.to_owned()))?;
            let (value, behind) = value(behind).ok_or_else(|| refuse(text.to_owned()))?;
            if all.insert(setting.trim().to_owned(), value).is_some() {
                return Err(refuse(format!("{text}, where {setting} stands twice")));
            }
            rest = behind;
        }
        all.insert("name".to_owned(), Value::String(name.trim().to_owned()));
        serde_json::from_value(Value::Object(all)).map_err(|error| refuse(format!("{text}: {error}")))
    }
}

/// The value at the start of a text, and what is behind the comma that follows.
fn value(text: &str) -> Option<(Value, &str)> {
    if text.starts_with('"') {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let value = values.next()?.ok()?;
        let behind = &text[values.byte_offset()..];
        let behind = if behind.is_empty() { behind } else { behind.strip_prefix(',')? };
        return Some((Value::String(value), behind));
    }
    let (value, behind) = text.split_once(',').unwrap_or((text, ""));
    let number = value.parse::<usize>().ok().map(Value::from);
    Some((number.unwrap_or_else(|| Value::String(value.to_owned())), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_representation_is_refused_and_says_why() {
        let refused = [
            ("layer=4", "SETTING:VALUE"),
            ("layer=at:four", "invalid type"),
            ("layer=at:4,at:5", "twice"),
            ("layer=depth:4", "unknown field `depth`"),
            ("layer=pooling:median", "unknown variant `median`"),
            (r#"pooled=prompt_text:"a" b"#, "SETTING:VALUE"),
            (r#"pooled=prompt_text:"a"#, "SETTING:VALUE"),
        ];
        for (text, said) in refused {
            let error = text.parse::<Representation>().unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn a_prompt_that_looks_like_a_number_or_is_empty_stays_a_text() {
        for text in ["17", "", "a \"quoted\" one, with a comma: "] {
            let prompted = Representation {
                prompt_text: Some(text.to_owned()),
                prefix: Some(3),
                ..Representation::named("pooled")
            };
            let json = serde_json::to_string(&prompted).unwrap();
            assert_eq!(serde_json::from_str::<Representation>(&json).unwrap(), prompted);
            assert_eq!(prompted.to_string().parse::<Representation>().unwrap(), prompted);
        }
    }
}
