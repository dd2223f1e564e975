//! What a search by a scoring found, and how far it can be relied on.

use ess_core::Hit;

/// The best items of one query by the score of a scoring, and whether they are proven to be the best of all.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredHits {
    /// The hits, most relevant first, with their exact scores.
    pub hits: Vec<Hit>,
    /// Whether no other item can have a higher score: every item was scored, or the score of the last hit is above the bound of what
    /// was not seen ([`Scoring::bound`](ess_core::Scoring::bound)). That bound only an exact index over the same components can tell
    /// ([`Capabilities::exact`](ess_core::Capabilities)).
    pub proven: bool,
    /// How many items were scored.
    pub scored: usize,
}
