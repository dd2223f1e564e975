//! The table of the kinds of module: those of this crate, and those that a program registered.

use ess_core::{Embeddings, Encoding, TokenStates};

use crate::{
    composite::{
        ensemble::{ENSEMBLE, Ensemble},
        interpolation::{INTERPOLATION, Interpolation},
        mixture_of_experts::MixtureOfExperts,
        sequence::Sequence,
        weighted_ensemble::WeightedEnsemble,
    },
    error::Error,
    kinds::{
        diagonal::Diagonal,
        fixed::{IDENTITY, MATRIX, SENTENCE_IDENTITY, build_identity, build_matrix, build_sentence_identity},
        gated_selection::GatedSelection,
        key_value_memory::KeyValueMemory,
        layer_attention::LayerAttention,
        linear::Linear,
        low_rank::LowRank,
        mlp::Mlp,
        orthogonal::Orthogonal,
        similarity_attention::SimilarityAttention,
        token_attention::TokenAttention,
        transformer::{layer_transformer::LayerTransformer, token_transformer::TokenTransformer},
    },
    module::{registry::Registry, trainable::TrainableModule},
};

mod registered;

use registered::{EMBEDDINGS, TOKEN_STATES};

/// The kind by which ess-auto saves a choice.
const CHOICE: &str = "auto";

impl Default for Registry {
    /// The kinds of this crate that read embeddings, and those that the program registered ([`register`]).
    fn default() -> Self {
        EMBEDDINGS.added_to(Self::own())
    }
}

impl Registry {
    /// The kinds of this crate.
    fn own() -> Self {
        Self::empty()
            .with_fixed(IDENTITY, |_, state, _| build_identity(state))
            .with_fixed(MATRIX, |_, state, _| build_matrix(state))
            .with::<Linear>()
            .with::<LowRank>()
            .with::<Orthogonal>()
            .with::<Diagonal>()
            .with::<GatedSelection>()
            .with::<Mlp>()
            .with::<KeyValueMemory>()
            .with::<LayerAttention>()
            .with::<LayerTransformer>()
            .with_composite::<Sequence>()
            .with_composite::<WeightedEnsemble>()
            .with_composite::<MixtureOfExperts>()
    }
}

impl Registry<TokenStates> {
    /// The kinds of this crate that read token states, and those that the program registered
    /// ([`register_for_tokens`]).
    pub fn token_states() -> Self {
        TOKEN_STATES.added_to(Self::own_token_states())
    }

    /// The kinds of this crate.
    fn own_token_states() -> Self {
        Self::empty()
            .with_fixed(SENTENCE_IDENTITY, |_, state, _| build_sentence_identity(state))
            .with::<TokenAttention>()
            .with::<SimilarityAttention>()
            .with::<TokenTransformer>()
    }
}

impl<E: Encoding + 'static> Registry<E> {
    /// A registry of [`Ensemble`] and [`Interpolation`] alone. A registry for a richer encoding starts from it.
    pub fn empty() -> Self {
        Self::without_kinds()
            .with_fixed(ENSEMBLE, |registry, state, device| {
                Ok(Box::new(Ensemble::from_state(state, |member| registry.build(member, device))?))
            })
            .with_fixed(INTERPOLATION, |registry, state, device| {
                Ok(Box::new(Interpolation::from_state(state, |member| registry.build(member, device))?))
            })
    }
}

/// Adds a kind of trainable module to every [`Registry::default`] that the process makes from now on.
///
/// ```
/// # use ess_search::{Linear, Registry};
/// ess_search::register::<Linear>().unwrap_err(); // a name of this crate
/// ```
///
/// # Errors
/// [`Error::KindTaken`] for the name of a kind of this crate, or of another registered type.
pub fn register<M: TrainableModule<Encoding = Embeddings>>() -> Result<(), Error> {
    match Registry::own().knows(M::KIND) || M::KIND == CHOICE {
        true => Err(Error::KindTaken { kind: M::KIND }),
        false => EMBEDDINGS.add::<M>(),
    }
}

/// As [`register`], for every [`Registry::token_states`].
///
/// # Errors
/// As [`register`].
pub fn register_for_tokens<M: TrainableModule<Encoding = TokenStates>>() -> Result<(), Error> {
    match Registry::own_token_states().knows(M::KIND) || M::KIND == CHOICE {
        true => Err(Error::KindTaken { kind: M::KIND }),
        false => TOKEN_STATES.add::<M>(),
    }
}
