//! One share of the records of a file.

use std::{ops::Range, str::FromStr};

/// `number/of`, both from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shard {
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed =
            text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parsed {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err(format!("expected NUMBER/OF, such as 2/4; found {text}")),
        }
    }
}

impl Shard {
    /// This share's records among `all`.
    pub(crate) fn rows(self, all: usize) -> Range<usize> {
        let until = |share: usize| (all as u128 * share as u128 / self.of as u128) as usize;
        until(self.number - 1)..until(self.number)
    }

    /// Whether this share is all there is.
    pub(crate) fn is_all(self) -> bool {
        self.of == 1
    }

    /// The name of the manifest that says which objects of a store are this share's files.
    #[cfg(feature = "object-store")]
    pub(crate) fn manifest(self) -> String {
        match self.of {
            1 => "objects.json".to_owned(),
            of => format!("objects.{}-of-{of}.json", self.number),
        }
    }

    /// The name of this share's file.
    pub(crate) fn file(self, name: &str) -> String {
        match self.of {
            1 => format!("{name}.safetensors"),
            of => format!("{name}.{}-of-{of}.safetensors", self.number),
        }
    }
}
