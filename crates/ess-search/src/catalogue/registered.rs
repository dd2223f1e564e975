//! Kinds of module that a program registers for its whole process.

use ess_core::{Embeddings, Encoding, NameError, NameTable, TokenStates};

use crate::{
    error::Error,
    module::{device_encoding::DeviceEncoding, registry::Registry, trainable::TrainableModule},
};

/// A function that adds a kind to a registry.
type Add<E> = fn(Registry<E>) -> Registry<E>;

pub(super) static EMBEDDINGS: NameTable<Add<Embeddings>> = NameTable::new();
pub(super) static TOKEN_STATES: NameTable<Add<TokenStates>> = NameTable::new();

pub(super) fn add<M>(table: &NameTable<Add<M::Encoding>>) -> Result<(), Error>
where
    M: TrainableModule<Encoding: DeviceEncoding + 'static>,
{
    table.add::<M>(M::KIND, Registry::with::<M>).map(drop).map_err(|error| match error {
        NameError::Taken => Error::KindTaken { kind: M::KIND },
        NameError::Malformed => Error::Config {
            kind: M::KIND,
            name: "name of a kind",
            expected: NameError::FITTING.to_owned(),
            found: M::KIND.to_owned(),
        },
    })
}

pub(super) fn added_to<E: Encoding + 'static>(
    table: &NameTable<Add<E>>,
    registry: Registry<E>,
) -> Registry<E> {
    table.all().into_iter().fold(registry, |registry, add| add(registry))
}
