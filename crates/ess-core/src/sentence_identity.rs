//! The identity where an encoding is more than one vector.

use crate::{
    embeddings::Embeddings, error::Error, search_module::definition::SearchModule, token_states::TokenStates,
};

/// Token states to their sentence embeddings, as they are: how the frozen encoder ranks.
///
/// ```
/// use ess_core::{Embeddings, SearchModule, SentenceIdentity, TokenStates};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0]])?;
/// let states = TokenStates::from_texts(embeddings.clone(), 3, &[[0.1; 6]])?;
/// assert_eq!(SentenceIdentity::new(3, 2).apply(&states)?, embeddings);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentenceIdentity {
    token_dim: usize,
    dim: usize,
}

impl SentenceIdentity {
    /// For token states of `token_dim` components and sentence embeddings of `dim`.
    pub fn new(token_dim: usize, dim: usize) -> Self {
        Self { token_dim, dim }
    }
}

impl SearchModule<TokenStates> for SentenceIdentity {
    /// The dimension of a token's state.
    fn query_dim(&self) -> usize {
        self.token_dim
    }

    fn item_dim(&self) -> usize {
        self.dim
    }

    fn apply(&self, states: &TokenStates) -> Result<Embeddings, Error> {
        Error::check_dim("token states given to the identity", self.token_dim, states.token_dim())?;
        Error::check_dim("sentence embeddings given to the identity", self.dim, states.embeddings().dim())?;
        Ok(states.embeddings().clone())
    }
}
