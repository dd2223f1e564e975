//! States of tokens, wherever they were computed.

/// The states of `T` tokens in host memory, `T × dim`, row-major.
#[derive(Clone, Debug)]
pub(crate) struct HostTokens {
    pub(crate) values: Vec<f32>,
    pub(crate) dim: usize,
}
