//! Which items a query's relevant ones compete with.

use serde::{Deserialize, Serialize};

use super::needs::Needs;
use crate::error::Error;

/// The items that a query's relevant items are compared with. The relevant items are always among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Candidates {
    /// All items. With precomputed embeddings this is cheap, and the loss is exact.
    #[default]
    AllItems,
    /// The relevant items of the batch's queries, each once. An item that is relevant to several of them counts
    /// as relevant to each.
    InBatch,
    /// The query's negatives, given with the queries or mined
    /// ([`NegativesConfig`](crate::NegativesConfig)), and the items that were judged and found not relevant.
    Negatives,
    /// The items that are most similar to the mapped query at this step, in this number, by the index of the items.
    Top(usize),
}

impl Candidates {
    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Top(0) => {
                let (name, expected) = ("candidates of the loss", "at least the 1 most similar item");
                Err(Error::Config { name, expected, found: "0".to_owned() })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn needs(self) -> Needs {
        Needs { negatives: self == Self::Negatives, ..Needs::default() }
    }
}
