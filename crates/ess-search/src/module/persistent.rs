//! Searching modules that can become data.

use ess_core::{Embeddings, Encoding, SearchModule};

use crate::{error::Error, store::state::ModuleState};

/// A searching module that can become data, and so be saved, be a member of an [`Ensemble`](crate::Ensemble), and
/// be built again by a [`Registry`](crate::Registry).
///
/// Every trainable module on a device is one; so are the identity, a matrix and an ensemble.
pub trait PersistentModule<E: Encoding = Embeddings>: SearchModule<E> {
    /// The module as data.
    ///
    /// # Errors
    /// [`Error::Device`] when the device cannot give the tensors, [`Error::NonFiniteTensor`] when one diverged.
    fn to_state(&self) -> Result<ModuleState, Error>;
}

macro_rules! forward_persistent_module {
    ($($pointer:ty),*) => {$(
        impl<E: Encoding, M: PersistentModule<E> + ?Sized> PersistentModule<E> for $pointer {
            fn to_state(&self) -> Result<ModuleState, Error> {
                (**self).to_state()
            }
        }
    )*};
}

forward_persistent_module!(&M, Box<M>, std::sync::Arc<M>);
