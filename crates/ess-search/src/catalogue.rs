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
    kinds::fixed::{
        IDENTITY, MATRIX, SENTENCE_IDENTITY, build_identity, build_matrix, build_sentence_identity,
    },
    module::{registry::Registry, trainable::TrainableModule},
};

mod registered;

use registered::{EMBEDDINGS, TOKEN_STATES, add, added_to};

/// Calls a macro with what it is given and the kinds that are trained alone and read embeddings: the one list of them, from which
/// this crate's registry and the recipes of `ess-train` are made.
#[doc(hidden)]
#[macro_export]
macro_rules! trainable_kinds {
    ($call:ident($($given:tt)*)) => {
        $call!(
            ($($given)*)
            $crate::Linear, $crate::LowRank, $crate::Orthogonal, $crate::Diagonal, $crate::GatedSelection, $crate::Mlp,
            $crate::KeyValueMemory, $crate::Hypencoder, $crate::LayerAttention, $crate::LayerTransformer
        )
    };
}

/// As `trainable_kinds`, of those that read token states.
#[doc(hidden)]
#[macro_export]
macro_rules! trainable_token_kinds {
    ($call:ident($($given:tt)*)) => {
        $call!(
            ($($given)*)
            $crate::TokenAttention, $crate::SimilarityAttention, $crate::TokenTransformer, $crate::PolyEncoder
        )
    };
}

/// A registry with each of some kinds.
macro_rules! with_each {
    (($registry:expr) $($kind:path),+) => {
        $registry$(.with::<$kind>())+
    };
}

/// The kind by which ess-auto saves a choice.
const CHOICE: &str = "auto";

impl Default for Registry {
    /// The kinds of this crate that read embeddings, and those that the program registered ([`register`]).
    fn default() -> Self {
        added_to(&EMBEDDINGS, Self::own())
    }
}

impl Registry {
    /// The kinds of this crate.
    fn own() -> Self {
        trainable_kinds!(with_each(
            Self::empty()
                .with_fixed(IDENTITY, |_, state, _| build_identity(state))
                .with_fixed(MATRIX, |_, state, _| build_matrix(state))
        ))
        .with_composite::<Sequence>()
        .with_composite::<WeightedEnsemble>()
        .with_composite::<MixtureOfExperts>()
    }
}

impl Registry<TokenStates> {
    /// The kinds of this crate that read token states, and those that the program registered
    /// ([`register_for_tokens`]).
    pub fn token_states() -> Self {
        added_to(&TOKEN_STATES, Self::own_token_states())
    }

    /// The kinds of this crate.
    fn own_token_states() -> Self {
        trainable_token_kinds!(with_each(
            Self::empty().with_fixed(SENTENCE_IDENTITY, |_, state, _| build_sentence_identity(state))
        ))
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
        false => add::<M>(&EMBEDDINGS),
    }
}

/// As [`register`], for every [`Registry::token_states`].
///
/// # Errors
/// As [`register`].
pub fn register_for_tokens<M: TrainableModule<Encoding = TokenStates>>() -> Result<(), Error> {
    match Registry::own_token_states().knows(M::KIND) || M::KIND == CHOICE {
        true => Err(Error::KindTaken { kind: M::KIND }),
        false => add::<M>(&TOKEN_STATES),
    }
}
