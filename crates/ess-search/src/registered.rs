//! Kinds of module that a program adds for its whole process.

use std::sync::{PoisonError, RwLock};

use ess_core::{Embeddings, TokenStates};

use crate::{DeviceEncoding, Error, Registry, TrainableModule};

/// What adds a kind to a registry.
type Add<E> = fn(Registry<E>) -> Registry<E>;

static EMBEDDINGS: Kinds<Embeddings> = Kinds::new();
static TOKEN_STATES: Kinds<TokenStates> = Kinds::new();

struct Kinds<E: DeviceEncoding + 'static>(RwLock<Vec<(&'static str, std::any::TypeId, Add<E>)>>);

impl<E: DeviceEncoding + 'static> Kinds<E> {
    const fn new() -> Self {
        Self(RwLock::new(Vec::new()))
    }

    fn add<M: TrainableModule<Encoding = E>>(&self) -> Result<(), Error> {
        let mut kinds = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of = std::any::TypeId::of::<M>();
        match kinds.iter().find(|(kind, ..)| *kind == M::KIND) {
            Some((_, other, _)) if *other == of => Ok(()),
            Some(_) => Err(Error::KindTaken { kind: M::KIND }),
            None => {
                kinds.push((M::KIND, of, Registry::with::<M>));
                Ok(())
            }
        }
    }

    fn added_to(&self, registry: Registry<E>) -> Registry<E> {
        let kinds = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        kinds.into_iter().fold(registry, |registry, (.., add)| add(registry))
    }
}

/// Makes a kind of trainable module known to every [`Registry::default`] of the process from now on.
///
/// ```
/// # use ess_search::{Linear, Registry};
/// ess_search::register::<Linear>().unwrap_err(); // a name of this crate
/// ```
///
/// # Errors
/// [`Error::KindTaken`] for a name of this crate, or of another type.
pub fn register<M: TrainableModule<Encoding = Embeddings>>() -> Result<(), Error> {
    match Registry::own().knows(M::KIND) {
        true => Err(Error::KindTaken { kind: M::KIND }),
        false => EMBEDDINGS.add::<M>(),
    }
}

/// As [`register`], for [`Registry::token_states`].
///
/// # Errors
/// As [`register`].
pub fn register_for_tokens<M: TrainableModule<Encoding = TokenStates>>() -> Result<(), Error> {
    match Registry::own_token_states().knows(M::KIND) {
        true => Err(Error::KindTaken { kind: M::KIND }),
        false => TOKEN_STATES.add::<M>(),
    }
}

pub(crate) fn with_registered(registry: Registry) -> Registry {
    EMBEDDINGS.added_to(registry)
}

pub(crate) fn with_registered_for_tokens(registry: Registry<TokenStates>) -> Registry<TokenStates> {
    TOKEN_STATES.added_to(registry)
}
