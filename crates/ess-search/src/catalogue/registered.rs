//! Kinds of module that a program registers for its whole process.

use std::sync::{PoisonError, RwLock};

use ess_core::{Embeddings, TokenStates};

use crate::{
    error::Error,
    module::{device_encoding::DeviceEncoding, registry::Registry, trainable::TrainableModule},
};

/// A function that adds a kind to a registry.
type Add<E> = fn(Registry<E>) -> Registry<E>;

pub(super) static EMBEDDINGS: Kinds<Embeddings> = Kinds::new();
pub(super) static TOKEN_STATES: Kinds<TokenStates> = Kinds::new();

pub(super) struct Kinds<E: DeviceEncoding + 'static>(RwLock<Vec<(&'static str, std::any::TypeId, Add<E>)>>);

impl<E: DeviceEncoding + 'static> Kinds<E> {
    const fn new() -> Self {
        Self(RwLock::new(Vec::new()))
    }

    pub(super) fn add<M: TrainableModule<Encoding = E>>(&self) -> Result<(), Error> {
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

    pub(super) fn added_to(&self, registry: Registry<E>) -> Registry<E> {
        let kinds = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        kinds.into_iter().fold(registry, |registry, (.., add)| add(registry))
    }
}
