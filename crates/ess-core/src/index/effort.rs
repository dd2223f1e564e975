//! How thoroughly an index looks.

use serde::{Deserialize, Serialize};

use crate::Error;

/// How thoroughly an approximate index looks; what is `None` is the index's own default.
///
/// It is plain data: what [`Index::tune`](crate::Index::tune) finds can be kept in a config and given back.
///
/// ```
/// use ess_core::Effort;
///
/// let effort = Effort { candidates: Some(64), ..Effort::default() };
/// assert!(effort.check().is_ok());
/// assert!(Effort { probes: Some(0), ..effort }.check().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Effort {
    /// The candidates that a graph search keeps while it walks ("ef", "L"); raised to `k` where it is less.
    pub candidates: Option<usize>,
    /// The lists of an inverted file that are looked into; at most as many as there are.
    pub probes: Option<usize>,
    /// The candidates of an approximate pass that are compared again exactly; raised to `k` where it is less.
    pub refine: Option<usize>,
}

impl Effort {
    /// Whether every setting that is given is at least 1.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] with the setting's name.
    pub fn check(&self) -> Result<(), Error> {
        for (name, setting) in
            [("candidates", self.candidates), ("probes", self.probes), ("refine", self.refine)]
        {
            if setting == Some(0) {
                return Err(Error::InvalidParameter { name, expected: "at least 1", found: "0".into() });
            }
        }
        Ok(())
    }
}
