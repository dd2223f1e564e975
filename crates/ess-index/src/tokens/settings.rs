//! How an index of token vectors is searched.

use ess_core::Error as CoreError;
use serde::{Deserialize, Serialize};

/// The settings of a search of a [`TokenIndex`](crate::TokenIndex).
///
/// ```
/// use ess_index::TokenSearch;
///
/// let wider = TokenSearch { nprobe: 8, candidates: 1024, ..TokenSearch::default() };
/// assert!(wider.check().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenSearch {
    /// The number of nearest centroids whose lists are searched for each token of a query. Default: 4.
    pub nprobe: usize,
    /// Where more items were found than are compared: the smallest cosine with any token of the query at which a centroid counts
    /// in choosing among them. `None` counts all. Default: .4.
    pub centroid_score_threshold: Option<f32>,
    /// The number of items that are compared by all vectors of their tokens; at least `k`. Default: 256.
    pub candidates: usize,
}

impl Default for TokenSearch {
    fn default() -> Self {
        Self { nprobe: 4, centroid_score_threshold: Some(0.4), candidates: 256 }
    }
}

impl TokenSearch {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`CoreError::InvalidParameter`] naming the first setting that is not.
    pub fn check(&self) -> Result<(), CoreError> {
        let wrong =
            |name, expected, found: String| Err(CoreError::InvalidParameter { name, expected, found });
        match *self {
            Self { nprobe: 0, .. } => wrong("nprobe", "at least 1", "0".to_owned()),
            Self { candidates: 0, .. } => wrong("candidates", "at least 1", "0".to_owned()),
            Self { centroid_score_threshold: Some(threshold), .. } if !(-1.0..=1.0).contains(&threshold) => {
                wrong("centroid_score_threshold", "a cosine", threshold.to_string())
            }
            _ => Ok(()),
        }
    }
}
