//! Settings with the name of their kind: `{"kind": NAME, …}`.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::ordered_json::OrderedJson;

/// The name of a kind and its settings, not read yet.
pub(crate) struct Tagged {
    pub(super) kind: String,
    pub(super) settings: Map<String, Value>,
}

impl Tagged {
    /// A kind with nothing but its name.
    pub(crate) fn without_settings(kind: &str) -> Self {
        Self { kind: kind.to_owned(), settings: Map::new() }
    }
}

impl<'de> Deserialize<'de> for Tagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Tagged;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("settings with the name of their kind")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Tagged, A::Error> {
        let (mut kind, mut settings) = (None, Map::new());
        while let Some(name) = fields.next_key::<String>()? {
            let twice = if name == "kind" {
                kind.replace(fields.next_value()?).is_some()
            } else {
                settings.insert(name.clone(), fields.next_value()?).is_some()
            };
            if twice {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
        }
        let kind = kind.ok_or_else(|| A::Error::missing_field("kind"))?;
        Ok(Tagged { kind, settings })
    }
}

/// Settings as they are written: the name of the kind, and then the fields in their order.
pub(crate) fn tagged(
    kind: &'static str,
    settings: &impl Serialize,
) -> Result<OrderedJson, serde_json::Error> {
    #[derive(Serialize)]
    struct Flat<'a, S> {
        kind: &'static str,
        #[serde(flatten)]
        settings: &'a S,
    }
    serde_json::from_str(&serde_json::to_string(&Flat { kind, settings })?)
}
