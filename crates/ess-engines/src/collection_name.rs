//! Names that mean the same everywhere.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The name of a table or collection: a lower-case letter, then at most 62 lower-case letters, digits and `_`.
///
/// Such a name means the same in every engine, quoted or not, and may be a reserved word such as `order`.
///
/// ```
/// use ess_engines::CollectionName;
///
/// assert_eq!("papers_2026".parse::<CollectionName>()?.as_str(), "papers_2026");
/// assert!("papers; drop table users".parse::<CollectionName>().is_err());
/// # Ok::<(), ess_engines::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CollectionName(String);

impl CollectionName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CollectionName {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if starts && name.len() <= 63 && name.bytes().all(plain) {
            return Ok(Self(name));
        }
        let expected = "a lower-case letter, then at most 62 lower-case letters, digits or _";
        Err(Error::Config { name: "name of a collection", expected, found: format!("{name:?}") })
    }
}

impl std::str::FromStr for CollectionName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        name.to_owned().try_into()
    }
}

impl From<CollectionName> for String {
    fn from(name: CollectionName) -> Self {
        name.0
    }
}

impl fmt::Display for CollectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
