//! A tokenized text.

/// The tokens of a text.
#[derive(Clone, Debug)]
pub(crate) struct TokenIds {
    pub(crate) ids: Vec<u32>,
    /// 0 for the first text, 1 for the second of a pair; as long as `ids`.
    pub(crate) types: Vec<u32>,
}
