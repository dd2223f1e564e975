//! What must not be shown: passwords, tokens, and the user part of addresses.

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny},
};

/// What stands where a secret was.
pub(crate) const HIDDEN: &str = "[hidden]";

/// An address without its user part, and without what follows its path. Rather too little than too much: whatever comes
/// before the last `@` may be a password.
pub(crate) fn shown_address(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), address),
    };
    let host = rest.rsplit('@').next().unwrap_or_default();
    let host = host.split(['?', '#']).next().unwrap_or_default();
    // What looks like a scheme may be part of a password.
    match scheme.contains('@') {
        true => host.to_owned(),
        false => scheme + host,
    }
}

/// Whether an address has parts that [`shown_address`] leaves out.
#[cfg(any(test, feature = "milvus", feature = "qdrant"))]
pub(crate) fn is_plain_address(address: &str) -> bool {
    shown_address(address) == address
}

/// Whether a token can be sent as a header: visible ASCII.
#[cfg(any(test, feature = "milvus", feature = "qdrant"))]
pub(crate) fn is_header(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// For `Debug`: whether there is a secret, and no more.
#[cfg(any(feature = "milvus", feature = "qdrant"))]
pub(crate) fn shown_token(token: Option<&String>) -> Option<&'static str> {
    token.map(|_| HIDDEN)
}

/// Writes an address as [`shown_address`] shows it.
#[cfg(any(feature = "milvus", feature = "qdrant"))]
pub(crate) fn write_address<S: serde::Serializer>(address: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&shown_address(address))
}

/// A text, or anything else, of which the usual error would print the value.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Other(IgnoredAny),
}

impl Text {
    fn text<E: serde::de::Error>(self) -> Result<String, E> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Other(_) => Err(E::custom("expected a text, found another kind of value")),
        }
    }
}

/// Reads a text that may hold a secret.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Text::deserialize(deserializer).map_err(|_| D::Error::custom("expected a text"))?.text()
}

/// Reads a text that may hold a secret, or nothing.
#[cfg(any(feature = "milvus", feature = "qdrant"))]
pub(crate) fn read_optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<Text>::deserialize(deserializer).map_err(|_| D::Error::custom("expected a text"))?;
    text.map(Text::text).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_before_the_last_at_is_shown() {
        for (address, shown) in [
            ("http://localhost:19530", "http://localhost:19530"),
            ("https://ann:secret@host:1/db", "https://host:1/db"),
            ("https://ann:se/cr?et@host", "https://host"),
            ("https://ann:sec@ret@host?token=secret#secret", "https://host"),
            ("ann:secret@host:19530", "host:19530"),
            ("ann:secret@://host", "host"),
            ("", ""),
        ] {
            let found = shown_address(address);
            assert!(found == shown || !found.contains("secret"), "{address}: {found}");
            assert_eq!(is_plain_address(address), !address.contains(['@', '?', '#']), "{address}");
        }
        assert_eq!(shown_address("https://ann:secret@host:1/db"), "https://host:1/db");
    }

    #[test]
    fn tokens_are_headers_or_refused() {
        assert!(is_header("root:Milvus") && !is_header("a\nb") && !is_header("") && !is_header("ü"));
    }
}
