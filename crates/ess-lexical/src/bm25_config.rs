//! The parameters of BM25.

use ess_core::Error;
use serde::{Deserialize, Serialize};

use super::language::Language;

/// The parameters of BM25.
///
/// ```
/// let config = ess_lexical::Bm25Config::default();
/// assert_eq!((config.k1, config.b), (1.2, 0.75));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bm25Config {
    /// How slowly further occurrences of a term stop counting; 0 or more. Default 1.2.
    pub k1: f32,
    /// How much longer items count less; 0 to 1. Default 0.75.
    pub b: f32,
    /// The language of stemmer and stop words. Default English.
    pub language: Language,
}

impl Default for Bm25Config {
    fn default() -> Self {
        Self { k1: 1.2, b: 0.75, language: Language::default() }
    }
}

impl Bm25Config {
    /// Refuses parameters for which BM25 is not defined.
    pub(super) fn check(self) -> Result<(), Error> {
        let bad =
            |name, expected, found: f32| Error::InvalidParameter { name, expected, found: found.to_string() };
        if !(self.k1.is_finite() && self.k1 >= 0.0) {
            return Err(bad("k1", "a number of 0 or more", self.k1));
        }
        if !(0.0..=1.0).contains(&self.b) {
            return Err(bad("b", "a number from 0 to 1", self.b));
        }
        Ok(())
    }
}
