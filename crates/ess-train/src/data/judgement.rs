//! Judgements.

/// What an assessor said of one item for one query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The item's row, from 0.
    pub item: usize,
    /// The grade; above 0 is relevant, larger is more relevant.
    pub grade: i32,
}
