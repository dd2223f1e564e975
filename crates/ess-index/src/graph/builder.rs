//! The settings of a graph index.

use ess_core::Error as CoreError;
use serde::{Deserialize, Serialize};

use super::walk::MAX_ROWS;
use crate::error::Error;

/// The settings with which a [`GraphIndex`](crate::GraphIndex) is built.
///
/// ```
/// use ess_core::{Embeddings, Index};
/// use ess_index::{GraphBuilder, Progress};
///
/// let builder = GraphBuilder { degree: 16, ..GraphBuilder::default() };
/// let index = builder.build(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?, Progress::Silent)?;
/// assert_eq!(index.len(), 2);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphBuilder {
    /// The largest number of neighbours of an item ("R"), 4 to 256. Each takes 4 bytes. More neighbours raise the recall of
    /// hard data. Default: 32.
    pub degree: usize,
    /// The number of candidates of the walk that looks for an item's neighbours ("L", `ef_construction`), at least `degree`.
    /// More candidates make a better graph in more time. Default: 100.
    pub candidates: usize,
    /// The factor by which neighbours are spread ("alpha"), 1 to 2. A candidate is dropped when its squared distance to a chosen
    /// neighbour, times this factor, is below its squared distance to the item. Default: 1.1.
    pub spread: f32,
    /// The seed of the order in which items are inserted. Default: 0.
    pub seed: u64,
}

impl Default for GraphBuilder {
    fn default() -> Self {
        Self { degree: 32, candidates: 100, spread: 1.1, seed: 0 }
    }
}

impl GraphBuilder {
    pub(super) fn check(&self) -> Result<(), Error> {
        let refuse =
            |name, expected, found| Err(CoreError::InvalidParameter { name, expected, found }.into());
        if !(4..=256).contains(&self.degree) {
            return refuse("degree", "4 to 256", self.degree.to_string());
        }
        if self.candidates < self.degree {
            return refuse("candidates", "at least the degree", self.candidates.to_string());
        }
        if !(1.0..=2.0).contains(&self.spread) {
            return refuse("spread", "1 to 2", self.spread.to_string());
        }
        Ok(())
    }
}

pub(super) fn check_rows(rows: usize) -> Result<(), Error> {
    if rows < MAX_ROWS {
        return Ok(());
    }
    let found = rows.to_string();
    Err(CoreError::InvalidParameter { name: "items of a graph", expected: "fewer than 2^31", found }.into())
}
