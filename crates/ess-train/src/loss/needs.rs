//! What a loss needs beyond judgements.

/// What a loss needs beyond judgements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// A teacher's scores.
    pub teacher: bool,
    /// Items that are not relevant: given with the queries, or mined.
    pub negatives: bool,
    /// The vectors that the identity gives for the queries.
    pub frozen: bool,
}

impl Needs {
    /// What either needs.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            teacher: self.teacher || other.teacher,
            negatives: self.negatives || other.negatives,
            frozen: self.frozen || other.frozen,
        }
    }
}
