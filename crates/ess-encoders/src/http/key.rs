//! A server's key, which comes from the environment and is never shown.

use std::fmt;

use crate::error::Error;

/// A key, or none.
#[derive(Clone, Default)]
pub(super) struct Key(Option<String>);

impl Key {
    /// The key in a variable of the environment.
    pub(super) fn from_env(variable: Option<&str>) -> Result<Self, Error> {
        let Some(variable) = variable else { return Ok(Self(None)) };
        let refuse = |reason| Err(Error::HttpKey { variable: shown(variable), reason });
        match std::env::var(variable) {
            Ok(key) => Self::new(key.trim()).map_or_else(refuse, Ok),
            Err(std::env::VarError::NotPresent) => refuse("it is not set"),
            Err(std::env::VarError::NotUnicode(_)) => refuse(EXPECTED),
        }
    }

    fn new(key: &str) -> Result<Self, &'static str> {
        // Quotes and backslashes would be shown in another form than the one that is looked for.
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
        match key.is_empty() {
            true => Err("it is empty"),
            false if !key.bytes().all(fits) => Err(EXPECTED),
            false => Ok(Self(Some(key.to_owned()))),
        }
    }

    /// The value of the header that shows the key to the server.
    pub(super) fn header(&self, bearer: bool) -> Option<String> {
        self.0.as_ref().map(|key| if bearer { format!("Bearer {key}") } else { key.clone() })
    }

    /// A message without the key.
    pub(super) fn redacted(&self, message: &str) -> String {
        self.0.as_ref().map_or_else(|| message.to_owned(), |key| message.replace(key.as_str(), "…"))
    }
}

/// The name of a variable in a message, where it has the form of one. Another text may be a key in the wrong place.
fn shown(variable: &str) -> String {
    let first = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    let fits = variable.len() <= MAX_NAME_BYTES
        && variable.bytes().next().is_some_and(first)
        && variable.bytes().all(|byte| first(byte) || byte.is_ascii_digit());
    if fits { variable.to_owned() } else { "that key_env names".to_owned() }
}

const MAX_NAME_BYTES: usize = 64;
const EXPECTED: &str = "it has characters that no key has: spaces, quotes, backslashes or such beyond ASCII";

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "…" } else { "none" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_the_header_alone() {
        let key = Key::new("sk-hunter2").unwrap();
        assert_eq!(key.header(true).unwrap(), "Bearer sk-hunter2");
        assert_eq!(key.header(false).unwrap(), "sk-hunter2");
        assert_eq!(key.redacted("Bearer sk-hunter2 is wrong"), "Bearer … is wrong");
        assert!(!format!("{key:?}").contains("hunter2"));
        for name in ["hunter2abcdef", "2HUNTER", &"HUNTER2".repeat(10)] {
            let error = Key::from_env(Some(name)).unwrap_err();
            assert!(matches!(error, Error::HttpKey { .. }));
            assert!(!format!("{error} {error:?}").to_lowercase().contains("hunter"), "{error}");
        }
        let error = Key::from_env(Some("ESS_NO_SUCH_KEY_2")).unwrap_err();
        assert!(error.to_string().contains("ESS_NO_SUCH_KEY_2"), "{error}");
        for wrong in ["", "a b", "a\nb", "ä", "a\"b", "a\\b"] {
            assert!(Key::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
