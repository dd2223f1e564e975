//! The sizes of what a store holds.

use crate::dtype::Dtype;

/// The sizes of all that a store holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) len: usize,
    pub(super) dim: usize,
    pub(super) dtype: Dtype,
    pub(super) id_bytes: usize,
    pub(super) tokens: Option<TokenShape>,
}

/// The sizes of the token states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TokenShape {
    /// `T`, of all texts together.
    pub(super) count: usize,
    pub(super) dim: usize,
    pub(super) prompt_tokens: usize,
}
