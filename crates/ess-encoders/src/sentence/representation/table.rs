//! The names of representations: those of this crate, and those that a program adds.

use std::sync::Arc;

use ess_core::{NameError, NameTable};

use super::{
    kind::RepresentationKind,
    kinds::{late_chunks::LateChunks, layer::Layer, pooled::Pooled, sentences::Sentences},
};
use crate::error::Error;

const TABLE: [&dyn RepresentationKind; 4] = [&Pooled, &Layer, &Sentences, &LateChunks];

static REGISTERED: NameTable<Arc<dyn RepresentationKind>> = NameTable::new();

/// One of the table, or one that was registered.
#[derive(Clone)]
pub(super) enum NamedKind {
    Known(&'static dyn RepresentationKind),
    Registered(Arc<dyn RepresentationKind>),
}

impl NamedKind {
    pub(super) fn find(name: &str) -> Result<Self, ess_core::Error> {
        let known = TABLE.into_iter().find(|kind| kind.name() == name).map(Self::Known);
        known.or_else(|| REGISTERED.find(name).map(Self::Registered)).ok_or_else(|| {
            let found = format!("{name}; known are {}", representations().join(", "));
            ess_core::Error::InvalidParameter { name: "representation", expected: "a known name", found }
        })
    }

    pub(super) fn get(&self) -> &dyn RepresentationKind {
        match self {
            Self::Known(kind) => *kind,
            Self::Registered(kind) => kind.as_ref(),
        }
    }
}

/// The names of all representations: `pooled`, `layer`, `sentences`, `late_chunks`, and what was registered.
pub fn representations() -> Vec<&'static str> {
    TABLE.iter().map(|kind| kind.name()).chain(REGISTERED.names()).collect()
}

/// Adds a representation, which settings then call by its name. Runnable at [`RepresentationKind`].
///
/// # Errors
/// [`ess_core::Error::InvalidParameter`] for a name that another representation has, or that has other characters than
/// lower-case letters, digits and `_`.
pub fn register_representation<K: RepresentationKind + 'static>(kind: K) -> Result<(), Error> {
    let name = kind.name();
    let added = match TABLE.iter().any(|known| known.name() == name) {
        true => Err(NameError::Taken),
        false => REGISTERED.add::<K>(name, Arc::new(kind)),
    };
    added.map(drop).map_err(|error| {
        let expected = match error {
            NameError::Taken => "a name that is not taken",
            NameError::Malformed => NameError::FITTING,
        };
        let (parameter, found) = ("name of a representation", name.to_owned());
        ess_core::Error::InvalidParameter { name: parameter, expected, found }.into()
    })
}
