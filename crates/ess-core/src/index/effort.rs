//! How thoroughly an index looks.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How thoroughly an approximate index looks; what is `None` is the index's own default.
///
/// It is plain data: what [`Index::tune`](crate::Index::tune) finds can be kept in a config and given back. Configs that were
/// written with the earlier names `candidates`, `probes` and `refine` are read.
///
/// ```
/// use ess_core::Effort;
///
/// let effort = Effort { ef_search: Some(64), ..Effort::default() };
/// assert!(effort.check().is_ok());
/// assert!(Effort { nprobe: Some(0), ..effort }.check().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Effort {
    /// The candidates that a graph search keeps while it walks ("ef", "L"); raised to `k` where it is less.
    #[doc(alias = "candidates")]
    #[serde(alias = "candidates")]
    pub ef_search: Option<usize>,
    /// The lists of an inverted file that are searched; at most as many as there are.
    #[doc(alias = "probes")]
    #[serde(alias = "probes")]
    pub nprobe: Option<usize>,
    /// The candidates of an approximate pass that are scored again exactly; raised to `k` where it is less.
    #[doc(alias = "refine")]
    #[serde(alias = "refine")]
    pub rescore: Option<usize>,
}

impl Effort {
    /// Whether every setting that is given is at least 1.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] with the setting's name.
    pub fn check(&self) -> Result<(), Error> {
        for (name, setting) in
            [("ef_search", self.ef_search), ("nprobe", self.nprobe), ("rescore", self.rescore)]
        {
            if setting == Some(0) {
                return Err(Error::InvalidParameter { name, expected: "at least 1", found: "0".into() });
            }
        }
        Ok(())
    }
}
